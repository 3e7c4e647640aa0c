"""A room leaves as an archive, and comes back from it as it was."""

import io
import json
import threading
import zipfile
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from django.core.management import CommandError
from django.db import connection
from django.utils import timezone

from chat import limits
from chat.models import Attachment, Room, new_poll
from chat.moving.form import Message
from chat.moving.out import export
from tests import files
from tests.commands import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(new_user):
    return new_user("root", is_superuser=True)


@pytest.fixture
def garden(open_room, alice, bob, guest, root, no_grace):
    """A room in which everything was done that can be done."""
    with limits.lifted():
        room = open_room
        room.admit(guest)
        room.set_role(alice, bob, "moderator")
        first = room.post(alice, "Hello **@bob**, 你好 <script>alert(1)</script>")
        room.post(bob, "under it", thread=first.pk)
        answer = room.post(guest, "an answer", reply_to=first.pk)
        poll = new_poll(["Black", "Green"], several=True)
        asked = room.post(alice, "Tea?", poll=poll)
        for person, choices in ((bob, [0, 1]), (guest, [1])):
            asked.vote(person, choices)
            first.react(person, "🏮")
        answer.edit(guest, "a better answer")
        first.pin(alice)
        room.post(bob, "never to be seen again").remove(bob)
        removed = room.post(guest, "nor this")
        removed.react(alice, "🦀")
        removed.edit(guest, "nor what it was")
        removed.remove(bob, reason="spam")
        taken = [upload(alice, files.picture(), "a.png"), upload(alice, b"<b>", "evil.html")]
        room.post(alice, "", attachments=taken)
        asked = room.post(bob, "late", due_at=timezone.now() - timedelta(hours=1))
        attic = Room.create(alice, "Attic")
        attic.post(alice, "from elsewhere").forward(alice, room)
        room.post(alice, "oops").take_back(alice)
    return room


def upload(author, data: bytes, name: str) -> int:
    return Attachment.carry_in(author, io.BytesIO(data), name).pk


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def compared(path: Path) -> tuple[dict, list[dict]]:
    """All that an archive says, without the ids of this site."""
    inside = contents(path)
    room = json.loads(inside["room.json"])
    for one in room["people"]:  # whose name was taken here has it with a number
        one["name"] = one["name"].removesuffix(" 2")
    names = {one["id"]: one["name"] for one in room["people"]}
    lines = [json.loads(line) for line in inside["messages.jsonl"].splitlines()]
    places = {line["id"]: place for place, line in enumerate(lines)}
    for line in lines:
        for key in {"id", "thread", "reply_to"} & line.keys():
            line[key] = places[line[key]]
        line["author"] = names[line["author"]]
        line["mentions"] = {name: names[pk] for name, pk in line.get("mentions", {}).items()}
        for one in line.get("reactions", []):
            one["by"] = names[one["by"]]
        if "poll" in line:
            line["poll"]["votes"] = sorted([names[pk], at] for pk, at in line["poll"]["votes"])
        if "author" in line.get("forwarded", {}):
            line["forwarded"]["author"] = names[line["forwarded"]["author"]]
        for file in line.get("files", []):
            for key in {"path", "thumbnail"} & file.keys():
                file[key] = sha256(inside[file[key]]).hexdigest()
    room["members"] = sorted([names[one.pop("person")], *one.values()] for one in room["members"])
    for person in room["people"]:
        del person["id"]
    room["people"].sort(key=lambda one: one["name"])
    del room["slug"], room["name"]
    return room, lines


class TestThereAndBack:
    def test_everything_is_as_it_was(self, garden, tmp_path):
        one, two = tmp_path / "one.zip", tmp_path / "two.zip"
        run("exportroom", garden.slug, "--output", str(one))
        run("importroom", str(one), "--name", "Garden again", "--match-usernames")
        again = Room.objects.get(name="Garden again")
        run("exportroom", again.slug, "--output", str(two))
        (about, lines), (about_again, lines_again) = compared(one), compared(two)
        assert lines_again == lines
        assert {key for line in lines for key in line} == {*Message.__struct_fields__}
        members = [name for name, *_ in about["members"]]
        assert sorted(members) == ["Wanderer", "alice", "bob"]
        # A guest, who has no username, is not known again, and so is no member.
        about["members"] = [one for one in about["members"] if one[0] != "Wanderer"]
        assert about_again == about
        assert len(lines) == 9
        assert again.faults() == []

    def test_twice_is_once(self, garden, tmp_path):
        path = str(tmp_path / "one.zip")
        run("exportroom", garden.slug, "--output", path)
        for said in ("9 messages with 2 files are in", "0 messages with 0 files are in"):
            assert said in run("importroom", path, "--name", "Again")
        again = Room.objects.get(name="Again")
        assert again.messages.count() == 9
        authors = again.messages.values_list("author__is_active", flat=True)
        assert not any(authors)
        names = {name for [name] in again.messages.values_list("author__display_name")}
        assert names == {"alice 2", "bob 2", "Wanderer 2"}  # who are not those who are here
        assert [one.user.username for one in again.memberships.all()] == ["root"]

    def test_people_are_who_the_map_says(self, garden, charlie, tmp_path):
        path, who = str(tmp_path / "one.zip"), tmp_path / "who.csv"
        run("exportroom", garden.slug, "--output", path)
        who.write_text("bob,charlie\n")
        foretold = json.loads(
            run("importroom", path, "--name", "Again", "--map", str(who), "--dry-run", "--json")
        )
        assert (foretold["here"], foretold["moderators"]) == (["charlie"], ["charlie"])
        assert not Room.objects.filter(name="Again").exists()
        run("importroom", path, "--name", "Again", "--map", str(who))
        again = Room.objects.get(name="Again")
        assert again.messages.filter(author=charlie).count() == 3
        assert again.membership_of(charlie).role == "moderator"
        who.write_text("nobody,charlie\n")
        with pytest.raises(CommandError, match="Nobody in the archive"):
            run("importroom", path, "--map", str(who))


class TestLeaving:
    def test_nothing_that_was_removed_is_in_it(self, garden, tmp_path):
        run("exportroom", garden.slug, "--output", str(tmp_path / "one.zip"))
        inside = contents(tmp_path / "one.zip")
        page = inside["pages/0001.html"].decode()
        for gone in ("never to be seen again", "nor this", "nor what it was", "🦀", "oops"):
            assert not [name for name, data in inside.items() if gone.encode() in data]
        assert "Removed by bob" in page
        assert "Deleted by its author" in page
        assert "an answer" in page  # which was edited
        assert "&lt;script&gt;" in page
        assert '"evil.html"' in page
        assert not [name for name in inside if name.startswith("files/") and "html" in name]
        assert "/people/" not in page
        manifest = json.loads(inside.pop("manifest.json"))
        hashes = {name: entry["sha256"] for name, entry in manifest["entries"].items()}
        assert hashes == {name: sha256(data).hexdigest() for name, data in inside.items()}

    def test_into_a_folder_and_in_chinese(self, garden, tmp_path):
        folder = tmp_path / "花园"
        run("exportroom", garden.slug, "--output", str(folder), "--language", "zh-hans")
        assert "搜索" in (folder / "index.html").read_text()
        assert "It is whole" in run("importroom", str(folder), "--dry-run")
        with pytest.raises(CommandError, match="is there already"):
            run("exportroom", garden.slug, "--output", str(folder))
        assert not [*tmp_path.glob(".*")]

    def test_interrupted_it_leaves_nothing(self, garden, tmp_path):
        def interrupt(_count):
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            export(garden, tmp_path / "one.zip", interrupt)
        assert [one.name for one in tmp_path.iterdir()] == ["media"]  # the site's own

    @pytest.mark.django_db(transaction=True)
    def test_it_is_the_room_as_it_was_at_one_moment(self, room, alice, tmp_path):
        old, done = room.post(alice, "before"), []

        def write():
            room.post(alice, "meanwhile")
            old.edit(alice, "after")
            connection.close()

        def meanwhile(_count):
            if not done:
                writer = threading.Thread(target=write)
                writer.start()
                writer.join()
                done.append(True)

        manifest = export(room, tmp_path / "one.zip", meanwhile)
        inside = contents(tmp_path / "one.zip")
        assert (manifest.revision, manifest.messages) == (1, 1)
        assert b"before" in inside["pages/0001.html"]
        assert b"meanwhile" not in inside["search/1.js"]
        room.refresh_from_db()
        assert room.revision == 3


class Draft:
    """An archive that somebody is making to harm."""

    def __init__(self, path: Path):
        self.inside = contents(path)
        self.manifest = json.loads(self.inside.pop("manifest.json"))
        self.lies: dict[str, bytes] = {}  # other than the manifest says
        self.link = ""

    def put(self, name: str, data: bytes) -> None:
        self.inside[name] = data
        entry = {"size": len(data), "sha256": sha256(data).hexdigest()}
        self.manifest["entries"][name] = entry

    def put_line(self, **values) -> None:
        lines = [json.loads(line) for line in self.inside["messages.jsonl"].splitlines()]
        lines[0].update(values)
        self.put("messages.jsonl", b"".join(json.dumps(one).encode() + b"\n" for one in lines))

    def write(self, path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in (self.inside | self.lies).items():
                info = zipfile.ZipInfo(name)
                info.compress_type = zipfile.ZIP_DEFLATED
                info.external_attr = (0o120777 if name == self.link else 0o600) << 16
                archive.writestr(info, data)
            archive.writestr("manifest.json", json.dumps(self.manifest))


def link(draft):
    draft.link = "room.json"


def drop(draft):
    del draft.inside["room.json"]


def be_a_bomb(draft):
    draft.put("files/7.txt", bytes(50_000_000))


def be_many_bombs(draft):
    for number in range(1, 9):
        draft.put(f"files/{number}.txt", bytes(9_000_000))


def be_there_twice(draft):
    draft.put("files/7.txt", b"x")
    about = {"path": "files/7.txt", "name": "x", "kind": "file", "type": "x", "size": 1}
    draft.put_line(files=[about, about])


def vote_twice(draft):
    author = json.loads(draft.inside["messages.jsonl"].splitlines()[0])["author"]
    draft.put_line(poll={"choices": ["a", "b"], "votes": [[author, 0], [author, 1]]})


def put_room(draft, **values):
    room = json.loads(draft.inside["room.json"])
    draft.put("room.json", json.dumps(room | values).encode())


def forget_somebody(draft):
    put_room(draft, people=[], members=[])


NO_NAME = "is no name of a file of the site"
LINE = "messages.jsonl cannot be read"
NO_TIME = "is no time at which anything was"
ALWAYS = "9999-12-31T23:59:59-14:00"
HOSTILE = {
    "a way out": (lambda draft: draft.put("files/../../one", b"x"), NO_NAME),
    "an absolute path": (lambda draft: draft.put("/etc/cron.d/one", b"x"), NO_NAME),
    "a program": (lambda draft: draft.put("files/1.html.exe", b"x"), NO_NAME),
    "a link": (link, "is no file"),
    "one too few": (drop, "is missing"),
    "one too many": (lambda draft: draft.lies.update({"files/9.txt": b"x"}), "not in the manifest"),
    "other bytes": (lambda draft: draft.lies.update({"room.json": b"{}"}), "is not what"),
    "a bomb": (be_a_bomb, "is packed"),
    "many bombs": (be_many_bombs, "much larger than it is"),
    "a file that is there twice": (be_there_twice, "is of several messages"),
    "a site of nowhere": (lambda draft: draft.manifest.update(site="a\0b"), "no such address"),
    "another kind": (lambda draft: draft.manifest.update(kind="recipe"), "manifest cannot be read"),
    "a version to come": (lambda draft: draft.manifest.update(format=2), "newer version"),
    "fewer lines": (lambda draft: draft.manifest.update(messages=99), "says otherwise"),
    "no JSON": (lambda draft: draft.put("messages.jsonl", b"{"), LINE),
    "a field of nobody": (lambda draft: draft.put_line(html="<script>"), LINE),
    "a long text": (lambda draft: draft.put_line(body="x" * 10_001), LINE),
    "an empty text": (lambda draft: draft.put_line(body=" "), "cannot be taken in"),
    "lines out of order": (lambda draft: draft.put_line(id=2**60), "is not in order"),
    "a mention of all": (lambda draft: draft.put_line(mentions={"bob": 0}), "not mean everybody"),
    "a vote too many": (vote_twice, "chose twice"),
    "what a terminal obeys": (
        lambda draft: draft.put_line(**{"\x1b[2J": 1}),
        "unknown field `\ufffd\\[2J`",
    ),
    "a time before all": (lambda draft: draft.put_line(at="0001-01-01T00:00:00+14:00"), NO_TIME),
    "a time after all": (lambda draft: draft.put_line(pinned_at=ALWAYS), NO_TIME),
    "an edit to come": (lambda draft: draft.put_line(edits=[{"at": ALWAYS, "body": "x"}]), NO_TIME),
    "a room to come": (lambda draft: put_room(draft, created_at=ALWAYS), NO_TIME),
    "a poll for ever": (
        lambda draft: draft.put_line(poll={"choices": ["a", "b"], "closes_at": ALWAYS}),
        NO_TIME,
    ),
    "a person of nowhere": (forget_somebody, "does not know person"),
    "a file of nowhere": (
        lambda draft: draft.put_line(
            files=[{"path": "../x", "name": "x", "kind": "file", "type": "x", "size": 1}]
        ),
        "is missing",
    ),
}


class TestComing:
    @pytest.mark.parametrize(("spoil", "sentence"), HOSTILE.values(), ids=HOSTILE.keys())
    def test_is_refused_to(self, room, alice, root, tmp_path, spoil, sentence):
        room.post(alice, "one")
        room.post(alice, "two")
        path, spoilt = tmp_path / "one.zip", tmp_path / "spoilt.zip"
        export(room, path)
        draft = Draft(path)
        spoil(draft)
        draft.write(spoilt)
        with pytest.raises(CommandError, match=sentence):
            run("importroom", str(spoilt), "--name", "Spoilt")
        assert not Room.objects.filter(name="Spoilt").exists()

    def test_usernames_of_another_site_say_nothing(self, room, alice, root, tmp_path, settings):
        room.post(alice, "one")
        path = tmp_path / "one.zip"
        export(room, path)
        settings.SITE_URL = "https://another.example.org"
        with pytest.raises(CommandError, match="may be somebody else's"):
            run("importroom", str(path), "--match-usernames", "--dry-run")

    def test_cleans_what_it_takes_in(self, room, alice, root, tmp_path):
        for number in range(3):
            room.post(alice, f"{number} @room")
        path = tmp_path / "one.zip"
        export(room, path)
        draft = Draft(path)
        draft.put_line(mentions={"ro\0om": 0}, forwarded={"room": "At\0tic"})
        put_room(draft, topic="a\0b\x1b[31m")
        lines = [json.loads(line) for line in draft.inside["messages.jsonl"].splitlines()]
        lines[1] |= {"body": "", "deleted_at": lines[1]["at"], "removed_by": "b\0ob"}
        draft.put("messages.jsonl", "\n".join(map(json.dumps, lines)).encode())
        draft.write(tmp_path / "spoilt.zip")
        run("importroom", str(tmp_path / "spoilt.zip"), "--name", "Again")
        again = Room.objects.get(name="Again")
        forwarded, removed, _ = again.messages.order_by("pk")
        assert again.topic == "ab[31m"
        assert forwarded.forwarded == {"room": {"name": "Attic"}}
        assert removed.removed == {"by": "bob"}

    def test_is_refused_to_a_folder_with_a_link(self, room, alice, root, tmp_path):
        room.post(alice, "one")
        folder = tmp_path / "folder"
        export(room, folder)
        (folder / "room.json").rename(tmp_path / "room.json")
        (folder / "room.json").symlink_to(tmp_path / "room.json")
        with pytest.raises(CommandError, match=r"is no file"):
            run("importroom", str(folder))
