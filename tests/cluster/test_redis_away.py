"""Redis is gone for a while: the conversation goes on, and afterwards nothing is missing."""

import asyncio
import time

import pytest

from tests.cluster.people import eventually

# What the layer's own receiver logs while it tries to connect again.
EXCUSED = "channels_redis.pubsub"


class Outage:
    def __init__(self, redis):
        self.redis = redis

    async def begin(self) -> None:
        await asyncio.to_thread(self.redis.stop)

    async def end(self) -> None:
        await asyncio.to_thread(self.redis.start)


@pytest.fixture
def cluster(hasty):
    return hasty


@pytest.fixture
def outage(cluster):
    yield Outage(cluster.redis)
    if cluster.redis.process.poll() is not None:
        cluster.redis.start()


async def test_the_conversation_goes_on_and_nothing_is_missing(person_of, room_of, cluster, outage):
    alice, bob, charlie = [await person_of(cluster, name) for name in ("alice", "bob", "charlie")]
    slug = await room_of(alice)
    hers, his = await alice.follow(cluster.a, slug), await bob.follow(cluster.b, slug)
    await hers.say("Before")
    await his.knows("Before")
    await outage.begin()
    for turn in range(3):
        for client, name in ((hers, "alice"), (his, "bob")):
            began = time.monotonic()
            assert (await client.say(f"{name} {turn}, meanwhile"))["type"] == "ack"
            assert time.monotonic() - began < 8
    for site in (cluster.a, cluster.b):
        for path in ("/", "/rooms/", f"/rooms/{slug}/"):
            assert (await alice.get(site, path)).status_code == 200
    # He was not there before: his socket opens, is in the room, and can post.
    newcomer = await charlie.follow(cluster.b, slug)
    assert (await newcomer.say("I have just come"))["type"] == "ack"
    await outage.end()
    stored = cluster.stored(slug)
    assert len(stored) == 8
    for client in (hers, his, newcomer):
        await client.knows(*stored)
    # And everything is as it was: what is said comes by itself, in both directions.
    for number, client in enumerate((hers, his, newcomer)):
        stored.append(f"After {number}")
        assert (await client.say(stored[-1]))["type"] == "ack"
        for one in (hers, his, newcomer):
            await one.knows(*stored)
    assert cluster.stored(slug) == stored
    assert all(client.is_connected for client in (hers, his, newcomer))
    assert cluster.complaints(EXCUSED) == []


async def test_who_is_here_is_known_again(person_of, room_of, cluster, outage, monkeypatch):
    # Redis has its respite, then each process says again who is in it, then the others look.
    monkeypatch.setattr("tests.cluster.people.PATIENCE", 90.0)
    alice, bob = [await person_of(cluster, name) for name in ("alice", "bob")]
    slug = await room_of(alice)
    hers, his = await alice.open(cluster.a, slug), await bob.open(cluster.b, slug)
    await hers.receive("presence", count=2)
    for tab in (hers, his):
        tab.unread.clear()  # she alone, or nobody, was here at first too
    await outage.begin()
    await hers.receive("presence", count=0)
    await outage.end()
    for tab in (hers, his):
        assert (await tab.receive("presence", count=2))["users"] == [hers.me, his.me]
    assert cluster.complaints(EXCUSED) == []


async def test_who_loses_access_meanwhile_has_lost_it(person_of, room_of, cluster, outage):
    alice, charlie = await person_of(cluster, "alice"), await person_of(cluster, "charlie")
    bob = await person_of(cluster, "bob", anew=True)
    slug = await room_of(alice)
    hers = await alice.follow(cluster.a, slug)
    his, removed = await bob.open(cluster.b, slug), await charlie.open(cluster.b, slug)
    await outage.begin()
    assert (await bob.submit(cluster.a, "/accounts/logout/")).status_code == 200
    await alice.submit(cluster.a, f"/rooms/{slug}/members/{removed.me['id']}/remove/")
    # The orders do not come through, but the database is asked, both by the next frame ...
    private = {"room": slug, "body": "Me?", "nonce": "0f0e0d0c-0b0a-4009-8807-060504030201"}
    assert (await removed.ask("send_message", **private))["code"] == "not_found"
    # ... and now and then where there is none.
    assert await his.closed() == 4401
    await outage.end()
    await eventually(lambda: hers.here == ["alice"], "Only she is here")
    await hers.say("Between us")
    await hers.knows("Between us")
    await removed.nothing("new_message")


async def test_often_is_as_good_as_once(person_of, room_of, cluster, outage):
    alice, bob = [await person_of(cluster, name) for name in ("alice", "bob")]
    slug = await room_of(alice)
    hers, his = await alice.follow(cluster.a, slug), await bob.follow(cluster.b, slug)
    is_over = False

    async def talk(client, name: str) -> None:
        turn = 0
        while not is_over:
            turn += 1
            assert (await client.say(f"{name} {turn}"))["type"] == "ack"
            await asyncio.sleep(0.05)

    async with asyncio.TaskGroup() as talking:
        talking.create_task(talk(hers, "alice"))
        talking.create_task(talk(his, "bob"))
        for _ in range(3):
            before = hers.revision
            await eventually(lambda before=before: hers.revision > before, "Another message")
            await outage.begin()
            await outage.end()
        is_over = True
    stored = cluster.stored(slug)
    for client in (hers, his):
        await client.knows(*stored)
    assert cluster.complaints(EXCUSED) == []
