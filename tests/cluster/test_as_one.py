"""Whoever is connected to one process is in the same conversation as those on the other."""

import asyncio

import pytest

from tests.cluster.cluster import RUNS_THE_SITE

pytestmark = pytest.mark.parametrize("cluster", ["daphne", "uvicorn"], indirect=True)


@pytest.fixture
async def alice(person_of, cluster):
    return await person_of(cluster, "alice")


@pytest.fixture
async def bob(person_of, cluster):
    return await person_of(cluster, "bob")


@pytest.fixture
async def slug(room_of, alice):
    return await room_of(alice)


@pytest.fixture
async def talk(alice, bob, cluster, slug):
    """alice's tab on one process, bob's on the other, in one room."""
    return await alice.open(cluster.a, slug), await bob.open(cluster.b, slug)


async def test_a_message_its_edit_and_its_end_reach_the_other_process(talk, slug):
    hers, his = talk
    for tab, other, first in ((hers, his, 1), (his, hers, 4)):
        ack = await tab.say(slug, "Helo")
        assert (await other.receive("new_message", revision=first))["message"]["body"] == "Helo"
        await tab.ask("edit_message", id=ack["id"], body="Hello")
        changed = await other.receive("message_changed", revision=first + 1)
        assert changed["message"]["body"] == "Hello"
        await tab.ask("delete_message", id=ack["id"])
        gone = await other.receive("message_changed", revision=first + 2)
        assert gone["message"]["deleted"] and "Hello" not in str(gone)


async def test_typing_is_seen_on_the_other_process(talk, slug):
    hers, his = talk
    await his.send("typing_start", room=slug)
    assert (await hers.receive("typing_indicator_update"))["users"] == [his.me]
    await his.send("typing_stop", room=slug)
    assert (await hers.receive("typing_indicator_update"))["users"] == []


async def test_both_processes_know_who_is_here(talk, slug, bob, cluster):
    hers, his = talk
    assert (await hers.receive("presence", count=2))["users"] == [hers.me, his.me]
    ack = await his.ask("join_room", room=slug)
    assert (ack["users"], ack["count"]) == ([hers.me, his.me], 2)
    another = await bob.open(cluster.a, slug)
    await his.ask("leave_room", room=slug)
    await another.disconnect()
    assert (await hers.receive("user_left"))["user"] == his.me
    assert (await hers.receive("presence", count=1))["users"] == [hers.me]


async def test_what_is_read_on_one_process_is_read_on_the_other(talk, slug, bob, cluster):
    hers, his = talk
    message = (await hers.say(slug, "Read me"))["id"]
    another = await bob.open(cluster.a)
    await his.ask("mark_read", room=slug, id=message)
    assert (await another.receive("read"))["id"] == message


async def test_a_changed_room_is_told_everywhere(talk, slug, alice, cluster):
    fields = {"name": f"Renamed {slug}"[:60], "topic": "Tea", "kind": "public"}
    await alice.submit(cluster.b, f"/rooms/{slug}/edit/", **fields)
    for tab in talk:
        assert (await tab.receive("room_changed"))["about"]["topic"] == "Tea"


async def test_who_is_let_in_hears_the_room_in_tabs_on_both_processes(alice, bob, slug, cluster):
    hers = await alice.open(cluster.b, slug)
    his = [await bob.open(site) for site in (cluster.a, cluster.b)]
    await hers.say(slug, "Not for bob yet")
    await bob.submit(cluster.a, f"/rooms/{slug}/join/")
    for tab in his:
        assert (await tab.receive("added_to_room"))["room"] == slug
        assert tab.read_all("new_message") == []
    await hers.say(slug, "For bob")
    for tab in his:
        assert (await tab.receive("new_message"))["message"]["body"] == "For bob"


async def test_who_is_removed_hears_nothing_more_on_the_other_process(talk, slug, alice, cluster):
    hers, his = talk
    await alice.submit(cluster.a, f"/rooms/{slug}/members/{his.me['id']}/remove/")
    await his.receive("removed_from_room", room=slug)
    await hers.say(slug, "Not for bob")
    await hers.receive("new_message")
    # Frames keep their order: what bob is told of next is not what was said before.
    private = {"room": slug, "body": "Me?", "nonce": "0f0e0d0c-0b0a-4009-8807-060504030201"}
    assert (await his.ask("send_message", **private))["code"] == "not_found"
    await his.nothing("new_message")


async def test_logging_out_closes_the_sockets_of_that_session_everywhere(
    alice, person_of, slug, cluster
):
    hers = await alice.open(cluster.a, slug)
    bob, bob_elsewhere = [await person_of(cluster, "bob", anew=True) for _ in range(2)]
    ends = [await bob.open(site, slug) for site in (cluster.b, cluster.a)]
    stays = await bob_elsewhere.open(cluster.b, slug)
    await bob.submit(cluster.a, "/accounts/logout/")
    async with asyncio.timeout(10):  # by the order, not by the watch, which looks every 20 seconds
        for tab in ends:
            assert await tab.closed() == 4401
    await hers.say(slug, "Only for bob elsewhere")
    await stays.receive("new_message")
    for tab in ends:
        assert tab.read_all("new_message") == []


async def test_deactivation_closes_the_sockets_on_both_processes(person_of, slug, cluster):
    root = await person_of(cluster, RUNS_THE_SITE)
    dana = await person_of(cluster, "dana", anew=True)
    tabs = [await dana.open(site, slug) for site in (cluster.a, cluster.b)]
    chosen = {"_selected_action": str(tabs[0].me["id"]), "asked": "1", "reason": "spam"}
    await root.submit(cluster.a, "/admin/accounts/user/", action="suspend", **chosen)
    try:
        async with asyncio.timeout(10):
            for tab in tabs:
                assert await tab.closed() == 4401
    finally:
        await root.submit(cluster.a, "/admin/accounts/user/", action="readmit", **chosen)


async def test_everybody_sees_the_same_order(person_of, slug, cluster):
    """Eight senders at once, on two processes; each receiver is told each message once."""
    each = 12
    people = [await person_of(cluster, name) for name in ("alice", "bob", "charlie", "dana")]
    tabs = [await p.open(site, slug) for p in people for site in (cluster.a, cluster.b)]

    async def talks(number: int, tab) -> None:
        for turn in range(each):
            await tab.say(slug, f"{number}, for the {turn}th time")

    await asyncio.gather(*(talks(number, tab) for number, tab in enumerate(tabs)))
    total = each * len(tabs)
    told = []
    for tab in tabs:
        frames = [await tab.receive("new_message") for _ in range(total)]
        told.append([(frame["revision"], frame["message"]["body"]) for frame in frames])
    for tab in tabs:
        await tab.nothing("new_message")
    assert all(one == told[0] for one in told)
    assert [body for _, body in sorted(told[0])] == cluster.stored(slug)
    assert sorted(revision for revision, _ in told[0]) == list(range(1, total + 1))


async def test_nothing_went_wrong_in_the_logs(talk, slug, cluster):
    hers, his = talk
    await hers.say(slug, "Hello")
    await his.receive("new_message")
    await his.disconnect()
    assert cluster.complaints() == []
