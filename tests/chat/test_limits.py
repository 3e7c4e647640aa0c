"""How often one person may do a thing, and what they are told."""

import pytest

from chat.threads import in_thread
from tests.sockets import Tab, post, session_of

pytestmark = pytest.mark.django_db(transaction=True)


async def test_who_says_too_much_is_told_when_to_go_on(tab_of, alice, bob, room, limit):
    limit(message="2 per minute")
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    for _ in range(2):
        assert (await hers.ask("send_message", **post(room)))["type"] == "ack"
    error = await hers.ask("send_message", **post(room))
    assert error["code"] == "too_fast"
    assert 1 <= error["retry_after"] <= 60
    assert str(int(error["retry_after"])) in error["message"]
    assert await in_thread(room.messages.count) == 2
    assert (await his.ask("send_message", **post(room)))["type"] == "ack"


async def test_a_limit_holds_for_all_tabs_of_a_person(tab_of, alice, room, limit):
    limit(message="1 per minute")
    first, second = await tab_of(alice, room), await tab_of(alice, room)
    await first.ask("send_message", **post(room))
    assert (await second.ask("send_message", **post(room)))["code"] == "too_fast"


async def test_editing_is_limited(tab_of, says, alice, room, limit):
    message = await says(alice, room, "Hello")
    limit(edit="1 per minute")
    hers = await tab_of(alice, room)
    assert (await hers.ask("edit_message", id=message.pk, body="One"))["type"] == "ack"
    assert (await hers.ask("edit_message", id=message.pk, body="Two"))["code"] == "too_fast"


async def test_walking_into_rooms_is_limited_but_not_opening_one_s_own(
    tab_of, charlie, open_room, room, limit
):
    limit(join="1 per minute")
    await in_thread(room.admit, charlie)
    tab = await tab_of(charlie, open_room, room, open_room)
    await in_thread(open_room.leave, charlie)
    assert (await tab.ask("join_room", room=open_room.slug))["code"] == "too_fast"


async def test_typing_is_limited(tab_of, alice, room, limit):
    limit(typing="2 per minute")
    hers = await tab_of(alice, room)
    for _ in range(2):
        await hers.send("typing_start", room=room.slug)
    assert (await hers.ask("typing_start", room=room.slug))["code"] == "too_fast"


async def test_frames_are_limited_whatever_they_are(tab_of, alice, limit):
    limit(frame="3 per minute")
    hers = await tab_of(alice)
    for _ in range(3):
        assert (await hers.ask("ping"))["type"] == "pong"
    assert (await hers.ask("ping"))["code"] == "too_fast"


async def test_what_cannot_be_read_counts_as_well(tab_of, alice, limit):
    limit(frame="3 per minute")
    hers = await tab_of(alice)
    for _ in range(3):
        await hers.send_text("{")
    assert (await hers.ask("ping"))["code"] == "too_fast"


async def test_connecting_is_limited(live, alice, limit):
    limit(connect="1 per minute")
    cookie = await in_thread(session_of, alice)
    first, second = Tab(cookie), Tab(cookie)
    await first.connect()
    await first.receive("welcome")
    await second.connect()
    assert await second.closed() == 4429
    assert second.read_all()[0]["code"] == "too_fast"
    for tab in (first, second):
        await tab.disconnect()


async def test_asking_for_what_was_missed_is_limited(tab_of, alice, room, limit):
    limit(sync="2 per minute")
    hers = await tab_of(alice, room)
    assert (await hers.ask("sync", room=room.slug, since=0))["type"] == "changes"
    assert (await hers.ask("join_room", room=room.slug, since=0))["type"] == "ack"
    assert (await hers.ask("sync", room=room.slug, since=0))["code"] == "too_fast"
    assert (await hers.ask("join_room", room=room.slug, since=0))["code"] == "too_fast"
    assert (await hers.ask("join_room", room=room.slug))["type"] == "ack"
