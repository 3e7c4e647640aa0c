"""What was missed in a long absence comes in one frame, whole."""

import pytest

MESSAGES = 200  # the most that `changes` has
WORDS = "The kettle is on, and so is the meeting. " * 5  # with their HTML, just under its bound


@pytest.mark.parametrize("cluster", ["daphne", "uvicorn"], indirect=True)
async def test_two_hundred_messages_come_whole(person_of, room_of, cluster):
    alice, bob = [await person_of(cluster, name) for name in ("alice", "bob")]
    slug = await room_of(alice)
    hers, his = await alice.open(cluster.a, slug), await bob.open(cluster.b)
    said = [f"{number} {WORDS}".strip() for number in range(MESSAGES)]
    for body in said:
        await hers.say(slug, body)
    assert (await his.ask("join_room", room=slug, since=0))["revision"] == MESSAGES
    for changes in (await his.receive("changes"), await his.ask("sync", room=slug, since=0)):
        assert changes["revision"] == MESSAGES
        assert [message["body"] for message in changes["messages"]] == said
    assert his.longest > 100_000
    assert cluster.complaints() == []
