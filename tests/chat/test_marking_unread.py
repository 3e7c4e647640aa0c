"""Going back to read again, and being done with everything; all tabs of a person agree."""

import pytest

from chat.models import Room
from chat.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_message_and_what_follows_is_unread_again(tab_of, says, alice, bob, room):
    await says(alice, room, "first")
    second = await says(alice, room, "second, @bob")
    third = await says(alice, room, "third")
    his, elsewhere = await tab_of(bob, room), await tab_of(bob)
    await his.ask("mark_read", room=room.slug, id=third.pk)
    assert "unread" not in await elsewhere.receive("read")
    assert (await his.ask("mark_unread", room=room.slug, id=second.pk))["type"] == "ack"
    told = await elsewhere.receive("read", id=second.pk - 1)
    assert (told["unread"], told["mentions"], told["back"]) == (True, 1, True)
    (mine,) = await in_thread(Room.objects.sidebar_for, bob)
    assert (mine.unread, mine.mentions_unread) == (True, 1)


async def test_only_what_is_in_the_room_can_be_unread(tab_of, says, alice, bob, charlie, room):
    message = await says(alice, room, "here")
    hers = await tab_of(charlie)
    assert (await hers.ask("mark_unread", room=room.slug, id=message.pk))["code"] == "not_found"
    his = await tab_of(bob)
    assert (await his.ask("mark_unread", room=room.slug, id=message.pk + 1))["code"] == "not_found"


async def test_everything_is_read_at_once(tab_of, says, alice, bob, room, open_room):
    root = await says(bob, room, "a thread")
    await says(alice, room, "in it", thread=root.pk)
    for one in (room, open_room):
        await says(alice, one, "news, @bob")
    his, elsewhere = await tab_of(bob, room), await tab_of(bob)
    await his.ask("mark_all_read")
    await elsewhere.receive("all_read")
    rooms = await in_thread(Room.objects.sidebar_for, bob)
    assert [one.unread for one in rooms] == [False, False]
    assert not await in_thread(lambda: bob.threads.unread().exists())
    assert {one.unread for one in await in_thread(Room.objects.sidebar_for, alice)} == {True}
