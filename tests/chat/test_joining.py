"""Opening a room in a tab, and closing it."""

import pytest

from chat.models import Room
from chat.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


async def test_the_ack_tells_what_the_room_is_and_who_is_here(tab_of, says, alice, bob, room):
    await says(alice, room, "Hello")
    await tab_of(bob, room)
    hers = await tab_of(alice)
    ack = await hers.ask("join_room", room=room.slug)
    assert (ack["room"], ack["revision"], ack["count"]) == (room.slug, 1, 2)
    assert [person["name"] for person in ack["users"]] == ["alice", "bob"]
    assert ack["about"] == {
        "name": "Den",
        "topic": "",
        "kind": "private",
        "guests_allowed": False,
        "archived": False,
        "slow": 0,
        "locked": False,
        "lock_words": "",
    }


async def test_what_changed_since_follows_the_ack(tab_of, says, alice, room):
    for text in ("One", "Two", "Three"):
        await says(alice, room, text)
    hers = await tab_of(alice)
    await hers.ask("join_room", room=room.slug, since=1)
    changes = await hers.receive("changes")
    assert [message["body"] for message in changes["messages"]] == ["Two", "Three"]
    assert changes["revision"] == 3


async def test_without_since_nothing_follows(tab_of, says, alice, room):
    await says(alice, room, "One")
    hers = await tab_of(alice, room)
    await hers.nothing("changes", "resync")


async def test_nothing_falls_between_the_state_and_what_is_told(tab_of, alice, bob, room):
    """Somebody talks all the while; revision by revision, a newcomer knows everything."""
    his = await tab_of(bob, room)
    for number in range(10):
        await his.send("send_message", room=room.slug, body=str(number), nonce=nonce(number))
    hers = await tab_of(alice)
    ack = await hers.ask("join_room", room=room.slug, since=0)
    known = set(range(1, 1 + (await hers.receive("changes"))["revision"]))
    while known != set(range(1, 11)):
        known.add((await hers.receive("new_message"))["revision"])
    assert ack["revision"] in range(11)


async def test_opening_a_public_room_makes_a_member(tab_of, charlie, open_room):
    tab = await tab_of(charlie, open_room)
    assert await in_thread(open_room.membership_of, charlie)
    added = await tab.receive("added_to_room")
    assert (added["room"], added["about"]["name"]) == (open_room.slug, "Garden")


async def test_all_tabs_of_a_new_member_hear_the_room(tab_of, says, alice, charlie, open_room):
    other = await tab_of(charlie)
    await tab_of(charlie, open_room)
    await other.receive("added_to_room")
    await says(alice, open_room, "Welcome")
    assert (await other.receive("new_message"))["room"] == open_room.slug


async def test_a_guest_enters_only_where_guests_may(tab_of, alice, guest, open_room):
    strict = await in_thread(Room.create, alice, "Members only")
    tab = await tab_of(guest, open_room)
    assert (await tab.ask("join_room", room=strict.slug))["code"] == "not_found"


async def test_opening_twice_is_opening_once(tab_of, says, alice, bob, room):
    hers = await tab_of(alice, room, room)
    await says(bob, room, "Hello")
    await hers.receive("new_message")
    await hers.nothing("new_message")


async def test_who_closes_the_room_stays_a_member(tab_of, says, alice, bob, room):
    hers = await tab_of(alice, room)
    assert (await hers.ask("leave_room", room=room.slug))["type"] == "ack"
    assert (await hers.ask("leave_room", room=room.slug))["type"] == "ack"
    await says(bob, room, "Still with us?")
    await hers.receive("new_message")


async def test_a_room_with_a_chinese_name(tab_of, alice):
    room = await in_thread(Room.create, alice, "咖啡 角落")
    hers = await tab_of(alice)
    assert (await hers.ask("join_room", room=room.slug))["about"]["name"] == "咖啡 角落"


def nonce(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012}"
