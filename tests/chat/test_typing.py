"""Who is typing: told to tabs that have the room open, and over by itself."""

import pytest

from chat import audience
from tests.sockets import post

pytestmark = pytest.mark.django_db(transaction=True)


async def typists(tab) -> list[str]:
    frame = await tab.receive("typing_indicator_update")
    return [person["name"] for person in frame["users"]]


async def test_it_is_told_and_taken_back(tab_of, alice, bob, room):
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    await hers.send("typing_start", room=room.slug)
    assert await typists(his) == ["alice"]
    await hers.send("typing_stop", room=room.slug)
    assert await typists(his) == []


async def test_several_type_at_once(tab_of, alice, bob, room):
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    await hers.send("typing_start", room=room.slug)
    assert await typists(his) == ["alice"]
    await his.send("typing_start", room=room.slug)
    assert await typists(his) == ["alice", "bob"]


async def test_saying_it_again_is_no_news(tab_of, alice, bob, room):
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    for _ in range(3):
        await hers.send("typing_start", room=room.slug)
    await typists(his)
    await his.nothing("typing_indicator_update")


async def test_who_writes_in_a_thread_writes_there_and_not_in_the_room(
    tab_of, says, alice, bob, room
):
    root = await says(alice, room, "Shall we move the release?")
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    await hers.send("typing_start", room=room.slug, thread=root.pk)
    frame = await his.receive("typing_indicator_update")
    assert (frame["thread"], [one["name"] for one in frame["users"]]) == (root.pk, ["alice"])
    await hers.send("typing_stop", room=room.slug)
    await his.nothing("typing_indicator_update")
    await hers.send("typing_start", room=room.slug)
    gone, come = [await his.receive("typing_indicator_update") for _ in range(2)]
    assert (gone["thread"], gone["users"]) == (root.pk, [])
    assert "thread" not in come and len(come["users"]) == 1


async def test_what_is_said_in_the_thread_ends_it_there(tab_of, says, alice, bob, room):
    root = await says(alice, room, "Shall we move the release?")
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    await hers.send("typing_start", room=room.slug, thread=root.pk)
    assert await typists(his) == ["alice"]
    await hers.ask("send_message", **post(room, thread=root.pk))
    assert await typists(his) == []


async def test_it_lapses_when_it_is_not_said_again(tab_of, alice, bob, room, monkeypatch):
    monkeypatch.setattr(audience, "TYPING_LASTS", 0.2)
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    await hers.send("typing_start", room=room.slug)
    assert await typists(his) == ["alice"]
    assert await typists(his) == []


async def test_the_message_ends_it(tab_of, alice, bob, room):
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    await hers.send("typing_start", room=room.slug)
    assert await typists(his) == ["alice"]
    await hers.ask("send_message", **post(room))
    assert await typists(his) == []


async def test_going_away_ends_it(tab_of, alice, bob, room):
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    await hers.send("typing_start", room=room.slug)
    assert await typists(his) == ["alice"]
    await hers.disconnect()
    assert await typists(his) == []


async def test_who_has_the_room_closed_is_not_told(tab_of, alice, bob, room):
    hers, his = await tab_of(alice, room), await tab_of(bob)
    await hers.send("typing_start", room=room.slug)
    assert await typists(hers) == ["alice"]
    await his.nothing("typing_indicator_update")


async def test_one_types_only_in_a_room_one_has_open(tab_of, alice, bob, room):
    hers, his = await tab_of(alice), await tab_of(bob, room)
    assert (await hers.ask("typing_start", room=room.slug))["code"] == "not_found"
    await his.nothing("typing_indicator_update")
