"""Without Redis two processes cannot talk to each other: the second is told so and ends."""

import subprocess
import sys

import pytest

from tests.cluster.cluster import copy_of_populated
from tests.server import ROOT, Site
from tests.services import free_port

SENTENCE = "another process is serving the site in {} already. Stop it first, or set REDIS_URL"


@pytest.fixture(scope="module")
def only_one():
    with Site() as site:
        yield site


def run(site: Site, *command: str) -> subprocess.CompletedProcess:
    """What becomes of another server for the same data. Raises TimeoutExpired if it serves."""
    environment = site.environment | {"PORT": str(free_port())}
    command = [sys.executable, "-m", *command]
    return subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60
    )


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
def test_a_second_run_is_refused(only_one, server):
    ended = run(only_one, "chatsite.serve", "--server", server)
    assert ended.returncode not in {0, None}
    assert SENTENCE.format(only_one.data_dir) in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("server", ["daphne", "uvicorn"])
def test_the_servers_own_commands_are_refused(only_one, server):
    port = str(free_port())
    ended = run(only_one, server, "--port", port, "chatsite.asgi:application")
    assert ended.returncode not in {0, None}
    assert SENTENCE.format(only_one.data_dir) in ended.stderr


def test_workers_are_refused_for_good(only_one):
    """Uvicorn starts workers that failed again and again, but for one way to fail."""
    command = ["--port", str(free_port()), "--workers", "2", "chatsite.asgi:application"]
    ended = run(only_one, "uvicorn", *command)
    assert SENTENCE.format(only_one.data_dir) in ended.stderr


def test_workers_are_refused_where_nobody_serves_yet(only_one):
    """All end, instead of one that serves while the others come and go."""
    only_one.stop()
    command = ["--port", str(free_port()), "--workers", "2", "chatsite.asgi:application"]
    ended = run(only_one, "uvicorn", *command)
    assert SENTENCE.format(only_one.data_dir) in ended.stderr


def test_another_one_on_the_same_postgresql_is_refused(postgresql):
    """A container has a folder of its own; the database is what they share."""
    url = copy_of_populated(postgresql)
    with Site(DATABASE_URL=url) as first:
        elsewhere = Site(DATABASE_URL=url)
        sentence = SENTENCE.format(f"the database {url.rpartition('/')[2]}")
        for server in ("daphne", "uvicorn"):
            ended = run(elsewhere, server, "--port", str(free_port()), "chatsite.asgi:application")
            assert sentence in ended.stderr
            assert "Traceback" not in ended.stderr
        first.kill()
        with elsewhere:  # whose turn it now is
            pass
