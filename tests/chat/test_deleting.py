"""Taking back what one has said, or as a moderator what another has."""

import pytest

from chat.models import Membership, Room
from chat.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


async def test_everybody_sees_a_tombstone_and_nobody_the_words(tab_of, says, alice, bob, room):
    message = await says(bob, room, "Oh no, a secret")
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    ack = await his.ask("delete_message", id=message.pk)
    told = await hers.receive("message_changed")
    assert ack["revision"] == told["revision"] == 2
    assert told["message"]["deleted"] is True
    assert "body" not in told["message"]
    assert "secret" not in str(told)
    await in_thread(message.refresh_from_db)
    assert (message.body, message.html) == ("", "")


async def test_a_member_does_not_delete_the_words_of_another(tab_of, says, alice, bob, room):
    message = await says(alice, room, "Mine")
    his = await tab_of(bob, room)
    assert (await his.ask("delete_message", id=message.pk))["code"] == "not_allowed"


async def test_a_moderator_does(tab_of, says, alice, bob, room):
    message = await says(alice, room, "Mine")
    await in_thread(room.set_role, alice, bob, Membership.Role.MODERATOR)
    his = await tab_of(bob, room)
    assert (await his.ask("delete_message", id=message.pk))["type"] == "ack"


async def test_a_moderator_of_another_room_does_not(tab_of, says, alice, bob, room):
    message = await says(alice, room, "Mine")
    await in_thread(Room.create, bob, "A room of his own")
    his = await tab_of(bob, room)
    assert (await his.ask("delete_message", id=message.pk))["code"] == "not_allowed"


async def test_twice_is_once(tab_of, says, alice, room):
    message = await says(alice, room, "Hello")
    hers = await tab_of(alice, room)
    assert (await hers.ask("delete_message", id=message.pk))["type"] == "ack"
    assert (await hers.ask("delete_message", id=message.pk))["code"] == "not_found"
    await in_thread(room.refresh_from_db)
    assert room.revision == 2


async def test_the_room_s_newest_message_is_the_one_before(tab_of, says, alice, room):
    first, second = await says(alice, room, "First"), await says(alice, room, "Second")
    hers = await tab_of(alice, room)
    await hers.ask("delete_message", id=second.pk)
    await in_thread(room.refresh_from_db)
    assert room.last_message_id == first.pk
