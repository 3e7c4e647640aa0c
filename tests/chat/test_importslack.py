"""What was said in Slack is in rooms here, once, and what was made to harm does none."""

import json
import stat
import zipfile
from pathlib import Path

import pytest
from django.core.management import CommandError

from accounts.models import User
from chat import limits
from chat.models import Message, Origin, Reaction, Room, StandIn
from chat.slack import export as reader
from chat.slack import moving
from chat.slack.moving import Moving
from tests import files
from tests.commands import run
from tests.slack_export import (
    CHANNELS,
    NOTES,
    PEOPLE,
    PHOTO,
    channel,
    of_one_channel,
    packed,
    person,
    said,
    sample,
)
from tests.uploading import stored_files

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def root(new_user):
    return new_user("root", is_superuser=True)


@pytest.fixture
def archive(tmp_path):
    """archive(entries) -> the path of the zip with them."""
    return lambda entries=None: str(packed(tmp_path / "export.zip", entries or sample()))


@pytest.fixture
def bring(archive):
    """bring(entries, *options) -> what the command says of importing them."""

    def bring(entries=None, *options) -> dict:
        return json.loads(run("importslack", archive(entries), "--json", "--yes", *options))

    return bring


def lost(done: dict) -> dict[str, int]:
    return {one["kind"]: one["count"] for one in done["left_behind"]}


def bodies(room) -> list[str]:
    return list(room.messages.order_by("pk").values_list("body", flat=True))


class TestAnExport:
    def test_becomes_rooms(self, bring, root):
        done = bring()
        assert [one["room"] for one in done["rooms"]] == ["general", "茶馆", "old-days"]
        general, tea, old = Room.objects.order_by("pk")
        assert general.topic == "Tea & talk · For @Ada and everybody"
        assert (general.kind, general.archived_at) == ("public", None)
        assert old.archived_at
        assert bodies(tea)[0] == "昨天的茶不错。\n```\n喝茶 https://t.cn\n* 2\n```"
        assert [room.memberships.get().user for room in (general, tea, old)] == [root] * 3

    def test_keeps_times_authors_and_texts(self, bring):
        bring()
        general = Room.objects.get(slug="general")
        first = general.messages.order_by("pk").first()
        assert first.created_at.timestamp() == pytest.approx(1700000100.0002, abs=1e-4)
        assert (first.author.name, first.author.is_active) == ("Ada", False)
        assert first.body.startswith(
            "**Welcome** @小明, see [the \\_plan\\_](https://example.com/a?"
        )
        assert first.body.endswith("👋🏼\n- tea\n- talk")
        assert 'class="mention"' in first.html
        assert "/rooms/" in first.html  # of the channel that it names
        assert first.pinned_at

    def test_keeps_threads_edits_and_reactions(self, bring):
        bring()
        first, answer, too, *_rest = Room.objects.get(slug="general").messages.order_by("pk")
        assert (answer.thread, too.thread, first.thread_count) == (first, first, 3)
        assert answer.body == "好的，**没问题**！> 1 < 2"
        assert answer.edited_at
        tally = {one["key"]: one["count"] for one in first.reaction_tally}
        assert tally == {"👍": 2, "❤️": 1}
        gone = Message.objects.get(deleted_at__isnull=False)
        assert Message.objects.get(thread=gone).body == "what was that?"

    def test_brings_files_that_are_in_the_archive_and_names_the_others(self, bring):
        done = bring()
        photo = Message.objects.get(body="The photo")
        assert [(file["name"], file["kind"]) for file in photo.files] == [("boat.png", "picture")]
        assert len(stored_files()) == 1
        named = Message.objects.get(body__startswith="📎")
        assert named.body == "📎 plan_of_all.pdf (left behind in Slack)"
        assert (lost(done)["file_absent"], lost(done)["file_gone"]) == (1, 1)

    def test_says_what_was_left_behind(self, bring, tmp_path):
        done = bring(None, "--report", str(tmp_path / "report.json"))
        assert lost(done) == {
            "direct": 1,
            "private": 1,
            "event": 1,
            "deleted": 1,
            "author": 1,
            "broadcast": 1,
            "preview": 1,
            "card": 1,
            "reaction_emoji": 1,
            "reaction_people": 11,
            "file_absent": 1,
            "file_gone": 1,
        }
        assert json.loads((tmp_path / "report.json").read_text()) == done

    def test_reads_blocks_and_cards_where_there_is_no_text(self, bring):
        bring()
        assert Message.objects.filter(body="From **blocks**🍵\n1. one\n2. two").exists()
        card = Message.objects.get(author__display_name="Deploy")
        assert card.body == "> [Build 7](https://ci.example/7)\n> passed"
        assert card.author.is_bot

    def test_tells_nobody_and_links_no_account(self, bring, alice):
        alice.email = "ada@example.com"
        alice.save()
        bring()
        assert not alice.messages.exists()
        made = User.objects.filter(stands_for__isnull=False)
        assert made.count() == 6
        assert not made.exclude(email="").exists()
        assert not any(user.has_usable_password() for user in made)

    def test_tells_apart_who_has_the_same_name(self, bring, new_user):
        new_user("Grace_Hopper")
        done = bring(of_one_channel(
            said("1.0", "U01", "a"), said("2.0", "U05", "b"), said("3.0", "U03", "c"),
            said("4.0", "U06", "d"), users_json=[*PEOPLE, person("U06", "admin", "admin")],
        ))  # fmt: skip
        authors = Message.objects.order_by("pk").values_list("author__display_name", flat=True)
        assert list(authors) == ["Ada", "adabot", "grace", "admin 2"]
        assert lost(done)["name"] == 3


class TestRunAgain:
    def test_doubles_nothing(self, bring):
        bring()
        before = [model.objects.count() for model in (Message, Room, User, Reaction)]
        done = bring()
        assert [model.objects.count() for model in (Message, Room, User, Reaction)] == before
        assert sum(one["messages"] for one in done["rooms"]) == 0
        assert sum(one["known"] for one in done["rooms"]) == before[0]
        assert not any(one["is_new"] for one in done["rooms"])

    def test_brings_what_an_interruption_left_out(self, bring, archive, monkeypatch):
        whole = bring(None, "--dry-run")
        monkeypatch.setattr(Origin, "AT_ONCE", 3)
        entry, seen = Moving._entry, []

        def interrupted(self, one):
            seen.append(one)
            if len(seen) == 8:
                raise KeyboardInterrupt
            return entry(self, one)

        monkeypatch.setattr(Moving, "_entry", interrupted)
        with pytest.raises(SystemExit) as end:
            run("importslack", archive())
        assert end.value.code == 130
        assert Message.objects.count() == 6
        monkeypatch.setattr(Moving, "_entry", entry)
        done = bring()
        assert Message.objects.count() == sum(one["messages"] for one in whole["rooms"])
        assert sum(one["known"] for one in done["rooms"]) == 6
        first = Room.objects.get(slug="general").messages.order_by("pk").first()
        assert first.thread_count == 3
        assert Room.objects.count() == 3
        assert run("checkrooms")

    def test_brings_what_a_later_export_has_more(self, bring):
        bring(of_one_channel(said("1.0", "U01", "one")))
        bring(of_one_channel(said("1.0", "U01", "one"), said("2.0", "U01", "two")))
        assert bodies(Room.objects.get()) == ["one", "two"]

    def test_goes_into_a_room_that_is_there_only_when_told_to(self, bring, archive):
        bring(of_one_channel(said("1.0", "U01", "one")))
        with pytest.raises(CommandError, match="“general”"):
            run("importslack", archive(of_one_channel(said("2.0", "U01", "two"))))
        assert bodies(Room.objects.get()) == ["one"]


class TestOptions:
    def test_dry_run_says_the_same_and_writes_nothing(self, bring):
        tried = bring(None, "--dry-run")
        assert not Room.objects.exists()
        assert not StandIn.objects.exists()
        done = bring()
        assert tried["left_behind"] == done["left_behind"]
        for one in ("messages", "files", "room"):
            assert [room[one] for room in tried["rooms"]] == [room[one] for room in done["rooms"]]
        assert tried["people"] == done["people"]

    def test_maps_people_only_where_it_is_said(self, bring, alice, bob, tmp_path):
        table = tmp_path / "people.csv"
        table.write_text("name,slack,username\nx,U01,alice\ny,grace,bob\nz,U04,\n")
        done = bring(None, "--map", str(table))
        assert done["people"] == {"made": 4, "mapped": 2}
        general = Room.objects.get(slug="general")
        assert general.messages.filter(author=alice).count() == 2
        assert {*general.members.values_list("username", flat=True)} == {"root", "alice", "bob"}

    def test_writes_down_who_is_there_to_be_mapped(self, bring, alice, tmp_path):
        table = tmp_path / "people.csv"
        entries = sample() | {"users.json": [*PEOPLE, person("U07", "=1+1", "=cmd()")]}
        bring(entries, "--people", str(table))
        text = table.read_text("utf-8-sig")
        assert "U02,,小明,xiaoming," in text
        assert "'=cmd()" in text
        assert not Room.objects.exists()
        table.write_text(text.replace("U01,,", "U01,alice,"))
        bring(entries, "--map", str(table))
        assert alice.messages.exists()

    def test_brings_private_channels_when_told_to(self, bring):
        bring(None, "--private", "--only", "#board")
        board = Room.objects.get()
        assert (board.name, board.kind) == ("board", "private")
        assert bodies(board) == ["secret"]

    def test_leaves_out_what_is_private_whichever_list_it_is_in(self, bring):
        hidden = [channel("C07", "a", is_private=True), channel("C08", "b", is_mpim=True)]
        entries = of_one_channel(channels_json=[*CHANNELS[:1], *hidden])
        entries |= {f"{name}/2023-11-14.json": [said("5.0", "U01", "secret")] for name in "ab"}
        bring(entries)
        assert not Message.objects.exists()

    def test_goes_into_a_room_or_beside_it(self, bring, root):
        with limits.lifted():
            hall = Room.create(root, "Hall")
            Room.create(root, "General")
        done = bring(None, "--only", "general", "C02", "--into", "茶馆=hall", "--yes")
        assert [one["room"] for one in done["rooms"]] == ["general 2", "Hall"]
        assert hall.messages.count() == 2
        with pytest.raises(CommandError, match="was carried into “Hall” before"):
            bring(None, "--into", "C02=general", "--yes")

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            (["--only", "nowhere"], "no channel “nowhere”"),
            (["--into", "general"], "--into takes CHANNEL=ROOM"),
            (["--map", "/nowhere.csv"], "cannot be read"),
        ],
    )
    def test_says_what_is_wrong_with_them(self, bring, options, said):
        with pytest.raises(CommandError, match=said):
            bring(None, *options)

    def test_speaks_to_people(self, archive):
        words = run("importslack", archive(), "--dry-run")
        assert "#general" in words
        assert "would be carried over" in words
        assert "direct conversations are not carried over" in words
        assert "Nothing was changed" in words

    def test_reads_an_export_that_was_packed_again(self, bring):
        entries = {f"My export/{name}": content for name, content in sample().items()}
        entries["__MACOSX/My export/._users.json"] = b"x"
        assert len(bring(entries)["rooms"]) == 3

    def test_reads_names_that_were_packed_by_macos(self, archive):
        """In UTF-8 without the flag that says so, and with letters and marks apart."""
        cafe = "cafe\u0301"
        entries = of_one_channel(channels_json=[channel("C01", "caf\u00e9")])
        path = Path(archive(entries | {f"{cafe}/2023-11-14.json": [said("5.0", "U01", "hi")]}))
        data = path.read_bytes()
        for head in (b"PK\3\4\x14\0", b"PK\1\2\x14\3\x14\0"):
            data = data.replace(head + b"\0\x08", head + b"\0\0")
        path.write_bytes(data)
        run("importslack", str(path))
        assert bodies(Room.objects.get()) == ["hi"]

    def test_reads_what_older_exports_wrote_otherwise(self, bring):
        comment = {"user": "U02", "comment": "Nice *boat*"}
        bring(
            of_one_channel(
                said("1.0", "U03", "waves", subtype="me_message"),
                said("2.0", "U03", "", subtype="file_share", file={"id": PHOTO, "name": "a.png"}),
                {"ts": "3.0", "subtype": "file_comment", "text": "x", "comment": comment},
            )
            | {f"__uploads/{PHOTO}/a.png": files.picture()}
        )
        waves, shared, said_of_it = Room.objects.get().messages.order_by("pk")
        assert waves.body == "*waves*"
        assert shared.files[0]["name"] == "a.png"
        assert (said_of_it.body, said_of_it.author.name) == ("Nice **boat**", "小明")


# What was made to harm --------------------------------------------------------------------------

LATE = "253402300800.000000"  # the year 10000
HARM = {
    "no list": ({"a": 1}, {"day": 1}),
    "not JSON": (b"[{", {"day": 1}),
    "deep": (b"[" * 100_000, {"day": 1}),
    "empty": (b"", {"day": 1}),
    "not UTF-8": (b'[{"ts":"1.0","user":"U01","text":"\xff"}]', {"message": 1}),
    "lone surrogates": (
        b'[{"ts":"1.0","user":"U01","text":"\\ud800 \\udc00 \\ud83d\\ude00"}, 5]',
        {"message": 1},
    ),
    "wrong types": (
        [1, None, "x", {"ts": 1.5, "text": "x"}, {"ts": "1.0", "text": ["x"]}, {"text": "no time"}],
        {"message": 6},
    ),
    "times": (
        [said(ts, "U01", "x") for ts in ("x", "-1.0", "0.0", "nan", "1e9", LATE, "9999999999.0")],
        {"message": 5, "time": 2},
    ),
    "twice": ([said("5.0", "U01", "a"), said("5.000000", "U02", "b")], {"twice": 1}),
    "thread loops": (
        [said("6.0", "U01", "a", thread_ts="7.0"), said("7.0", "U01", "b", thread_ts="6.0"),
         said("8.0", "U01", "c", thread_ts="x"), said("9.0", "U01", "d", thread_ts="3.0")],
        {"root": 2},
    ),
    "details": (
        [said("5.0", "U01", "a", reactions=7, files={"x": 1}, edited=[], blocks="b", pinned_to=3,
              attachments=[1], user_profile=4)],
        {"detail": 6},
    ),
    "details of details": (
        [said("5.0", "U01", "a", reactions=[{"name": 1}, {}, 5], files=[{"id": "../../x"}])],
        {"detail": 4},
    ),
    "many reactions": (
        [said("5.0", "U01", "a", reactions=[
            {"name": "+1", "users": [f"U{n}" for n in range(10_000)], "count": 10_000}])],
        {"reaction_people": 10_000},
    ),
    "kinds of reactions": (
        [said("5.0", "U01", "a", reactions=[
            {"name": f"clock{hour}{half}", "users": ["U01"], "count": 1}
            for hour in range(1, 13) for half in ("", "30")])],
        {"reaction_kinds": 4},
    ),
    "long": ([said("5.0", "U01", "word " * 6000)], {"long": 1}),
    "endless": ([said("5.0", "U01", "x" * 400_000)], {"cut": 1, "long": 1}),
    "nothing to see": ([said("5.0", "U01", "\0\u200b"), said("6.0", "U01", "")], {"empty": 2}),
    "strangers": (
        [said(f"{number}.0", f"X{number}", "x") for number in range(1, 26)],
        {"strangers": 5, "author": 20},
    ),
    "odd ids": ([said("5.0", "U\0<b>", "a"), said("6.0", "é" * 300, "b")], {"author": 1}),
}  # fmt: skip


@pytest.mark.parametrize("case", HARM)
def test_harm_in_a_day_is_counted_and_the_rest_comes(case, bring, monkeypatch):
    monkeypatch.setattr(moving, "MOST_STRANGERS", 20)
    content, expected = HARM[case]
    entries = of_one_channel() | {
        "general/2023-11-14.json": content,
        "general/2023-11-15.json": [said("1700000000.0", "U01", "still here")],
    }
    done = bring(entries)
    found = lost(done)
    assert {kind: found.get(kind) for kind in expected} == expected
    assert {*found} <= {*expected, "author", "name", "root"}
    assert bodies(Room.objects.get())[-1] == "still here"
    assert max(len(body) for body in bodies(Room.objects.get())) <= Message.BODY_LENGTH


@pytest.mark.parametrize("content", [b"", b"{}", b'"x"', b"[[]]", b'[{"id": 5}, {"id": "../x"}]'])
@pytest.mark.parametrize("name", ["users.json", "dms.json"])
def test_harm_in_a_list_costs_that_list(bring, name, content):
    done = bring(of_one_channel(said("5.0", "U01", "hi")) | {name: content})
    assert bodies(Room.objects.get()) == ["hi"]
    assert done["rooms"][0]["messages"] == 1


def test_names_made_to_harm_are_cleaned(bring):
    evil = channel("C09", "e\x1b[31m\0vil" + "x" * 90, topic="t" * 900 + "\0")
    entries = of_one_channel(channels_json=[evil], users_json=[person("U01", "a", "A\0\u202eb")])
    entries |= {f"{evil['name']}/2023-11-14.json": [said("5.0", "U01", "hi", pinned_to=["C09"])]}
    entries |= {"C09/2023-11-14.json": [said("5.0", "U01", "hi", pinned_to=["C09"])]}
    done = bring(entries)
    assert "\x1b" not in json.dumps(done)
    room = Room.objects.get()
    assert len(room.name) <= 60
    assert len(room.topic) == 250
    assert Message.objects.get().author.name == "Ab"


def entry(name: str, mode: int = stat.S_IFREG, flag: int = 0) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.external_attr, info.flag_bits = (mode | 0o644) << 16, flag
    return info


@pytest.mark.parametrize(
    ("info", "why"),
    [
        (entry("../../etc/passwd"), "leads out of the archive"),
        (entry("/etc/passwd"), "leads out of the archive"),
        (entry("general\\..\\x"), "leads out of the archive"),
        (entry("C:/x"), "leads out of the archive"),
        (entry("general/link", stat.S_IFLNK), "neither a file nor a folder"),
        (entry("general/pipe", stat.S_IFIFO), "neither a file nor a folder"),
        (entry("users.json"), "the same name"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_made_to_harm_are_refused(archive, info, why):
    path = archive()
    with zipfile.ZipFile(path, "a") as more:
        more.writestr(info, b"x")
    with pytest.raises(CommandError, match=f"Not imported. .*{why}"):
        run("importslack", path)
    assert not Room.objects.exists()


def test_what_is_no_export_is_refused(tmp_path, archive):
    for content in (b"", b"PK\5\6" + b"\0" * 18, b"no zip at all", b"PK\3\4" * 9000):
        (tmp_path / "other.zip").write_bytes(content)
        with pytest.raises(CommandError, match="Not imported"):
            run("importslack", str(tmp_path / "other.zip"))
    with pytest.raises(CommandError, match="There is no "):
        run("importslack", str(tmp_path / "nowhere.zip"))
    with pytest.raises(CommandError, match="no export of Slack"):
        run("importslack", archive({"readme.txt": b"hi"}))


def test_bombs_and_crowds_are_refused_before_they_are_read(archive, monkeypatch):
    monkeypatch.setattr(reader, "HARMLESS_BYTES", 1_000_000)
    with pytest.raises(CommandError, match="times as large"):
        run("importslack", archive(sample() | {"general/2024-01-01.json": b" " * 3_000_000}))
    monkeypatch.setattr(reader, "DIRECTORY_BYTES", 500)
    with pytest.raises(CommandError, match="more entries"):
        run("importslack", archive())


def test_a_day_that_is_too_large_is_left_out(bring, monkeypatch):
    monkeypatch.setattr(reader, "JSON_BYTES", 2000)
    day = [said(f"{number}.0", "U01", "x" * 100) for number in range(1, 50)]
    done = bring(of_one_channel(users_json=PEOPLE[:1]) | {"general/2023-11-13.json": day})
    assert lost(done)["day"] == 1


def test_of_a_crowd_in_one_day_only_so_many_are_read(bring, monkeypatch):
    monkeypatch.setattr(reader, "MOST_A_DAY", 2)
    done = bring(of_one_channel(*[said(f"{number}.0", "U01", "hi") for number in range(1, 6)]))
    assert (Message.objects.count(), lost(done)) == (2, {"crowd": 3})


def test_a_file_comes_once_however_often_it_is_named(bring):
    found = {"files": [{"id": NOTES, "name": "b.txt"}]}
    entries = of_one_channel(said("1.0", "U01", "a", **found), said("2.0", "U01", "b", **found))
    done = bring(entries | {f"general/attachments/{NOTES}-b.txt": b"notes"})
    assert lost(done) == {"file_twice": 1}
    assert len(stored_files()) == 1
    assert "📎 b.txt" in Message.objects.latest("pk").body


def test_files_that_are_broken_or_too_large_are_named(archive, settings):
    settings.MAX_FILE_BYTES = 20_000
    found = [{"id": PHOTO, "name": "a.png"}, {"id": NOTES, "name": "b.txt"}]
    entries = of_one_channel(said("5.0", "U01", "here", files=found))
    path = archive(entries | {f"__uploads/{PHOTO}/a.png": b"x" * 20_001})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as more:
        more.writestr(f"general/attachments/{NOTES}-b.txt", b"whole and sound")
    Path(path).write_bytes(Path(path).read_bytes().replace(b"whole and sound", b"hole and sound!"))
    done = json.loads(run("importslack", path, "--json"))
    assert lost(done) == {"file_size": 1, "file_broken": 1}
    assert Message.objects.get().body.count("📎") == 2
    assert stored_files() == []
