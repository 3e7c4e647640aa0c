"""Coming back: after `sync` a client has what a fresh page would show."""

import random

import pytest

from chat.models import Message
from chat.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


async def test_what_changed_comes_in_its_present_state_in_the_order_of_change(
    tab_of, says, alice, bob, room
):
    first, second, third = [await says(alice, room, text) for text in ("One", "Two", "Three")]
    await in_thread(first.edit, alice, "One, changed")
    await in_thread(second.remove, alice)
    his = await tab_of(bob)
    changes = await his.ask("sync", room=room.slug, since=1)
    assert changes["type"] == "changes"
    told = [(m["id"], m["revision"], m.get("body"), m["deleted"]) for m in changes["messages"]]
    assert told == [
        (third.pk, 3, "Three", False),
        (first.pk, 4, "One, changed", False),
        (second.pk, 5, None, True),
    ]
    assert changes["revision"] == 5
    assert "Two" not in str(changes)


async def test_when_nothing_changed_nothing_comes(tab_of, says, alice, room):
    await says(alice, room, "Hello")
    hers = await tab_of(alice)
    changes = await hers.ask("sync", room=room.slug, since=1)
    assert (changes["messages"], changes["revision"]) == ([], 1)


async def test_who_is_ahead_of_the_room_loads_it_afresh(tab_of, says, alice, room):
    """The site is older than they are: it was restored from a backup."""
    await says(alice, room, "Hello")
    hers = await tab_of(alice)
    for since in (2, 2**62):
        await hers.send("sync", room=room.slug, since=since)
        await hers.receive("resync", room=room.slug)


async def test_too_long_is_answered_with_resync(tab_of, says, alice, room, monkeypatch):
    monkeypatch.setattr(Message, "CHANGES_LENGTH", 100)
    await says(alice, room, "Short")
    hers = await tab_of(alice)
    assert (await hers.ask("sync", room=room.slug, since=0))["type"] == "changes"
    await says(alice, room, "Long " * 30)
    assert (await hers.ask("sync", room=room.slug, since=0))["type"] == "resync"


async def test_too_much_is_answered_with_resync(tab_of, says, alice, room, monkeypatch):
    monkeypatch.setattr(Message, "CHANGES_LIMIT", 2)
    for number in range(3):
        await says(alice, room, str(number))
    hers = await tab_of(alice)
    assert (await hers.ask("sync", room=room.slug, since=0))["type"] == "resync"
    assert len((await hers.ask("sync", room=room.slug, since=1))["messages"]) == 2
    await hers.ask("join_room", room=room.slug, since=0)
    assert (await hers.receive("resync"))["room"] == room.slug


class Reader:
    """What a client knows of a room, by the rules of the protocol."""

    def __init__(self, tab, room):
        self.tab, self.room = tab, room
        self.revision, self.messages = 0, {}

    def take(self, frame: dict) -> None:
        if frame["type"] == "changes":
            for message in frame["messages"]:
                self.messages[message["id"]] = message
            self.revision = max(self.revision, frame["revision"])
        elif frame["revision"] == self.revision + 1:
            self.messages[frame["message"]["id"]] = frame["message"]
            self.revision += 1

    async def catch_up(self) -> None:
        self.take(await self.tab.ask("sync", room=self.room.slug, since=self.revision))


@pytest.mark.parametrize("seed", range(5))
async def test_old_state_and_events_are_the_fresh_state(
    tab_of, says, alice, bob, room, limit, seed
):
    """Frames get lost on the way at random; what is known in the end is what there is."""
    limit(edit="1000 per second")
    chance = random.Random(seed)
    tab = await tab_of(bob, room)
    reader, mine = Reader(tab, room), []
    for number in range(25):
        match chance.choice(["post", "post", "edit", "remove"]):
            case "edit" if mine:
                await in_thread(chance.choice(mine).edit, alice, f"Changed {number}")
            case "remove" if mine:
                await in_thread(mine.pop(chance.randrange(len(mine))).remove, alice)
            case _:
                mine.append(await says(alice, room, f"Number {number}"))
        told = [await tab.receive(revision=number + 1)]
        for frame in told:
            if chance.random() < 0.7:
                reader.take(frame)
        if chance.random() < 0.1:
            await reader.catch_up()
    await reader.catch_up()
    fresh = await tab.ask("sync", room=room.slug, since=0)
    assert reader.messages == {message["id"]: message for message in fresh["messages"]}
    assert reader.revision == fresh["revision"] == 25
