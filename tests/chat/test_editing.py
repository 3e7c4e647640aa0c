"""Changing what one has said."""

import pytest

from chat.models import Membership
from chat.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


async def test_everybody_sees_the_change_in_the_order_of_revisions(tab_of, says, alice, bob, room):
    message = await says(alice, room, "Helo")
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    ack = await hers.ask("edit_message", id=message.pk, body="*Hello*")
    told = await his.receive("message_changed")
    assert ack["revision"] == told["revision"] == told["message"]["revision"] == 2
    assert told["message"]["id"] == message.pk
    assert told["message"]["body"] == "*Hello*"
    assert "<em>Hello</em>" in told["message"]["html"]
    assert told["message"]["edited_at"] is not None
    assert told["message"]["deleted"] is False


async def test_nobody_edits_the_words_of_another(tab_of, says, alice, bob, room):
    message = await says(bob, room, "My words")
    hers = await tab_of(alice, room)  # who owns the room
    error = await hers.ask("edit_message", id=message.pk, body="Your words")
    assert error["code"] == "not_allowed"
    await in_thread(message.refresh_from_db)
    assert (message.body, message.revision) == ("My words", 1)


@pytest.mark.parametrize(("body", "code"), [(" ", "empty"), ("a" * 10_001, "too_long")])
async def test_a_change_is_held_to_what_a_new_message_is(tab_of, says, alice, room, body, code):
    message = await says(alice, room, "Hello")
    hers = await tab_of(alice, room)
    assert (await hers.ask("edit_message", id=message.pk, body=body))["code"] == code


async def test_what_is_deleted_is_not_to_be_changed(tab_of, says, alice, room):
    message = await says(alice, room, "Hello")
    await in_thread(message.remove, alice)
    hers = await tab_of(alice, room)
    assert (await hers.ask("edit_message", id=message.pk, body="Again"))["code"] == "not_found"


async def test_in_an_archived_room_one_may_take_back_but_not_reword(tab_of, says, alice, room):
    message = await says(alice, room, "Hello")
    await in_thread(room.archive, alice)
    hers = await tab_of(alice, room)
    assert (await hers.ask("edit_message", id=message.pk, body="Again"))["code"] == "archived"
    assert (await hers.ask("delete_message", id=message.pk))["type"] == "ack"


async def test_who_has_left_edits_no_more(tab_of, says, bob, room):
    message = await says(bob, room, "Hello")
    await in_thread(room.leave, bob)
    his = await tab_of(bob)
    assert (await his.ask("edit_message", id=message.pk, body="Again"))["code"] == "not_found"
    assert not await in_thread(Membership.objects.filter(user=bob).exists)
