"""A backup is taken while people write, and another machine is what the first one was."""

import json
import os
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.cluster.cluster import copy_of_populated
from tests.server import ROOT, Site, prepared_data
from tests.services import PATIENCE, wait_until

# Of all kinds something: files of three kinds, a log, an index, a queue.
HOUSE = """
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone
from accounts.models import User
from chat import limits
from chat.models import Attachment, Preview, Room
by = User.objects.filter(is_superuser=True).first() or User.objects.create_superuser("root")
by.avatar.save("face.webp", ContentFile(b"a face"))
bob = User.objects.create_user("bobby")
room = Room.create(by, "Observatory")
room.admit(bob)
with limits.lifted():
    said = [room.post(by, f"Star {n} 星 \\t \\\\N and \\n \\\\. ") for n in range(40)]
    said[3].react(bob, "🔭")
    room.post(bob, "in a thread", thread=said[5].pk)
with limits.lifted():
    room.post(bob, "Look away").remove(by)
default_storage.save("files/chart", ContentFile(bytes(range(256)) * 5000))
Attachment.objects.create(
    author=by, message=said[0], name="chart", kind="file", size=1280000, stored="files/chart",
    is_whole=True,
)
preview = Preview.objects.create(
    url="https://example.org/", day=timezone.now().date(), about={"picture": {"url": "x"}}
)
default_storage.save(Preview.stored(preview.token), ContentFile(b"a picture"))
room.mute(by, bob, reason="other")
"""
HAVOC = """
from accounts.models import User
from chat import limits
from chat.models import Room
from django.core.files.storage import default_storage
room = Room.objects.get(slug="observatory")
by = User.objects.get(is_superuser=True)
with limits.lifted():
    room.messages.first().remove(by)
    room.post(by, "too late")
User.objects.create_user("newcomer")
default_storage.delete("files/chart")
"""
POSTING = """
from itertools import count
from accounts.models import User
from chat import limits
from chat.models import Room
room = Room.objects.get(slug="observatory")
by = User.objects.get(is_superuser=True)
with limits.lifted():
    for n in count():
        room.post(by, f"Meteor {n}")
"""


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def site_of(request, postgresql):
    """site_of(folder): a site that is not started, with an empty database of its own."""

    def site_of(folder: Path) -> Site:
        folder.mkdir()
        url = ""
        if request.param == "PostgreSQL":
            url = postgresql.create(f"empty_{secrets.token_hex(4)}")
        return Site(data_dir=folder, DATABASE_URL=url)

    return site_of


@pytest.fixture
def site(site_of, postgresql, tmp_path):
    """One where much has happened."""
    site = site_of(tmp_path / "here")
    if site.environment["DATABASE_URL"]:
        site = Site(data_dir=site.data_dir, DATABASE_URL=copy_of_populated(postgresql))
    else:
        shutil.copy(prepared_data() / NAME, site.data_dir)
    site.shell(HOUSE)
    return site


def connected(site: Site):
    url = site.environment["DATABASE_URL"]
    return closing(psycopg.connect(url) if url else sqlite3.connect(site.data_dir / NAME))


NAME = "chatsite.sqlite3"
TABLES = {
    "SQLite": "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'",
    "PostgreSQL": "SELECT tablename FROM pg_tables WHERE schemaname = 'public'",
}
SCHEMA = {
    "SQLite": "SELECT type, name, sql FROM sqlite_master",
    "PostgreSQL": (
        # Without their conditions, which PostgreSQL writes in another way each time.
        "SELECT 'index', tablename::text, indexname::text FROM pg_indexes"
        " WHERE schemaname = 'public'"
        " UNION SELECT 'trigger', tgname::text, pg_get_triggerdef(oid) FROM pg_trigger"
        " WHERE NOT tgisinternal"
        " UNION SELECT 'constraint', conname::text, contype::text FROM pg_constraint"
        " UNION SELECT 'column', table_name || '.' || column_name, data_type || is_identity"
        " FROM information_schema.columns WHERE table_schema = 'public'"
    ),
}


def everything(site: Site) -> dict:
    """All rows of all tables, what else is in the database, and all files."""
    kind = "PostgreSQL" if site.environment["DATABASE_URL"] else "SQLite"
    with connected(site) as session:
        tables = {}
        for (table,) in session.execute(TABLES[kind]).fetchall():
            cursor = session.execute(f'SELECT * FROM "{table}"')
            columns = [column[0] for column in cursor.description]
            rows = [dict(zip(columns, row, strict=True)) for row in cursor.fetchall()]
            tables[table] = sorted(repr(as_it_was(row)) for row in rows)
        schema = sorted(map(repr, session.execute(SCHEMA[kind]).fetchall()))
    media = site.data_dir / "media"
    files = {path.relative_to(media): path.read_bytes() for path in media.rglob("*.*")}
    files |= {path.relative_to(media): path.read_bytes() for path in media.glob("files/*")}
    return {**tables, "schema": schema, "files": files}


def as_it_was(row: dict) -> dict:
    """A restored room counts on from the clock, so that open browsers load it afresh."""
    if "pruned_revision" in row:
        row["revision"] = row["pruned_revision"] = 0
    return row


def revision(site: Site) -> int:
    with connected(site) as session:
        query = "SELECT revision FROM chat_room WHERE slug = 'observatory'"
        return session.execute(query).fetchone()[0]


def back_up(site: Site) -> str:
    return json.loads(site.manage("backup", "--json"))["path"]


def test_another_machine_is_what_the_first_one_was(site, site_of, tmp_path):
    before, path = everything(site), back_up(site)
    assert len(before["files"]) == 3
    assert len(before["chat_decision"]) == 2
    elsewhere = site_of(tmp_path / "elsewhere")
    elsewhere.manage("restore", path)
    assert everything(elsewhere) == before
    elsewhere.manage("checkrooms")
    with connected(elsewhere) as session, pytest.raises(Exception, match="append-only"):
        session.execute("DELETE FROM chat_decision")


def test_what_was_done_since_is_undone(site):
    before, path = everything(site), back_up(site)
    site.shell(HAVOC)
    assert everything(site) != before
    given_out = revision(site)
    with pytest.raises(RuntimeError, match="say so with --yes"):
        site.manage("restore", path)
    said = site.manage("restore", path, "--yes")
    assert everything(site) == before
    assert revision(site) > given_out
    site.shell(HAVOC)  # and it goes on
    given_out = revision(site)
    site.manage("restore", path, "--yes")
    assert revision(site) > given_out
    if kept := re.search(r"is now (\S+);", said):
        assert len([*site.data_dir.glob(f"{NAME}.before-restore-*")]) == 2
        with closing(sqlite3.connect(kept[1])) as session:
            names = session.execute("SELECT username FROM accounts_user").fetchall()
        assert ("newcomer",) in names


def test_other_schemas_of_the_database_are_left_alone(postgresql, tmp_path):
    site = Site(data_dir=tmp_path, DATABASE_URL=copy_of_populated(postgresql))
    with connected(site) as session:
        session.execute("CREATE SCHEMA other; CREATE TABLE other.chat_room AS SELECT 1 AS n")
        session.commit()
        path = back_up(site)
        session.execute("UPDATE other.chat_room SET n = 2")
        session.commit()
    site.manage("restore", path, "--yes")
    with connected(site) as session:
        assert session.execute("SELECT n FROM other.chat_room").fetchall() == [(2,)]


def test_a_damaged_database_is_replaced_when_asked_to(tmp_path):
    site = Site(data_dir=tmp_path)
    shutil.copy(prepared_data() / NAME, tmp_path)
    path = back_up(site)
    (tmp_path / NAME).write_bytes(b"no database any more" * 1000)
    with pytest.raises(RuntimeError, match="say so with --yes"):
        site.manage("restore", path)
    site.manage("restore", path, "--yes")
    site.manage("checkrooms")


def test_one_that_cannot_be_brought_up_to_date_says_what_to_do(tmp_path):
    site = Site(data_dir=tmp_path)
    for app in ("chat", "sessions", "contenttypes"):
        site.manage("migrate", app, *(["0022"] if app == "chat" else []), "-v", "0")
    with connected(site) as session:
        session.execute("CREATE TABLE chat_address (id integer)")  # which a migration makes
        session.commit()
    path = back_up(site)
    with pytest.raises(RuntimeError, match=r"before-restore-\S+. Do not start the site as it is"):
        site.manage("restore", path, "--yes")


def test_it_is_one_moment_of_a_site_where_people_write(site, site_of, tmp_path):
    with site:
        command = [sys.executable, "manage.py", "shell", "-c", POSTING]
        posting = subprocess.Popen(command, cwd=ROOT, env=site.environment)
        try:
            wait_until(lambda: messages(site) > 60, "That somebody writes")
            path, at_the_end = back_up(site), messages(site)
            wait_until(lambda: messages(site) > at_the_end, "That they still write")
            with pytest.raises(RuntimeError, match="The site is running"):
                site.manage("restore", path, "--yes")
        finally:
            posting.kill()
            posting.wait()
    elsewhere = site_of(tmp_path / "elsewhere")
    elsewhere.manage("restore", path)
    assert 60 < messages(elsewhere) <= at_the_end
    elsewhere.manage("checkrooms")


def messages(site: Site) -> int:
    with connected(site) as session:
        return session.execute("SELECT count(*) FROM chat_message").fetchone()[0]


def test_interrupted_it_leaves_nothing_behind(tmp_path):
    site = Site(data_dir=tmp_path)
    shutil.copy(prepared_data() / NAME, tmp_path)
    site.shell(
        "from accounts.models import User\n"
        "User.objects.filter(pk=User.objects.create_user('anna').pk).update(avatar='avatars/pipe')"
    )
    (tmp_path / "media" / "avatars").mkdir(parents=True)
    os.mkfifo(tmp_path / "media" / "avatars" / "pipe")  # a file that keeps its reader waiting
    command = [sys.executable, "manage.py", "backup"]
    process = subprocess.Popen(command, cwd=ROOT, env=site.environment)
    kept = tmp_path / "backups"

    def is_at_the_files() -> bool:
        return any(kept.glob("*/archive")) and not any(kept.glob("*/dump"))

    wait_until(is_at_the_files, "That the database is in the archive")
    process.terminate()
    assert process.wait(PATIENCE) == 130
    assert [*kept.iterdir()] == []


def test_one_of_an_older_version_is_brought_up_to_date(site_of, tmp_path):
    old = site_of(tmp_path / "old")
    for app in ("chat", "sessions", "contenttypes"):
        old.manage("migrate", app, *(["0022"] if app == "chat" else []), "-v", "0")
    path = back_up(old)
    new = site_of(tmp_path / "new")
    new.manage("restore", path)
    new.manage("migrate", "--check")
