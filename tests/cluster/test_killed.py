"""One process dies without a word: what was acknowledged is kept, and the others carry on."""

import asyncio

import pytest
import websockets

from tests.cluster.cluster import SLOWEST_START
from tests.cluster.people import eventually


@pytest.fixture
def cluster(hasty):
    yield hasty
    if hasty.a.process.poll() is not None:
        hasty.a.start(SLOWEST_START)


async def test_everything_acknowledged_is_there_once_and_in_order(person_of, room_of, cluster):
    alice, bob, charlie = [await person_of(cluster, name) for name in ("alice", "bob", "charlie")]
    slug = await room_of(alice)
    writers = [await alice.follow(cluster.a, slug), await bob.follow(cluster.a, slug)]
    reader = await charlie.follow(cluster.b, slug)
    acknowledged, unanswered = [], []

    async def write(client, name: str) -> None:
        number = 0
        while client.is_connected:
            number += 1
            text, nonce = f"{name} {number}", f"{number:032x}"
            try:
                assert (await client.say(text, nonce))["type"] == "ack"
                acknowledged.append(text)
            except websockets.ConnectionClosed:
                unanswered.append((client, text, nonce))

    async with asyncio.TaskGroup() as writing:
        for client, name in zip(writers, ("alice", "bob"), strict=True):
            writing.create_task(write(client, name))
        await eventually(lambda: len(acknowledged) > 40, "Forty messages")
        cluster.a.kill()
    stored = cluster.stored(slug)
    assert set(acknowledged) <= set(stored)
    # They come back to the other process, each to say again what nobody acknowledged.
    for client in writers:
        await client.come_in(cluster.b)
    for client, text, nonce in unanswered:
        assert (await client.say(text, nonce))["type"] == "ack"
    stored = cluster.stored(slug)
    for number in ("alice", "bob"):
        said = [text for text in stored if text.startswith(number)]
        assert said == [f"{number} {turn}" for turn in range(1, len(said) + 1)]
    assert len(stored) == len(acknowledged) + len(unanswered)
    for client in (*writers, reader):
        await client.knows(*stored)


async def test_those_on_it_vanish_from_the_lists_of_the_others(person_of, room_of, cluster):
    alice, bob = [await person_of(cluster, name) for name in ("alice", "bob")]
    slug = await room_of(alice)
    hers, his = await alice.open(cluster.b, slug), await bob.open(cluster.a, slug)
    await hers.receive("presence", count=2)
    hers.read_all()
    cluster.a.kill()
    assert (await hers.receive("user_left"))["user"] == his.me
    assert (await hers.receive("presence", count=1))["users"] == [hers.me]
    await hers.nothing("user_joined")


async def test_it_starts_again_and_takes_part_again(person_of, room_of, cluster):
    alice, bob = [await person_of(cluster, name) for name in ("alice", "bob")]
    slug = await room_of(alice)
    hers, his = await alice.follow(cluster.a, slug), await bob.follow(cluster.b, slug)
    await hers.say("Before")
    cluster.a.kill()
    await his.say("Meanwhile")
    await asyncio.to_thread(cluster.a.start, SLOWEST_START)
    await hers.come_in()
    await his.say("After")
    await hers.knows("Before", "Meanwhile", "After")
