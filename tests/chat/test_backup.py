"""A backup is one whole archive; what is none, or was made to harm, is refused before anything."""

import fcntl
import json
import os
import stat
import warnings
import zipfile
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError
from django.db import connection

from chat import limits
from chat.backup import Unfit, engine
from chat.backup.archive import DATABASE, Archive
from chat.backup.restoring import bring_files
from chat.models import Room
from chat.threads import in_thread
from tests.commands import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(tmp_path):
    """A backup of the empty site, as `run` tells of it."""
    return json.loads(run("backup", "--to", str(tmp_path / "kept"), "--json"))


class TestMaking:
    def test_says_what_is_in_it_and_what_is_not(self, tmp_path):
        said = run("backup", "--to", str(tmp_path / "kept"))
        assert "read again and found whole" in said
        assert "SECRET_KEY" in said

    def test_is_for_its_owner_only(self, made):
        assert stat.S_IMODE(Path(made["path"]).stat().st_mode) == 0o600
        with zipfile.ZipFile(made["path"]) as archive:
            assert b"only for tests" not in b"".join(map(archive.read, archive.namelist()))

    @pytest.mark.django_db(transaction=True)
    def test_holds_the_files_that_the_database_names(self, alice, tmp_path):
        alice.avatar.save("face.webp", ContentFile(b"a face"))
        default_storage.save("files/nobodys", ContentFile(b"left behind"))
        made = json.loads(run("backup", "--to", str(tmp_path), "--json"))
        assert (made["people"], made["files"], made["missing"]) == (1, 1, [])
        with zipfile.ZipFile(made["path"]) as archive:
            assert archive.read(f"media/{alice.avatar.name}") == b"a face"

    @pytest.mark.django_db(transaction=True)
    def test_notes_what_is_not_there_any_more(self, alice, tmp_path):
        alice.avatar.save("face.webp", ContentFile(b"a face"))
        default_storage.delete(alice.avatar.name)
        made = json.loads(run("backup", "--to", str(tmp_path), "--json"))
        assert (made["files"], made["missing"]) == (0, [alice.avatar.name])
        assert "It is whole" in run("restore", made["path"], "--dry-run")

    @pytest.mark.django_db(transaction=True)
    def test_brings_files_from_a_bucket_and_back_to_it(self, bucket, alice, bob, tmp_path):
        for person in (alice, bob):
            name = person.username
            person.avatar.save(f"{name}.webp", ContentFile(f"the face of {name}".encode()))
        bucket.Object(bob.avatar.name).delete()
        made = json.loads(run("backup", "--to", str(tmp_path), "--json"))
        assert (made["files"], made["missing"]) == (1, [bob.avatar.name])
        for before in (None, b"the face of anybody"):
            bucket.objects.all().delete()
            if before:
                bucket.put_object(Key=alice.avatar.name, Body=before)
            with Archive(Path(made["path"])) as archive:
                bring_files(archive)
            (stored,) = bucket.objects.all()
            assert (stored.key, stored.get()["Body"].read()) == (
                alice.avatar.name,
                b"the face of alice",
            )

    def test_deletes_older_ones_only_when_asked_to(self, tmp_path):
        names = [f"chatsite-2026010{day}-030000.zip" for day in range(1, 5)]
        for name in [*names, "holiday.zip"]:
            (tmp_path / name).write_bytes(b"old")
        keep_three = ["backup", "--to", str(tmp_path), "--keep", "3", "--json"]
        told = json.loads(run(*keep_three, "--dry-run"))
        assert [Path(path).name for path in told["deleted"]] == [names[1], names[0]]
        assert len(list(tmp_path.iterdir())) == 5
        made = json.loads(run(*keep_three))
        left = {path.name for path in tmp_path.iterdir()}
        assert left == {Path(made["path"]).name, *names[2:], "holiday.zip"}

    def test_clears_away_what_a_killed_one_left(self, tmp_path):
        (tmp_path / ".draft-1").mkdir()
        (tmp_path / ".draft-1" / "archive").write_bytes(b"half")
        made = json.loads(run("backup", "--to", str(tmp_path), "--json"))
        assert [path.name for path in tmp_path.iterdir()] == [Path(made["path"]).name]

    def test_is_done_by_one_at_a_time(self, tmp_path):
        descriptor = os.open(tmp_path, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        try:
            with pytest.raises(CommandError, match="Another backup is being made"):
                run("backup", "--to", str(tmp_path))
        finally:
            os.close(descriptor)

    def test_says_where_it_cannot_be_made(self, tmp_path):
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(CommandError, match="cannot be made in"):
            run("backup", "--to", str(tmp_path / "file"))


# Archives that nobody should trust ----------------------------------------------------------------


class Draft:
    """A backup taken apart, to be spoilt and put together again."""

    def __init__(self, path: str):
        with zipfile.ZipFile(path) as archive:
            data = {name: archive.read(name) for name in archive.namelist()}
        self.manifest = json.loads(data.pop("manifest.json"))
        self.entries = [*data.items()]
        self.database = DATABASE[self.manifest["engine"]]
        self.how: dict[str, dict] = {}  # by name: what is special about its entry
        self.text = None  # instead of the manifest

    def add(self, name: str, data: bytes = b"hello", **how) -> None:
        self.entries.append((name, data))
        self.manifest["entries"][name] = {"size": len(data), "sha256": sha256(data).hexdigest()}
        self.how[name] = how

    def replace_database(self, data: bytes) -> None:
        self.entries = [one for one in self.entries if one[0] != self.database]
        self.add(self.database, data, compress_type=zipfile.ZIP_DEFLATED)

    def write(self, path: str) -> None:
        text = self.text or json.dumps(self.manifest).encode()
        with zipfile.ZipFile(path, "w") as archive, warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that a name is there twice
            for name, data in [*self.entries, ("manifest.json", text)]:
                info = zipfile.ZipInfo(name)
                for field, value in self.how.get(name, {}).items():
                    setattr(info, field, value)
                archive.writestr(info, data)


def name_it(name):
    return lambda draft: draft.add(name)


def be_a_link(draft):
    draft.add("media/files/link", b"/etc/passwd", external_attr=(stat.S_IFLNK | 0o777) << 16)


def be_there_twice(draft):
    draft.add("media/files/one")
    draft.add("media/files/one")


def be_unnamed(draft):
    draft.add("media/files/one")
    del draft.manifest["entries"]["media/files/one"]


def be_missing(draft):
    draft.add("media/files/one")
    draft.entries.pop()


def be_another(draft):
    draft.add("media/files/one", b"hello")
    draft.entries[-1] = ("media/files/one", b"HELLO")


def be_shorter(draft):
    draft.add("media/files/one", b"hello")
    draft.entries[-1] = ("media/files/one", b"hell")


def be_packed(draft):
    draft.add("media/files/one", b"\0" * 100_000, compress_type=zipfile.ZIP_DEFLATED)


def be_a_bomb(draft):
    draft.replace_database(b"\0" * 50_000_000)
    draft.manifest["entries"][draft.database]["size"] = 1000


def be_too_large(draft):
    draft.manifest["entries"][draft.database]["size"] = 10**18


def be_no_database(draft):
    draft.replace_database(b"SQLite format 3\0 and then nothing of it")


def write_much(draft):
    draft.text = b'{"format": 1, "version": "' + b"x" * 21_000_000 + b'"}'


def write(text):
    def spoil(draft):
        draft.text = text

    return spoil


def say(**values):
    return lambda draft: draft.manifest.update(values)


def be_of_tomorrow(draft):
    draft.manifest["migrations"].append(["chat", "9999_tomorrow"])


def be_of_yesterday(draft):
    draft.manifest["migrations"].pop()


def count_more(draft):
    draft.manifest["counts"]["accounts_user"] += 1


NO_NAME = "is no name of a file of the site"
UNREADABLE = "manifest cannot be read"
OTHER = {"sqlite": "postgresql", "postgresql": "sqlite"}[connection.vendor]
HOSTILE = {
    "a way out": (name_it("media/files/../../../manage.py"), NO_NAME),
    "a way up": (name_it("media/files/.."), NO_NAME),
    "another way out": (name_it("../media/files/one"), NO_NAME),
    "an absolute path": (name_it("/etc/cron.d/one"), NO_NAME),
    "a path of Windows": (name_it("media/files/..\\one"), NO_NAME),
    "a folder of nobody": (name_it("media/static/room.js"), NO_NAME),
    "a line break": (name_it("media/files/one\n"), NO_NAME),
    "a folder": (name_it("media/files/"), "is no file"),
    "a link": (be_a_link, "is no file"),
    "a name twice": (be_there_twice, "have the same name"),
    "one too many": (be_unnamed, "is in it, but not in the manifest"),
    "one too few": (be_missing, "is missing"),
    "other bytes": (be_another, "is not what the manifest says"),
    "fewer bytes": (be_shorter, "is not what the manifest says"),
    "a packed file": (be_packed, "is packed"),
    "a bomb": (be_a_bomb, "is not what the manifest says"),
    "more than the disk": (be_too_large, "bytes free, and the backup needs"),
    "no database": (be_no_database, "database|dump cannot be read"),
    "a long manifest": (write_much, "longer than what it is about"),
    "no manifest": (write(b"hello"), UNREADABLE),
    "a deep manifest": (write(b"[" * 100_000), UNREADABLE),
    "a manifest in no encoding": (write(b'{"format": "\xff"}'), UNREADABLE),
    "a number for a text": (say(version=1), UNREADABLE),
    "something unknown": (say(also="this"), UNREADABLE),
    "a format to come": (say(format=2), "newer version of the site"),
    "a version to come": (be_of_tomorrow, "newer version of the site"),
    "an engine of nobody": (say(engine="paper"), UNREADABLE),
    "another version": (be_of_yesterday, "not of the version"),
    "rows that are not there": (count_more, "does not have the rows"),
}


class TestRestoring:
    @pytest.mark.parametrize(("spoil", "sentence"), HOSTILE.values(), ids=HOSTILE.keys())
    def test_refuses(self, made, spoil, sentence):
        draft = Draft(made["path"])
        spoil(draft)
        draft.write(made["path"])
        with pytest.raises(CommandError, match=sentence):
            run("restore", made["path"], "--yes")

    def test_refuses_another_engine(self, made):
        draft = Draft(made["path"])
        draft.manifest["engine"] = OTHER
        entry = draft.manifest["entries"].pop(draft.database)
        draft.manifest["entries"][DATABASE[OTHER]] = entry
        draft.entries = [(DATABASE[OTHER], draft.entries[0][1])]
        draft.write(made["path"])
        with pytest.raises(CommandError, match="Set DATABASE_URL to an empty database on"):
            run("restore", made["path"], "--yes")

    def test_refuses_what_is_no_archive(self, tmp_path, made):
        os.truncate(made["path"], made["bytes"] // 2)
        (tmp_path / "text").write_text("hello")
        for path in (tmp_path, tmp_path / "text", tmp_path / "nothing", made["path"]):
            with pytest.raises(CommandError, match=r"is no backup|There is no"):
                run("restore", str(path), "--yes")

    def test_never_writes_more_than_was_said(self, made, tmp_path):
        draft = Draft(made["path"])
        be_a_bomb(draft)
        draft.write(made["path"])
        target = tmp_path / "unpacked"
        with Archive(made["path"]) as archive, target.open("wb") as file, pytest.raises(Unfit):
            archive.copy(draft.database, file, lambda _: None)
        assert target.stat().st_size <= 1000

    def test_leaves_nothing_of_a_trial(self, made):
        before = {*engine().folder().iterdir()}
        assert "Nothing was changed" in run("restore", made["path"], "--dry-run")
        assert {*engine().folder().iterdir()} == before


@pytest.mark.django_db(transaction=True)
async def test_who_was_here_before_loads_the_room_afresh(room, alice, tab_of):
    """What was said after the backup bears revisions that are not to be given out again."""
    tab = await tab_of(alice, room)
    with limits.lifted():
        message = await in_thread(room.post, alice, "gone again")
    await tab.receive("new_message")
    await in_thread(Room.objects.begin_anew)
    assert await in_thread(room.faults) == []
    await tab.send("sync", room=room.slug, since=10**18)  # of a state that is given up
    await tab.receive("resync", room=room.slug)
    await tab.send("sync", room=room.slug, since=message.revision)
    await tab.receive("resync", room=room.slug)
    await in_thread(room.refresh_from_db)
    assert (await tab.ask("sync", room=room.slug, since=room.revision))["messages"] == []


def test_the_same_state_restored_again_begins_somewhere_else(room):
    begun = []
    for _time in range(3):
        Room.objects.filter(pk=room.pk).update(revision=7, pruned_revision=0)
        Room.objects.begin_anew()
        room.refresh_from_db()
        begun.append(room.revision)
    assert begun == sorted(set(begun))
    assert begun[-1] < 2**53  # as far as JavaScript counts
    assert room.changes_since(7) is None
    Room.objects.begin_anew()  # however soon
    room.refresh_from_db()
    assert room.changes_since(begun[-1]) is None
