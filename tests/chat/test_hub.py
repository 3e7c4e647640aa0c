"""Fan-out: one subscription per room, and what happens when somebody or something is too slow."""

import asyncio

import pytest
from redis.exceptions import ConnectionError as RedisIsAway

from chat import hub, watch, wire
from chat.threads import in_thread
from tests.sockets import post, session_of

pytestmark = pytest.mark.django_db(transaction=True)


async def test_many_tabs_are_one_subscription(tab_of, alice, bob, room, monkeypatch):
    layer = hub.get_channel_layer()
    added, add = [], layer.group_add

    async def group_add(group, channel):
        added.append(group)
        await add(group, channel)

    monkeypatch.setattr(layer, "group_add", group_add)
    for user in (alice, bob, alice):
        await tab_of(user, room)
    assert added.count(f"room.{room.pk}") == 1


async def test_the_last_one_out_ends_the_subscription(tab_of, alice, bob, room):
    tabs = [await tab_of(user, room) for user in (alice, bob)]
    group, running = f"room.{room.pk}", hub.running_hub()
    await tabs[0].disconnect()
    assert group in running.subscribed
    await tabs[1].disconnect()
    async with running.lock:  # which whoever unsubscribes holds
        pass
    assert group not in running.subscribed
    assert group not in running.members
    assert group not in running.revisions


async def test_who_stops_reading_is_cut_off_and_complete_after_coming_back(
    tab_of, says, alice, bob, room, monkeypatch
):
    monkeypatch.setattr(wire, "MAX_BEHIND_FRAMES", 5)
    cookie = await in_thread(session_of, bob)
    slow = await tab_of(bob, room, cookie=cookie)
    slow.stop_reading()
    hers = await tab_of(alice, room)
    for number in range(12):
        await says(alice, room, f"Number {number}")
        await hers.receive("new_message")  # nobody waits for the slow one
    slow.go_on_reading()
    assert await slow.closed() == 1013
    known = len(slow.read_all("new_message"))
    assert known < 12
    back = await tab_of(bob, cookie=cookie)
    await back.ask("join_room", room=room.slug, since=known)
    changes = await back.receive("changes")
    assert [m["body"] for m in changes["messages"]] == [f"Number {n}" for n in range(known, 12)]


class Outage:
    """The channel layer fails while this is on."""

    def __init__(self, monkeypatch):
        self.monkeypatch, self.layer = monkeypatch, hub.get_channel_layer()
        self.is_on = False
        for name in ("group_send", "group_add", "new_channel"):
            monkeypatch.setattr(self.layer, name, self.failing(getattr(self.layer, name)))

    def failing(self, method):
        async def call(*args):
            if self.is_on:
                raise RedisIsAway("Connection refused")
            return await method(*args)

        return call


@pytest.fixture
def outage(live, monkeypatch):
    monkeypatch.setattr(hub, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(hub, "LONGEST_PAUSE", 0.1)
    monkeypatch.setattr(watch, "REVISIONS_EVERY", 0.2)
    return Outage(monkeypatch)


async def hears(tab, room, *bodies: str) -> None:
    """By the rules of the protocol, the tab gets to know all this, each once and in order."""
    known = {}
    while len(known) < len(bodies):
        frame = await tab.receive()
        if frame["type"] == "new_message":
            known[frame["revision"]] = frame["message"]["body"]
        elif frame["type"] == "missed":
            for message in (await tab.ask("sync", room=room.slug, since=0))["messages"]:
                known[message["revision"]] = message["body"]
    assert known == dict(enumerate(bodies, 1))


async def test_when_the_layer_fails_messages_are_kept_and_told_later(
    tab_of, alice, bob, room, outage
):
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    outage.is_on = True
    acks = [await hers.ask("send_message", **post(room, f"Number {n}")) for n in range(3)]
    assert [ack["revision"] for ack in acks] == [1, 2, 3]
    assert await in_thread(room.messages.count) == 3
    outage.is_on = False
    await hers.ask("send_message", **post(room, "After"))
    await hears(his, room, "Number 0", "Number 1", "Number 2", "After")


async def test_one_may_come_in_while_the_layer_is_away(tab_of, alice, bob, room, outage):
    hers = await tab_of(alice, room)
    outage.is_on = True
    his = await tab_of(bob, room)
    outage.is_on = False
    await hers.ask("send_message", **post(room))
    await hears(his, room, "Hello")


async def test_the_watch_notices_a_frame_that_was_lost(tab_of, says, alice, bob, room, monkeypatch):
    his = await tab_of(bob, room)
    look = watch.running_watch().compare_revisions
    await look()
    with monkeypatch.context() as patch:
        patch.setattr("chat.broadcasts.publish", lambda *_, **__: None)
        await says(alice, room, "Lost on the way")
    await look()  # it may be on its way still
    await look()
    await his.receive("missed")
    await look()
    await look()
    await his.nothing("missed")


async def test_the_watch_looks_after_rooms_that_are_not_open(
    tab_of, says, alice, bob, room, monkeypatch
):
    await says(alice, room, "Before he came")
    his = await tab_of(bob)
    with monkeypatch.context() as patch:
        patch.setattr("chat.broadcasts.publish", lambda *_, **__: None)
        lost = await says(alice, room, "Lost on the way")
    for _ in range(3):
        await watch.running_watch().compare_revisions()
    missed = await his.receive("missed")
    assert missed == {"type": "missed", "room": room.slug, "newest": lost.pk}
    await his.nothing("missed")


async def test_what_was_missed_in_a_thread_is_no_news_of_the_room(
    tab_of, says, alice, bob, room, monkeypatch
):
    root = await says(alice, room, "Before he came")
    his = await tab_of(bob)
    look = watch.running_watch().compare_revisions
    await look()
    await says(alice, room, "Heard")
    await his.receive("new_message")
    await look()
    with monkeypatch.context() as patch:
        patch.setattr("chat.broadcasts.publish", lambda *_, **__: None)
        await says(alice, room, "Lost on the way", thread=root.pk)
    for _ in range(2):
        await look()
    assert await his.receive("missed") == {"type": "missed", "room": room.slug}


class Listener:
    """A member of the hub that keeps what it is told."""

    def __init__(self):
        self.told: asyncio.Queue[str] = asyncio.Queue()
        self.orders: asyncio.Queue[dict] = asyncio.Queue()
        self.writes = 0

    def write(self, frames, data):
        self.writes += 1
        for frame in frames:
            self.told.put_nowait(frame.text)

    def heed(self, order):
        self.orders.put_nowait(order)


async def test_who_comes_while_the_last_one_leaves_is_told(live, monkeypatch):
    running, layer, listener = hub.running_hub(), hub.get_channel_layer(), Listener()
    is_leaving, may_leave, discard = asyncio.Event(), asyncio.Event(), layer.group_discard

    async def group_discard(group, channel):
        is_leaving.set()
        await may_leave.wait()
        await discard(group, channel)

    monkeypatch.setattr(layer, "group_discard", group_discard)
    await running.join(listener, ["user.0"])
    running.leave(listener, "user.0")
    await is_leaving.wait()
    coming = asyncio.create_task(running.join(listener, ["user.0"]))
    await asyncio.sleep(0)  # it gets as far as it can
    may_leave.set()
    await coming
    async with running.lock:  # which whoever unsubscribes holds
        hub.publish("user.0", text="Welcome back")
    async with asyncio.timeout(5):
        assert await listener.told.get() == "Welcome back"


async def test_what_is_said_quickly_to_many_leaves_in_few_writes(live, monkeypatch):
    monkeypatch.setattr(hub, "MOMENT", 60)
    monkeypatch.setattr(hub, "REST", 60)  # as if this one were thousands, and the rest for ever
    running, listener = hub.running_hub(), Listener()
    await running.join(listener, ["user.0"])
    hub.publish("user.0", text="1")
    async with asyncio.timeout(5):
        assert await listener.told.get() == "1"  # it waits for nothing
        for number in range(2, 8):
            hub.publish("user.0", text=str(number))
            hub.publish("user.0", order={"do": "note that it came"})
            await listener.orders.get()
        assert listener.told.empty()
        running.leave(listener, "user.0")  # then nothing of it is still to come
        assert [await listener.told.get() for _ in range(2, 8)] == list("234567")
    assert listener.writes == 2


async def test_the_watch_is_still_when_nothing_was_lost(tab_of, says, alice, bob, room):
    his = await tab_of(bob, room)
    look = watch.running_watch().compare_revisions
    for _ in range(3):
        await look()
        await says(alice, room, "Hello")
        await his.receive("new_message")
    await his.nothing("missed")


async def test_a_frame_is_as_rfc_6455_has_it():
    for length, header in [
        (2, b"\x81\x02"),
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65535, b"\x81\x7e\xff\xff"),
        (65536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ]:
        assert wire.Frame("x" * length).data == header + b"x" * length
    assert wire.Frame("é").data == b"\x81\x02\xc3\xa9"
