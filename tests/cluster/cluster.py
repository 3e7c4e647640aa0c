"""Two server processes that are one site."""

import functools
import re
import secrets
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg

from tests.server import Site, manage, plain_environment, prepared_data
from tests.services import PostgreSQL, Redis

PASSWORD = "a-long-way-home-7"
PEOPLE = ["alice", "bob", "charlie", "dana"]
RUNS_THE_SITE = "root"
SLOWEST_START = 90.0  # seconds, on a machine that is busy with other tests

# Tested is what is said, not how often one may say it.
UNLIMITED = {
    f"LIMIT_{name}": "1000000 per second"
    for name in (
        "MESSAGES",
        "EDITS",
        "TYPING",
        "SYNCS",
        "JOINS",
        "CONNECTIONS",
        "FRAMES",
        "NEW_ROOMS",
    )
} | {"LIMIT_LOGINS": "10000/m/ip"}


@functools.cache
def populated(postgresql: PostgreSQL) -> str:
    """The name of a migrated database with the people in it, to be copied: made once."""
    url = postgresql.create("populated")
    code = (
        "from django.core.management import call_command\n"
        "from accounts.models import User\n"
        "call_command('migrate', verbosity=0)\n"
        f"for name in {[*PEOPLE, RUNS_THE_SITE]!r}:\n"
        f"    is_root = name == {RUNS_THE_SITE!r}\n"
        f"    fields = {{'is_staff': is_root, 'is_superuser': is_root}}\n"
        f"    User.objects.create_user(name, name + '@example.org', {PASSWORD!r}, **fields)\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        manage(plain_environment(Path(folder), DATABASE_URL=url), "shell", "-c", code)
    return "populated"


def copy_of_populated(postgresql: PostgreSQL) -> str:
    """The URL of a database of one's own, with the people in it."""
    name = f"site_{secrets.token_hex(4)}"
    with psycopg.connect(postgresql.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {populated(postgresql)}")
    return postgresql.url.rpartition("/")[0] + f"/{name}"


class Cluster:
    """Processes `a` and `b`, with a database, a Redis and the people of PEOPLE.

    A Redis of its own, because one that serves two sites would tell each what happens in the other.
    """

    def __init__(self, server: str, postgresql: PostgreSQL, **environment: str):
        self.postgresql, self.redis = postgresql, Redis()
        self.data_dir = Path(tempfile.mkdtemp(prefix="chatsite-cluster-"))
        self.database_url = copy_of_populated(postgresql)
        shared = UNLIMITED | environment | {"SECRET_KEY": secrets.token_hex()}
        shared |= {"DATABASE_URL": self.database_url, "REDIS_URL": self.redis.url}
        self.a = Site(server, self.data_dir, **shared)
        self.b = Site(server, self.data_dir, **shared)
        self.sessions: dict[str, str] = {}  # by name: the cookie of a session that is not ended
        self.log_begins: dict[Path, int] = {}

    def start(self) -> "Cluster":
        shutil.copytree(prepared_data(), self.data_dir, dirs_exist_ok=True)
        self.redis.start()
        # One after the other: the first brings the static files up to date, should they be new.
        self.a.start(SLOWEST_START)
        self.b.start(SLOWEST_START)
        return self

    def stop(self) -> None:
        with ThreadPoolExecutor() as both:
            list(both.map(Site.stop, (self.a, self.b)))
        self.redis.stop()
        shutil.rmtree(self.redis.dir, ignore_errors=True)
        shutil.rmtree(self.data_dir, ignore_errors=True)

    def stored(self, slug: str) -> list[str]:
        """What the database has of a room: the texts in the order of their revisions."""
        query = """
            SELECT body FROM chat_message message JOIN chat_room room ON room.id = room_id
            WHERE slug = %s ORDER BY message.revision
        """
        with psycopg.connect(self.database_url) as connection:
            return [body for (body,) in connection.execute(query, [slug])]

    # What the servers logged --------------------------------------------------------------------

    def begin_log(self) -> None:
        self.log_begins = {
            site.log: site.log.stat().st_size if site.log.exists() else 0
            for site in (self.a, self.b)
        }

    def logged(self) -> str:
        """What both servers wrote since the test began."""
        return "".join(
            path.read_bytes()[begin:].decode() for path, begin in self.log_begins.items()
        )

    def complaints(self, *excused: str) -> list[str]:
        """The entries with a traceback, but for those of the `excused` loggers."""
        entries = re.split(r"^(?=\d{4}-\d\d-\d\d )", self.logged(), flags=re.MULTILINE)
        return [
            entry
            for entry in entries
            if "Traceback (most recent call last)" in entry
            and not any(f" {name}: " in entry.partition("\n")[0] for name in excused)
        ]
