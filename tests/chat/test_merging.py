"""One room becomes part of another: nothing is lost, and links to it go on working."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone

from chat import limits, rendering, search
from chat.errors import NotAllowed, NotFound
from chat.models import Decision, Membership, Message, Origin, Report, Room, Scheduled
from chat.models.carrying import Entry
from chat.models.pruning import Pruning
from chat.threads import in_thread
from tests.commands import run

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(new_user):
    return new_user("root", is_superuser=True)


@pytest.fixture
def rooms(alice, bob, charlie, root, monkeypatch):
    """ "Attic" of alice and bob, and "Loft" of alice and charlie. Moved two at a time."""
    monkeypatch.setattr(Pruning, "AT_ONCE", 2)
    with limits.lifted():
        attic, loft = Room.create(alice, "Attic"), Room.create(alice, "Loft")
        attic.admit(bob)
        loft.admit(charlie)
        for number in range(5):
            attic.post(bob, f"attic {number}")
            loft.post(charlie, f"loft {number}")
    return attic, loft


def merge(*more: str) -> str:
    return run("mergerooms", "attic", "loft", "--yes", *more)


def texts(room) -> list[str]:
    return list(room.messages.in_main().order_by("pk").values_list("body", flat=True))


class TestMessages:
    def test_stand_in_the_order_of_time(self, rooms):
        _attic, loft = rooms
        merge()
        both = [f"{name} {number}" for number in range(5) for name in ("attic", "loft")]
        assert texts(loft) == both
        assert not Room.objects.filter(slug="attic").exists()

    def test_take_the_next_revisions_in_the_order_of_their_changes(self, rooms, bob):
        attic, loft = rooms
        with limits.lifted():
            attic.messages.first().edit(bob, "changed last")
        merge()
        loft.refresh_from_db()
        assert loft.revision == 10
        revisions = loft.messages.order_by("revision").values_list("revision", flat=True)
        assert list(revisions) == list(range(1, 11))

    def test_keep_their_threads_answers_and_what_else_is_on_them(self, rooms, alice, bob):
        attic, loft = rooms
        first = attic.messages.order_by("pk").first()
        with limits.lifted():
            inside = attic.post(alice, "in the thread", thread=first.pk)
            answer = attic.post(alice, "an answer", reply_to=first.pk)
            first.react(alice, "🏮")
            Report.file(alice, message=first, reason="other")
        merge()
        for message in (first, inside, answer):
            message.refresh_from_db()
            assert message.room == loft
        assert (inside.thread, answer.reply_to) == (first, first)
        assert (first.thread_count, first.reaction_tally[0]["count"]) == (1, 1)
        assert Report.objects.get().room == loft

    def test_come_with_however_long_a_thread(self, room, long_thread, alice, root):
        with limits.lifted():
            long_thread.edit(alice, "Names for the boat, @bob?")
            loft = Room.create(alice, "Loft", kind="private")
        run("mergerooms", room.slug, loft.slug, "--yes", "--publish")
        assert loft.messages.filter(thread=long_thread).count() == 1600
        assert loft.mentions.get().message == long_thread

    def test_are_found_in_their_new_room(self, rooms):
        _attic, loft = rooms
        merge()
        newest = Message.objects.latest("pk").pk
        steps = search.newest([{search.in_room(loft.pk)}, {"attic"}], 0, newest + 1)
        assert len([pk for ids, _below in steps for pk in ids]) == 5

    def test_that_came_from_elsewhere_are_known_by_their_keys(self, rooms, bob, root):
        then = timezone.now() - timedelta(days=9)
        keys = (("1", "2"), ("2", "3"))
        for room, both in zip(rooms, keys, strict=True):
            entries = [Entry(key, bob, then, key) for key in both]
            assert [*Origin.into(room, root, "elsewhere").carry_in(entries)]
            then += timedelta(days=1)
        merge()
        origin = rooms[1].origins.get()
        assert {*origin.carried.values_list("key", flat=True)} > {"1", "2", "3"}
        assert origin.carried.exclude(message=None).count() == 4
        assert origin.until - origin.since == timedelta(days=1)

    def test_that_waited_to_be_sent_are_sent_there(self, rooms, alice, work):
        attic, loft = rooms
        from datetime import timedelta

        from django.utils import timezone

        with limits.lifted():
            Scheduled.create(attic, alice, "later", timezone.now() + timedelta(hours=1))
        merge()
        assert Scheduled.objects.get().room == loft


class TestPeople:
    def test_come_along_as_plain_members(self, rooms, alice, bob, charlie):
        attic, loft = rooms
        Membership.objects.filter(room=attic, user=bob).update(role="owner")
        merge()
        assert {one.user.username: one.role for one in loft.memberships.all()} == {
            "alice": "owner",
            "bob": "member",
            "charlie": "member",
        }
        loft.refresh_from_db()
        assert loft.members_count == 3

    def test_have_nothing_unread_who_had_read_everything(self, rooms, alice, bob, charlie):
        attic, loft = rooms
        with limits.lifted():
            newest = attic.post(bob, "the newest of both")
        for room, person in ((attic, alice), (attic, bob), (loft, alice), (loft, charlie)):
            room.refresh_from_db()
            room.membership_of(person).read_up_to(room.last_message_id)
        merge()
        loft.refresh_from_db()
        assert loft.last_message_id == newest.pk
        assert set(loft.memberships.values_list("last_read", flat=True)) == {newest.pk}

    def test_have_unread_what_they_had_not_read(self, rooms, alice, bob):
        attic, loft = rooms
        loft.refresh_from_db()
        loft.membership_of(alice).read_up_to(loft.last_message_id)
        with limits.lifted():
            newest = attic.post(bob, "not read by alice")
        merge()
        assert loft.membership_of(alice).last_read < newest.pk
        assert loft.membership_of(bob).last_read < newest.pk

    def test_find_what_they_had_begun_to_write_in_either(self, rooms, alice, bob, charlie):
        attic, loft = rooms
        question = attic.messages.first()
        loft.admit(bob)
        attic.membership_of(alice).save_draft("in the attic", question.pk)
        loft.membership_of(alice).save_draft("in the loft")
        attic.membership_of(bob).save_draft("only in the attic")
        merge()
        drafts = {person: loft.membership_of(person).draft_or_none for person in (alice, bob)}
        assert drafts[alice].body == "in the loft\n\nin the attic"
        assert drafts[alice].reply_to == question
        assert drafts[bob].body == "only in the attic"

    def test_do_not_come_where_they_are_banned(self, rooms, alice, bob):
        _attic, loft = rooms
        loft.ban(alice, bob, reason="other")
        merge()
        assert loft.membership_of(bob) is None

    def test_find_the_room_by_its_old_address(self, rooms, alice, client_of):
        _attic, loft = rooms
        merge()
        pk = loft.messages.first().pk
        answer = client_of(alice).get(f"/rooms/attic/?around={pk}")
        assert answer.headers["Location"] == f"/rooms/loft/?around={pk}"
        with limits.lifted():
            other = Room.create(alice, "Attic")
        assert other.slug != "attic"

    def test_from_outside_do_not_learn_where_a_private_room_went(self, room, alice, root):
        with limits.lifted():
            secret = Room.create(alice, "Secret", kind="private")
        run("mergerooms", room.slug, secret.slug, "--yes", "--publish")
        with pytest.raises(NotFound):
            secret.membership_or_error(root)


class TestDecisions:
    @pytest.fixture
    def removed(self, rooms, alice, bob):
        """A message of bob's in the attic, which alice took away."""
        message = rooms[0].messages.order_by("pk").first()
        with limits.lifted():
            message.remove(alice, reason="other")
        return message

    def test_are_taken_back_where_the_message_is_now(self, rooms, removed, alice, client_of):
        _attic, loft = rooms
        merge()
        removed.refresh_from_db()
        page = client_of(alice).get(f"/rooms/loft/?around={removed.pk}").content.decode()
        link = f"moderation/decisions/{removed.removed['id']}/reverse/"
        assert f'href="{link}"' in page
        answer = client_of(alice).post(loft.get_absolute_url() + link, {"words": "It was fine"})
        assert answer.headers["Location"] == "/rooms/loft/moderation/"
        removed.refresh_from_db()
        assert removed.body == "attic 0"
        assert [one.names["room"] for one in loft.log.order_by("pk")] == ["Attic", "Loft"]

    def test_are_appealed_and_answered_there(self, rooms, removed, alice, bob, charlie):
        attic, loft = rooms
        decision = attic.decisions.get()
        merge()
        appeal = Decision.objects.get(pk=decision.pk).appeal_by(bob, "It was fine")
        loft.refresh_from_db()
        assert loft.waiting_for(alice) == 1
        with pytest.raises(NotAllowed):
            appeal.grant(charlie)
        appeal.grant(alice)
        loft.refresh_from_db()
        assert loft.waiting_for(alice) == 0
        assert loft.messages.visible().filter(pk=removed.pk).exists()

    def test_wait_where_they_are_now(self, rooms, removed, alice, bob):
        attic, loft = rooms
        with limits.lifted():
            attic.decisions.get().appeal_by(bob, "It was fine")
        merge()
        loft.refresh_from_db()
        assert (loft.waiting, loft.waiting_for(alice)) == (1, 1)

    def test_about_how_the_room_was_run_are_over(self, rooms, alice, bob, root):
        attic, loft = rooms
        attic.slow_down(alice, 60)
        attic.lock(alice)
        attic.set_role(alice, bob, "owner")
        attic.set_role(alice, bob, "member")
        over = list(attic.decisions.all())
        merge()
        for decision in over:
            with pytest.raises(NotAllowed):
                Decision.objects.get(pk=decision.pk).reverse(root)
        loft.refresh_from_db()
        assert (loft.slow_seconds, loft.locked_at) == (0, None)
        assert loft.membership_of(bob).role == "member"

    def test_are_found_however_often_rooms_become_one(self, removed, alice):
        with limits.lifted():
            house = Room.create(alice, "House")
        merge()
        run("mergerooms", "loft", "house", "--yes")
        removed.refresh_from_db()
        removed.restore(alice)
        assert house.messages.get(pk=removed.pk).body == "attic 0"


class TestRefusals:
    def test_of_what_would_open_a_private_room(self, room, open_room, root):
        with pytest.raises(CommandError, match="--publish"):
            run("mergerooms", room.slug, open_room.slug, "--yes")
        run("mergerooms", room.slug, open_room.slug, "--yes", "--publish")
        assert not Room.objects.filter(pk=room.pk).exists()

    def test_of_what_would_show_either_room_to_more_people(self, room, alice, bob, charlie, root):
        with limits.lifted():
            other = Room.create(alice, "Cellar", kind="private")
        # bob would read what is said in the other one.
        with pytest.raises(CommandError, match="--publish"):
            run("mergerooms", room.slug, other.slug, "--yes")
        other.admit(bob)
        other.admit(charlie)
        with pytest.raises(CommandError, match="--publish"):
            run("mergerooms", room.slug, other.slug, "--yes")
        room.admit(charlie)
        run("mergerooms", room.slug, other.slug, "--yes")
        assert not Room.objects.filter(pk=room.pk).exists()

    def test_of_a_room_into_itself_or_a_conversation(self, rooms, alice, bob):
        direct = Room.between(alice, [bob])
        for pair in (("attic", "attic"), (direct.slug, "attic"), ("attic", direct.slug)):
            with pytest.raises(CommandError, match="no direct conversations"):
                run("mergerooms", *pair, "--yes")

    def test_of_who_may_not(self, rooms):
        with pytest.raises(CommandError, match="may not"):
            merge("--by", "alice")
        assert Room.objects.count() == 2


class TestSteps:
    def test_what_is_broken_off_goes_on(self, rooms, root, bob):
        attic, loft = rooms
        steps = attic.merge_into(root, loft)
        assert next(steps) == 2
        steps.close()
        assert (attic.messages.count(), loft.messages.count()) == (3, 7)
        with limits.lifted():
            attic.post(bob, "meanwhile")
        merge()
        assert loft.messages.count() == 11
        loft.refresh_from_db()
        assert loft.revision == 11

    def test_nothing_moves_in_a_dry_run(self, rooms):
        done = json.loads(run("mergerooms", "attic", "loft", "--dry-run", "--json"))
        assert (done["messages"], done["members"]) == (5, 2)
        assert Message.objects.filter(room=rooms[0]).count() == 5


@pytest.mark.django_db(transaction=True)
class TestOpenBrowsers:
    async def test_go_along(self, rooms, bob, charlie, tab_of):
        attic, loft = rooms
        theirs, others = await tab_of(bob, attic), await tab_of(charlie, loft)
        await in_thread(merge)
        assert (await theirs.receive("room_moved"))["to"] == "loft"
        await theirs.receive("removed_from_room", room="attic")
        await theirs.receive("added_to_room", room="loft")
        await others.receive("resync", room="loft")
        changes = await others.ask("sync", room="loft", since=5)
        assert [message["revision"] for message in changes["messages"]] == [6, 7, 8, 9, 10]
        assert {message["body"][:5] for message in changes["messages"]} == {"attic"}


def test_a_message_is_drawn_anew_in_the_room_it_came_to(room, open_room, alice):
    """Its revision there may be one that it had here, when it said something else."""
    message = room.post(alice, "A secret")
    assert "A secret" in rendering.fragment(message)
    Message.objects.filter(pk=message.pk).update(room=open_room, html="<p>Nothing</p>")
    moved = Message.objects.with_author().get(pk=message.pk)
    assert moved.revision == message.revision
    assert "A secret" not in rendering.fragment(moved)
