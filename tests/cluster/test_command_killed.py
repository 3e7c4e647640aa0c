"""A command is killed in the middle of its work: all is in order, and it goes on."""

import sqlite3
import subprocess
import sys
from contextlib import closing

import psycopg
import pytest

from tests.cluster.cluster import copy_of_populated
from tests.server import ROOT, Site
from tests.services import wait_until

MANY = 4000
HOUSE = f"""
from accounts.models import User
from chat.models import Message, Room
root = User.objects.create_superuser("operator")
for name in ("Quarry", "Harbour"):
    room = Room.create(root, name)
    texts = [Message(room=room, author=root, body=str(n), revision=n) for n in range(1, {MANY} + 1)]
    Message.objects.bulk_create(texts)
    room.revision, room.last_message = {MANY}, room.messages.latest("pk")
    room.save(update_fields=["revision", "last_message"])
"""
# None: the room is gone.
LEFT = """
SELECT (SELECT count(*) FROM chat_message WHERE room_id = room.id)
FROM chat_room room WHERE slug = 'quarry'
"""


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def site(request, postgresql, tmp_path):
    """Not started. Two rooms in which much was said."""
    url = copy_of_populated(postgresql) if request.param == "PostgreSQL" else ""
    site = Site(data_dir=tmp_path, DATABASE_URL=url)
    if not url:
        site.manage("migrate", "-v", "0")
    site.shell(HOUSE)
    return site


def left(site) -> int | None:
    """How many messages are in the quarry."""
    url = site.environment["DATABASE_URL"]
    database = psycopg.connect(url) if url else sqlite3.connect(site.data_dir / "chatsite.sqlite3")
    with closing(database) as connection:
        found = connection.execute(LEFT).fetchone()
        return found and found[0]


@pytest.mark.parametrize(
    ("command", "rest"),
    [
        (["prunemessages", "quarry", "--keep", "100", "--yes"], 100),
        (["deleteroom", "quarry", "--yes"], None),
        (["mergerooms", "quarry", "harbour", "--yes"], None),
    ],
)
def test_it_goes_on_when_it_is_run_again(site, command, rest):
    process = subprocess.Popen(
        [sys.executable, "manage.py", *command], cwd=ROOT, env=site.environment
    )
    wait_until(lambda: left(site) != MANY, "The first step")
    process.kill()
    process.wait()
    site.manage("checkrooms")
    if left(site) != rest:
        site.manage(*command)
    assert left(site) == rest
    site.manage("checkrooms")
