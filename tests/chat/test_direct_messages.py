"""Conversations of a few people: found or made once, hidden and back, and to whom one may write."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import IntegrityError, connections

from accounts.models import User
from chat.errors import NotAllowed, NotFound, TooFast
from chat.models import Block, Invitation, Membership, Room
from chat.threads import in_thread
from tests.sockets import post

pytestmark = pytest.mark.django_db(transaction=True)

HEARS = User.HearsFrom


def hears_from(person, who: str) -> None:
    person.hears_from = who
    person.save(update_fields=["hears_from"])


def listed(person) -> list[Room]:
    return [room for room in Room.objects.sidebar_for(person) if room.is_direct]


# One for each set of people ---------------------------------------------------------------------


def test_a_conversation_is_found_again_from_either_side(alice, bob, charlie):
    room = Room.between(alice, [bob])
    assert Room.between(bob, [alice]) == Room.between(alice, [bob, alice]) == room
    assert Room.between(alice, [bob, charlie]) == Room.between(charlie, [alice, bob]) != room
    assert room.members_count == room.memberships.count() == 2
    assert not room.memberships.exclude(role=Membership.Role.MEMBER).exists()


def test_two_who_begin_at_the_same_moment_meet_in_one(alice, bob):
    start = threading.Barrier(8)

    def begin(number: int) -> int:
        me, other = (alice, bob) if number % 2 else (bob, alice)
        try:
            start.wait(30)
            return Room.between(me, [other]).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(begin, range(8)))) == 1
    room = Room.objects.get(kind=Room.Kind.DIRECT)
    assert sorted(room.members.values_list("pk", flat=True)) == sorted([alice.pk, bob.pk])
    assert listed(alice) == listed(bob) == [room]


def test_the_database_knows_no_twins(alice, bob):
    room = Room.between(alice, [bob])
    with pytest.raises(IntegrityError):
        Room.objects.create(kind="direct", slug="twin", people_key=room.people_key)
    with pytest.raises(IntegrityError):
        Room.objects.create(kind="direct", slug="of-nobody")


def test_a_conversation_with_oneself_is_for_notes(alice):
    room = Room.between(alice, [])
    assert Room.between(alice, [alice]) == room
    assert room.post(alice, "Buy tea").room == room
    assert room.seen_by(alice).title == "Your notes"


def test_it_is_called_after_the_others(alice, bob, charlie):
    room = Room.between(alice, [bob, charlie])
    titles = [room.seen_by(person).title for person in (alice, bob, charlie)]
    assert titles == ["bob, charlie", "alice, charlie", "alice, bob"]
    twice = Room.introduce([Room.objects.get(pk=room.pk) for _ in range(2)], alice)
    assert [one.title for one in twice] == ["bob, charlie"] * 2


def test_more_than_ten_are_a_room(alice, new_user):
    people = [new_user(f"person{number}") for number in range(10)]
    with pytest.raises(NotAllowed, match="10"):
        Room.between(alice, people)
    assert Room.between(alice, people[:9]).members_count == 10


def test_one_can_only_begin_so_many(alice, bob, charlie, limit):
    limit(conversation="1 per hour")
    room = Room.between(alice, [bob])
    with pytest.raises(TooFast):
        Room.between(alice, [charlie])
    assert Room.between(alice, [bob]) == room


# Nobody comes in, nobody runs it ----------------------------------------------------------------


def test_nobody_comes_in_and_nobody_runs_it(alice, bob, charlie, admin_user):
    room = Room.between(admin_user, [bob])
    assert room not in Room.objects.visible_to(charlie)
    with pytest.raises(NotFound):
        room.join(charlie)
    with pytest.raises(NotFound):
        room.post(charlie, "Hello")
    for verb in (
        lambda: Invitation.create(room, admin_user),
        lambda: room.add_member(admin_user, charlie),
        lambda: room.remove_member(admin_user, bob),
        lambda: room.set_role(admin_user, bob, "owner"),
        lambda: room.archive(admin_user),
        lambda: room.edit(admin_user, name="Ours", topic="", kind="public", guests_allowed=True),
    ):
        with pytest.raises(NotAllowed):
            verb()
    assert room.memberships.count() == 2


# Hidden, and back -------------------------------------------------------------------------------


def test_others_have_it_on_their_lists_from_the_first_message_on(alice, bob):
    room = Room.between(alice, [bob])
    assert (listed(alice), listed(bob)) == ([room], [])
    room.post(alice, "Hello")
    (theirs,) = listed(bob)
    assert theirs == room and theirs.unread and theirs.title == "alice"


def test_who_hides_it_has_it_back_with_the_next_message(alice, bob):
    room = Room.between(alice, [bob])
    room.post(alice, "Hello")
    room.leave(bob)
    assert (listed(alice), listed(bob)) == ([room], [])
    assert room.membership_of(bob)
    room.post(alice, "Are you there?")
    assert listed(bob) == [room]
    room.leave(bob)
    assert Room.between(bob, [alice]) == room
    assert listed(bob) == [room]


def test_a_guest_who_goes_stays_in_what_was_said(alice, guest, open_room):
    open_room.admit(guest)
    room = Room.between(alice, [guest])
    guest.deactivate()
    assert room.seen_by(alice).title == "Wanderer"
    with pytest.raises(NotAllowed, match="Wanderer"):
        room.post(alice, "Still there?")


# Who may write to whom --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "near", "far"),
    [(HEARS.EVERYONE, True, True), (HEARS.NEAR, True, False), (HEARS.NOBODY, False, False)],
)
def test_who_may_write_is_as_one_has_set_it(alice, bob, charlie, room, setting, near, far):
    hears_from(alice, setting)
    for person, may in ((bob, near), (charlie, far)):
        assert User.objects.open_to(person).filter(pk=alice.pk).exists() is may
        if may:
            assert Room.between(person, [alice])
        else:
            with pytest.raises(NotAllowed, match="alice cannot be written to directly"):
                Room.between(person, [alice])


def test_writing_to_each_other_is_not_yet_sharing_a_room(alice, bob):
    Room.between(alice, [bob])
    hears_from(alice, HEARS.NEAR)
    assert not User.objects.open_to(bob).filter(pk=alice.pk).exists()


def test_guests_write_and_are_written_to_where_they_share_a_room(alice, charlie, guest, open_room):
    open_room.admit(guest)
    assert Room.between(guest, [alice]) == Room.between(alice, [guest])
    for me, other in ((guest, charlie), (charlie, guest)):
        with pytest.raises(NotAllowed):
            Room.between(me, [other])


def test_whoever_was_written_to_may_answer(alice, bob):
    hears_from(alice, HEARS.NOBODY)
    room = Room.between(alice, [bob])
    with pytest.raises(NotAllowed):
        room.post(bob, "You wanted to write?")
    room.post(alice, "Hello")
    assert room.post(bob, "Hello")


# Blocking ---------------------------------------------------------------------------------------


@pytest.fixture
def blocked(alice, bob):
    """The conversation of alice and bob, whom she has blocked since."""
    room = Room.between(bob, [alice])
    room.post(alice, "Hello")
    room.message = room.post(bob, "Hello")
    Block.put(alice, bob)
    return room


def test_the_blocked_one_is_refused_in_the_words_of_who_hears_from_nobody(
    blocked, alice, bob, charlie
):
    for verb in (
        lambda: blocked.post(bob, "Why?"),
        lambda: blocked.message.edit(bob, "Why?"),
        lambda: blocked.message.react(bob, "👋"),
        lambda: Room.between(bob, [alice, charlie]),
    ):
        with pytest.raises(NotAllowed) as refusal:
            verb()
        assert str(refusal.value) == "alice cannot be written to directly."
    assert Room.between(bob, [alice]) == blocked, "What was said is still there to read"


def test_who_blocks_is_told_so_when_writing(blocked, alice):
    with pytest.raises(NotAllowed, match="You have blocked bob"):
        blocked.post(alice, "One more thing")


def test_a_block_takes_the_conversation_off_the_list_and_can_be_lifted(blocked, alice, bob):
    assert (listed(alice), listed(bob)) == ([], [blocked])
    Block.put(alice, bob)
    Block.lift(alice, bob)
    blocked.post(bob, "Thank you")
    assert listed(alice) == [blocked]


def test_in_a_group_of_both_the_blocked_one_goes_on(blocked, alice, bob, charlie):
    group = Room.between(charlie, [alice, bob])
    assert group.post(bob, "Hello all")


def test_nobody_blocks_themselves(alice):
    with pytest.raises(NotAllowed):
        Block.put(alice, alice)
    with pytest.raises(IntegrityError):
        Block.objects.create(blocker=alice, blocked=alice)


# On the socket ----------------------------------------------------------------------------------


async def test_the_other_has_it_on_their_list_at_once(tab_of, says, alice, bob):
    hers, his = await tab_of(alice), await tab_of(bob)
    room = await in_thread(Room.between, alice, [bob])
    listed = await hers.receive("added_to_room")
    assert (listed["room"], listed["about"]["name"]) == (room.slug, "bob")
    await his.nothing("added_to_room")
    await says(alice, room, "Hello")
    about = (await his.receive("added_to_room"))["about"]
    assert (about["name"], about["kind"]) == ("alice", "direct")
    assert [person["id"] for person in about["people"]] == [alice.pk]
    assert (await his.receive("new_message"))["message"]["body"] == "Hello"


async def test_it_is_a_room_like_any_other(tab_of, alice, bob):
    room = await in_thread(Room.between, alice, [bob])
    hers, his = await tab_of(alice, room), await tab_of(bob)
    ack = await his.ask("join_room", room=room.slug)
    assert ack["about"]["name"] == "alice"
    await his.ask("send_message", **post(room, "Hello"))
    message = (await hers.receive("new_message"))["message"]
    await hers.ask("react", id=message["id"], emoji="👋", on=True)
    assert (await his.receive("message_changed"))["message"]["reactions"]
    await hers.send("typing_start", room=room.slug)
    assert (await his.receive("typing_indicator_update"))["users"][0]["name"] == "alice"


async def test_an_outsider_finds_nothing(tab_of, says, alice, bob, charlie, admin_user):
    room = await in_thread(Room.between, alice, [bob])
    message = await says(alice, room, "Hello")
    for person in (charlie, admin_user):
        theirs = await tab_of(person)
        for frame in (
            {"type": "join_room", "room": room.slug},
            {"type": "sync", "room": room.slug, "since": 0},
            {"type": "mark_read", "room": room.slug, "id": message.pk},
            {"type": "react", "id": message.pk, "emoji": "👋", "on": True},
            {"type": "edit_message", "id": message.pk, "body": "Mine"},
            {"type": "delete_message", "id": message.pk},
            {"type": "send_message", **post(room)},
        ):
            assert (await theirs.ask(**frame))["code"] == "not_found"
        await says(alice, room, "More")
        await theirs.nothing("new_message", "added_to_room")


async def test_a_blocked_post_is_refused_and_delivered_to_nobody(tab_of, blocked, alice, bob):
    hers, his = await tab_of(alice), await tab_of(bob, blocked)
    refusal = await his.ask("send_message", **post(blocked, "Why?"))
    assert refusal["code"] == "not_allowed"
    await hers.nothing("new_message", "added_to_room")


async def test_other_tabs_hear_that_it_was_hidden(tab_of, alice, bob):
    room = await in_thread(Room.between, alice, [bob])
    hers = await tab_of(alice)
    await in_thread(room.leave, alice)
    assert (await hers.receive("room_hidden"))["room"] == room.slug
