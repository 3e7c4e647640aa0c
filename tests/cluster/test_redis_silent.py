"""Redis is there and never answers, as behind a firewall that drops packets."""

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.proxy import Proxy

EXCUSED = "channels_redis.pubsub"


@pytest.fixture
def cluster(postgresql):
    cluster = Cluster("daphne", postgresql)
    cluster.redis.start()
    cluster.proxy = Proxy(cluster.redis.port).start()
    for site in (cluster.a, cluster.b):
        site.environment["REDIS_URL"] = f"redis://127.0.0.1:{cluster.proxy.port}/0"
    cluster.redis.stop()
    cluster.start()
    cluster.begin_log()
    yield cluster
    print(cluster.logged())
    cluster.proxy.stop()
    cluster.stop()


async def test_nobody_waits_for_it_and_nothing_is_missing(person_of, room_of, cluster):
    alice, bob, charlie = [await person_of(cluster, name) for name in ("alice", "bob", "charlie")]
    slug = await room_of(alice)
    hers, his = await alice.follow(cluster.a, slug), await bob.follow(cluster.b, slug)
    await hers.say("Before")
    await his.knows("Before")
    cluster.proxy.fall_silent()
    said = [f"Number {number}" for number in range(40)]
    for body in said:
        assert (await hers.say(body))["type"] == "ack"
    # Each question would be sent twice; almost nobody has asked.
    assert cluster.proxy.swallowed < 40
    await person_of(cluster, "alice", anew=True)  # the door stays open
    newcomer = await charlie.follow(cluster.b, slug)
    cluster.proxy.speak_again()
    for client in (hers, his, newcomer):
        await client.knows("Before", *said)
    assert cluster.complaints(EXCUSED) == []
