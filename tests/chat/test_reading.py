"""What one has read, and what is new."""

import pytest

from chat.models import Room
from chat.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


async def last_read(room, user) -> int:
    return (await in_thread(room.membership_of, user)).last_read


async def unread(user) -> list[str]:
    rooms = await in_thread(Room.objects.sidebar_for, user)
    return [room.slug for room in rooms if room.unread]


async def test_a_room_is_unread_until_its_newest_message_is_read(tab_of, says, alice, bob, room):
    message = await says(alice, room, "Hello")
    assert await unread(bob) == [room.slug]
    his = await tab_of(bob, room)
    assert (await his.ask("mark_read", room=room.slug, id=message.pk))["type"] == "ack"
    assert await unread(bob) == []


async def test_the_welcome_tells_which_rooms_are_unread(tab_of, says, alice, bob, room, open_room):
    await in_thread(open_room.join, bob)
    assert (await tab_of(bob)).welcome["unread"] == []
    message = await says(alice, room, "Hello")
    assert (await tab_of(bob)).welcome["unread"] == [room.slug]
    membership = await in_thread(room.membership_of, bob)
    await in_thread(membership.read_up_to, message.pk)
    assert (await tab_of(bob)).welcome["unread"] == []


async def test_the_other_tabs_of_the_person_are_told_and_nobody_else(
    tab_of, says, alice, bob, room
):
    message = await says(alice, room, "Hello")
    first, second, hers = await tab_of(bob), await tab_of(bob), await tab_of(alice, room)
    await first.ask("mark_read", room=room.slug, id=message.pk)
    assert await second.receive("read") == {"type": "read", "room": room.slug, "id": message.pk}
    await hers.nothing("read")


async def test_the_mark_never_goes_back(tab_of, says, alice, bob, room):
    first, second = await says(alice, room, "First"), await says(alice, room, "Second")
    his = await tab_of(bob, room)
    await his.ask("mark_read", room=room.slug, id=second.pk)
    await his.receive("read")
    assert (await his.ask("mark_read", room=room.slug, id=first.pk))["type"] == "ack"
    assert await last_read(room, bob) == second.pk
    await his.nothing("read")


async def test_the_mark_points_only_at_a_visible_message_of_the_room(
    tab_of, says, alice, bob, room, open_room
):
    elsewhere, removed = await says(alice, open_room, "Elsewhere"), await says(alice, room, "Gone")
    await in_thread(removed.remove, alice)
    his = await tab_of(bob, room)
    for wrong in (elsewhere.pk, removed.pk, 2**62):
        assert (await his.ask("mark_read", room=room.slug, id=wrong))["code"] == "not_found"
    assert await last_read(room, bob) == 0


async def test_what_was_said_before_one_came_is_history_not_news(
    tab_of, says, alice, charlie, open_room
):
    await says(alice, open_room, "Long ago")
    await tab_of(charlie, open_room)
    assert await unread(charlie) == []
