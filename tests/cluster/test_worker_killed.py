"""A worker is killed in the middle of a task: the task is done again, by another or by itself."""

import os
import signal
import subprocess
import sys

import pytest

from tests.chores import DIARY
from tests.cluster.cluster import copy_of_populated
from tests.server import ROOT, Site
from tests.services import wait_until

HASTY = {"DJANGO_SETTINGS_MODULE": "tests.cluster.hasty"}
ASK = """
from datetime import timedelta
from django.utils import timezone
from chat import worker
from tests.chores import *
take_long.using(run_after=timezone.now()).enqueue({!r})
when = timezone.now() + 2 * worker.LEASE
say.using(run_after=when).enqueue("a lease has ended")
"""


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def site(request, postgresql, tmp_path):
    """Not started: workers alone do the work."""
    url = copy_of_populated(postgresql) if request.param == "PostgreSQL" else ""
    site = Site(DATABASE_URL=url, WORKERS="0", **HASTY, **{DIARY: str(tmp_path / "diary")})
    if not url:
        site.manage("migrate", "-v", "0")
    return site


@pytest.fixture
def diary(tmp_path):
    """diary() -> what the chores noted."""
    path = tmp_path / "diary"
    return lambda: path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def worker_of(site):
    """worker_of() -> the process of a new worker of the site, with one thread."""
    processes = []

    def worker_of() -> subprocess.Popen:
        command = [sys.executable, "manage.py", "worker", "--threads", "1"]
        processes.append(subprocess.Popen(command, cwd=ROOT, env=site.environment))
        return processes[-1]

    yield worker_of
    for process in processes:
        process.kill()
        process.wait()


@pytest.fixture
def obstacle(tmp_path):
    """While this file is there, the long task is not done."""
    path = tmp_path / "obstacle"
    path.touch()
    return path


def test_a_task_that_was_running_is_run_again(site, diary, worker_of, obstacle):
    site.shell(ASK.format(str(obstacle)))
    first = worker_of()
    wait_until(lambda: diary() == ["begun"], "The beginning")
    os.kill(first.pid, signal.SIGKILL)
    obstacle.unlink()
    worker_of()
    wait_until(lambda: "done" in diary(), "The end")
    assert [words for words in diary() if words in {"begun", "done"}] == ["begun", "begun", "done"]


def test_a_worker_that_is_slow_keeps_its_task(site, diary, worker_of, obstacle):
    site.shell(ASK.format(str(obstacle)))
    worker_of()
    wait_until(lambda: diary() == ["begun"], "The beginning")
    worker_of()
    wait_until(lambda: "a lease has ended" in diary(), "The other task")
    obstacle.unlink()
    wait_until(lambda: "done" in diary(), "The end")
    assert diary() == ["begun", "a lease has ended", "done"]


def test_a_worker_that_is_asked_to_end_finishes_its_task(site, diary, worker_of, obstacle):
    site.shell(ASK.format(str(obstacle)))
    worker = worker_of()
    wait_until(lambda: diary() == ["begun"], "The beginning")
    worker.terminate()
    obstacle.unlink()
    assert worker.wait(30) == 0
    assert diary() == ["begun", "done"]


def test_a_server_does_it_by_itself_and_again_after_it_was_killed(site, diary, obstacle):
    site.environment["WORKERS"] = "1"
    site.start()
    site.shell(ASK.format(str(obstacle)))
    wait_until(lambda: diary() == ["begun"], "The beginning")
    site.kill()
    obstacle.unlink()
    site.start()
    wait_until(lambda: "done" in diary(), "The end")
    site.stop()
    assert [words for words in diary() if words in {"begun", "done"}] == ["begun", "begun", "done"]
