"""PostgreSQL is gone for a while: people are told so, and afterwards everything works again."""

import asyncio
import time
from uuid import uuid4

import pytest

from tests.cluster.people import eventually

# Where it is logged that, and why, somebody could not be served.
EXCUSED = ("chat.consumers", "django.request")


AWAY = 2.0  # seconds; long enough that the watch and those who tell who is here notice


@pytest.fixture
def database(cluster):
    yield cluster.postgresql
    if cluster.postgresql.process.poll() is not None:
        cluster.postgresql.start()


async def test_it_is_said_and_then_all_goes_on_over_the_same_sockets(
    person_of, room_of, cluster, database
):
    alice, bob, charlie = [await person_of(cluster, name) for name in ("alice", "bob", "charlie")]
    slug = await room_of(alice)
    hers, his = await alice.follow(cluster.a, slug), await bob.follow(cluster.b, slug)
    another = await charlie.open(cluster.b, slug)
    for client in (hers, his):
        await eventually(lambda client=client: len(client.here) == 3, "All are here")
    await hers.say("Before")
    await his.knows("Before")
    await asyncio.to_thread(database.stop)
    assert (await another.ask("leave_room", room=slug))["type"] == "ack"
    began = time.monotonic()
    while time.monotonic() - began < AWAY:
        for client in (hers, his):
            for ask in (client.say("Lost?"), client.ask("sync", room=slug, since=0)):
                refused = await ask
                assert (refused["type"], refused["code"]) == ("error", "unavailable")
                assert refused["retry_after"] > 0 and refused["message"]
            assert (await client.ask("ping"))["type"] == "pong"
    for site in (cluster.a, cluster.b):
        page = await alice.get(site, f"/rooms/{slug}/")
        assert page.status_code == 500
        assert "<h1" in page.text and "Traceback" not in page.text
    await asyncio.to_thread(database.start)
    for client, name in ((hers, "alice"), (his, "bob")):
        nonce = str(uuid4())
        async with asyncio.timeout(30):
            while (answer := await client.say(f"{name} again", nonce))["type"] != "ack":
                assert answer["code"] == "unavailable"
    for client in (hers, his):
        await client.knows("Before", "alice again", "bob again")
        assert client.is_connected
    for site in (cluster.a, cluster.b):
        assert (await alice.get(site, f"/rooms/{slug}/")).status_code == 200
    # Charlie left while nobody's name could be read.
    for client in (hers, his):
        await eventually(lambda client=client: client.here == ["alice", "bob"], "Charlie is gone")
    assert cluster.complaints(*EXCUSED) == []


async def test_new_sockets_open_when_it_is_back(person_of, room_of, cluster, database):
    alice, bob = [await person_of(cluster, name) for name in ("alice", "bob")]
    slug = await room_of(alice)
    hers = await alice.follow(cluster.a, slug)
    await asyncio.to_thread(database.restart)
    opened = []

    async def open_in_the_end() -> None:
        while not opened:
            try:
                opened.append(await bob.open(cluster.b, slug))
            except (AssertionError, OSError):
                await asyncio.sleep(0.1)

    await asyncio.wait_for(open_in_the_end(), 30)
    await opened[0].say(slug, "Here I am")
    await eventually(lambda: hers.bodies == ["Here I am"], "The message")
