"""The site is kept in order: what is wrong is found and mended, what nobody needs goes."""

import json
import os
import time
from datetime import timedelta
from io import StringIO
from xml.etree import ElementTree

import pytest
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.utils import timezone

from chat import limits
from chat.charts import bars, ceiling
from chat.models import Attachment, Membership, Mention, Message, Room, new_poll
from chat.threads import in_thread
from tests.commands import run

pytestmark = pytest.mark.django_db
User = get_user_model()


@pytest.fixture
def said(room, alice, bob):
    """A conversation with a thread, a reaction and a mention."""
    with limits.lifted():
        first = room.post(alice, "Who brings @bob a lantern?")
        room.post(bob, "I do", thread=first.pk)
        first.react(bob, "🏮")
        room.post(alice, "Thanks")
    room.refresh_from_db()
    return first


def check(*arguments: str) -> tuple[int, dict]:
    """The exit code and the answer."""
    out = StringIO()
    try:
        call_command("checkrooms", "--json", *arguments, stdout=out)
    except SystemExit as ended:
        return ended.code, json.loads(out.getvalue())
    return 0, json.loads(out.getvalue())


def codes(*arguments: str) -> list[str]:
    return [fault["code"] for room in check(*arguments)[1]["rooms"] for fault in room["left"]]


def break_revision(room, message):
    Room.objects.filter(pk=room.pk).update(revision=2)


def lose_revision(room, message):
    Room.objects.filter(pk=room.pk).update(revision=20)


def break_members(room, message):
    Room.objects.filter(pk=room.pk).update(members_count=9)


def break_newest(room, message):
    Room.objects.filter(pk=room.pk).update(last_message=message)


def break_thread(room, message):
    Message.objects.filter(pk=message.pk).update(thread_count=7)


def break_reactions(room, message):
    Message.objects.filter(pk=message.pk).update(reaction_tally=[])


def break_mentions(room, message):
    other = Room.objects.create(slug="other", name="Other", name_key="other")
    Mention.objects.update(room=other)


MENDABLE = {
    break_revision: "revision",
    lose_revision: "revision",
    break_members: "members",
    break_newest: "newest",
    break_thread: "thread",
    break_reactions: "reactions",
    break_mentions: "mentions",
}


class TestChecking:
    def test_finds_nothing_where_all_is_well(self, room, said, alice, bob):
        direct = Room.between(alice, [bob])
        with limits.lifted():
            direct.post(alice, "between us").remove(alice)
        assert check() == (
            0,
            {
                "checked": 2,
                "rooms": [{"room": one.slug, "mended": [], "left": []} for one in (room, direct)],
            },
        )
        assert check("--quiet")[1]["rooms"] == []
        assert "in order" in run("checkrooms", "den")

    @pytest.mark.parametrize(("spoil", "code"), MENDABLE.items())
    def test_finds_and_mends(self, room, said, spoil, code):
        spoil(room, said)
        assert check(room.slug)[0] == 3
        assert codes(room.slug) == [code]
        _code, answer = check(room.slug, "--repair")
        assert [fault["code"] for fault in answer["rooms"][0]["mended"]] == [code]
        assert check(room.slug) == (
            0,
            {"checked": 1, "rooms": [{"room": room.slug, "mended": [], "left": []}]},
        )

    def test_mends_what_is_wrong_in_several_ways(self, room, said, alice):
        for spoil in (break_revision, break_members, break_thread, break_reactions, break_newest):
            spoil(room, said)
        assert check(room.slug, "--repair")[0] == 0
        said.refresh_from_db()
        assert said.thread_count == 1
        assert said.reaction_tally[0]["count"] == 1
        with limits.lifted():
            room.post(alice, "and it goes on")

    def test_says_what_only_people_can_mend(self, room, said, bob, alice):
        Membership.objects.filter(room=room).update(role="member")
        Attachment.objects.create(
            author=bob, message=said, name="a.txt", kind="file", size=9, stored="files/lost"
        )
        assert codes(room.slug, "--repair") == ["owner", "file"]

    @pytest.mark.django_db(transaction=True)
    async def test_is_seen_in_open_browsers(self, room, said, bob, tab_of):
        tab = await tab_of(bob, room)
        await in_thread(break_thread, room, said)
        await in_thread(run, "checkrooms", room.slug, "--repair")
        frame = await tab.receive("message_changed")
        assert frame["message"]["id"] == said.pk
        await in_thread(lose_revision, room, said)
        await in_thread(run, "checkrooms", room.slug, "--repair")
        await tab.receive("resync", room=room.slug)
        changes = await tab.ask("sync", room=room.slug, since=5)
        assert changes["pruned_up_to"] == room.last_message_id


class TestGuests:
    @pytest.fixture
    def old_guest(self, guest):
        User.objects.filter(pk=guest.pk).update(date_joined=timezone.now() - timedelta(hours=1))
        return guest

    def test_whose_session_has_ended_leave_and_are_forgotten(self, old_guest):
        done = json.loads(run("pruneguests", "--dry-run", "--json"))
        assert (done["left"], done["deleted"]) == (1, 0)
        assert User.objects.filter(pk=old_guest.pk, is_active=True).exists()
        run("pruneguests")
        assert not User.objects.filter(pk=old_guest.pk).exists()

    def test_who_are_here_stay(self, old_guest, client_of):
        client_of(old_guest).get("/")
        assert Session.objects.exists()
        run("pruneguests")
        assert User.objects.filter(pk=old_guest.pk, is_active=True).exists()

    def test_who_said_something_are_let_go_but_not_forgotten(self, old_guest, open_room):
        open_room.admit(old_guest)
        with limits.lifted():
            open_room.post(old_guest, "I was here")
        run("pruneguests")
        old_guest.refresh_from_db()
        assert not old_guest.is_active
        open_room.refresh_from_db()
        assert open_room.members_count == 2

    @pytest.mark.parametrize(
        "takes_part",
        [
            lambda asked, guest: asked.react(guest, "👍"),
            lambda asked, guest: asked.vote(guest, [0]),
        ],
        ids=["react", "vote"],
    )
    def test_who_only_reacted_or_voted_still_count(self, old_guest, open_room, alice, takes_part):
        open_room.admit(old_guest)
        asked = open_room.post(alice, "Which?", poll=new_poll(["Tea", "Coffee"], several=False))
        takes_part(asked, old_guest)
        run("pruneguests")
        assert codes(open_room.slug) == []
        asked.refresh_from_db()
        assert asked.reactions.count() + asked.votes.count() == 1


class TestUploads:
    def keep(self, name: str, *, days: int) -> str:
        default_storage.save(name, ContentFile(b"12345"))
        then = time.time() - days * 86400
        os.utime(default_storage.path(name), (then, then))
        return name

    @pytest.mark.django_db(transaction=True)
    def test_that_nothing_knows_of_go_after_a_day(self, room, said, alice):
        lost, fresh = self.keep("files/lost", days=2), self.keep("files/fresh", days=0)
        mine, small = self.keep("files/mine", days=2), self.keep("files/mine.webp", days=2)
        lost_face, face = self.keep("avatars/x.webp", days=2), self.keep("avatars/y.webp", days=2)
        User.objects.filter(pk=alice.pk).update(avatar=face)
        Attachment.objects.create(
            author=alice, message=said, name="a", kind="file", size=5, stored=mine, thumbnail=small
        )
        unsent = Attachment.objects.create(
            author=alice, name="b", kind="file", size=5, stored="files/unsent"
        )
        Attachment.objects.filter(pk=unsent.pk).update(created_at=timezone.now() - timedelta(2))
        out = run("pruneuploads", "--dry-run")
        assert out.splitlines()[:2] == [lost, lost_face]
        assert default_storage.exists(lost)
        done = json.loads(run("pruneuploads", "--json"))
        assert (done["unsent"], done["bytes"]) == (1, 10)
        there = [name for name in (lost, lost_face, fresh, mine, small, face)]
        assert [default_storage.exists(name) for name in there] == [False] * 2 + [True] * 4
        assert not Attachment.objects.filter(pk=unsent.pk).exists()

    def test_are_none_where_nothing_was_uploaded(self):
        assert "0 files that were never sent and 0" in run("pruneuploads")


class TestIndex:
    def test_is_made_anew(self, room, said):
        assert "3 messages would be" in run("reindexsearch", "--dry-run")
        assert json.loads(run("reindexsearch", "--json")) == {"messages": 3, "dry_run": False}


class TestStatistics:
    def test_tell_who_said_how_much(self, room, said):
        spans = json.loads(run("roomstats", room.slug, "--days", "3", "--json"))["spans"]
        today = str(timezone.localdate())
        assert spans[-1] == {"start": today, "messages": 3, "people": 2, "replies": 1}
        assert [span["messages"] for span in spans] == [0, 0, 3]

    def test_are_of_all_rooms_but_of_no_conversations(self, room, said, alice, bob):
        with limits.lifted():
            Room.between(alice, [bob]).post(alice, "between us")
        for every in ("day", "week"):
            spans = json.loads(run("roomstats", "--days", "8", "--every", every, "--json"))["spans"]
            assert spans[-1]["messages"] == 3

    def test_are_drawn(self, room, said, tmp_path):
        chart = tmp_path / "den.svg"
        assert "MESSAGES" in run("roomstats", room.slug, "--chart", str(chart))
        drawn = ElementTree.parse(chart).getroot()
        assert len(drawn.findall(".//*[@class='bar']")) == 30
        with pytest.raises(CommandError, match="cannot be written"):
            run("roomstats", "--chart", str(tmp_path / "nowhere" / "den.svg"))

    @pytest.mark.parametrize(("most", "round"), [(0, 4), (4, 4), (5, 8), (21, 40), (999, 2000)])
    def test_have_round_numbers_beside_them(self, most, round):
        assert ceiling(most) == round

    def test_have_titles_that_are_only_text(self):
        drawn = ElementTree.fromstring(bars("<script>&", ["a<b"], [1]))
        assert drawn.find("{*}title").text == "<script>&"
