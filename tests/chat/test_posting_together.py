"""What several people say in one room at once: written together, yet each for itself."""

import asyncio
import threading
from contextlib import asynccontextmanager
from functools import partial

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import broadcasts, postbox
from chat.models import Post, ThreadReader
from chat.postbox import running_postbox
from chat.threads import in_page_thread, in_thread
from tests.sockets import post

pytestmark = pytest.mark.django_db(transaction=True)


@asynccontextmanager
async def queue(room, first, length: int):
    """A post of `first` takes long, until after the block `length` others wait behind it."""
    locked, over = threading.Event(), threading.Event()
    waiting = running_postbox().waiting

    def hold():
        with room.locked():
            locked.set()
            over.wait(10)

    async def until_waiting(number: int):
        async with asyncio.timeout(10):
            while len(waiting[room.slug]) != number:  # noqa: ASYNC110 - it tells nobody
                await asyncio.sleep(0.01)

    holding = asyncio.create_task(in_page_thread(hold))
    await asyncio.to_thread(locked.wait, 10)
    prepare = partial(room.prepare_post, first, "First")
    posting = asyncio.create_task(running_postbox().post(room.slug, prepare))
    await asyncio.sleep(0)
    await until_waiting(0)
    try:
        yield
        await until_waiting(length)
    finally:
        over.set()
        await asyncio.gather(holding, posting)


@pytest.fixture
async def crowd(tab_of, new_user, room):
    """Tabs of five people in the room."""
    tabs = []
    for number in range(5):
        person = await in_thread(new_user, f"person{number}")
        await in_thread(room.admit, person)
        tabs.append(await tab_of(person, room))
    return tabs


async def test_each_gets_their_own_ack_and_all_hear_them_in_the_order_they_came(crowd, room, alice):
    frames = [post(room, f"Number {number}") for number in range(5)]
    async with queue(room, alice, 5):
        for tab, frame in zip(crowd, frames, strict=True):
            await tab.send("send_message", **frame)
    acks = [
        await tab.receive("ack", nonce=one["nonce"]) for tab, one in zip(crowd, frames, strict=True)
    ]
    assert sorted(ack["revision"] for ack in acks) == [2, 3, 4, 5, 6]
    for tab in crowd:
        told = [await tab.receive("new_message") for _ in range(6)]
        assert [one["revision"] for one in told] == [1, 2, 3, 4, 5, 6]
        by_nonce = {one["message"]["nonce"]: one for one in told}
        for frame, ack in zip(frames, acks, strict=True):
            one = by_nonce[frame["nonce"]]
            assert (one["message"]["body"], one["revision"]) == (frame["body"], ack["revision"])
        await tab.nothing("new_message", "error")


@pytest.mark.parametrize(
    ("wrong", "code"),
    [({"reply_to": 999_999}, "not_found"), ({"body": " "}, "empty"), ({"thread": 7}, "not_found")],
)
async def test_what_cannot_be_said_harms_nothing_beside_it(crowd, room, alice, wrong, code):
    async with queue(room, alice, 5):
        *others, bad = [
            asyncio.create_task(tab.ask("send_message", **(post(room) | more)))
            for tab, more in zip(crowd, [{}, {}, {}, {}, wrong], strict=True)
        ]
    assert sorted([(await ack)["revision"] for ack in others]) == [2, 3, 4, 5]
    assert (await bad)["code"] == code


async def test_who_is_no_member_any_more_is_the_only_one_refused(crowd, room, alice):
    # Without an order to their tab, which might be lost.
    await in_thread(room.memberships.filter(user=crowd[0].me["id"]).delete)
    async with queue(room, alice, 5):
        bad, *others = [asyncio.create_task(tab.ask("send_message", **post(room))) for tab in crowd]
    assert sorted([(await ack)["revision"] for ack in others]) == [2, 3, 4, 5]
    assert (await bad)["code"] == "not_found"


async def test_what_was_said_before_is_answered_as_it_was_then(crowd, room, alice):
    said = post(room, "Said before")
    first = await crowd[0].ask("send_message", **said)
    async with queue(room, alice, 5):
        again, *others = [
            asyncio.create_task(tab.ask("send_message", **frame))
            for tab, frame in zip(crowd, [said, *(post(room) for _ in range(4))], strict=True)
        ]
    assert sorted([(await ack)["revision"] for ack in others]) == [3, 4, 5, 6]
    assert ((await again)["id"], (await again)["revision"]) == (first["id"], first["revision"])
    assert await in_thread(room.messages.count) == 6


async def test_a_thread_counts_all_that_is_said_in_it_at_once(crowd, room, says, alice):
    root = await says(alice, room, "Where do we go?")
    async with queue(room, alice, 5):
        for tab in crowd:
            await tab.send("send_message", **post(room, thread=root.pk))
    told = []
    while len(told) < 12:  # two before, each in the thread, and how the message above it goes on
        one = await crowd[0].receive(room=room.slug)
        told += [one] if "revision" in one else []
    assert [one["revision"] for one in told] == list(range(1, 13))
    await in_thread(root.refresh_from_db)
    assert root.thread_count == 5
    assert await in_thread(ThreadReader.objects.filter(root=root).count) == 6


def test_several_posts_lock_and_write_the_room_once(alice, bob, room):
    room.post(alice, "Who is told is decided later; that is asked for with the first message")
    posts = [room.prepare_post(person, "Hello") for person in (alice, bob, alice)]
    with CaptureQueriesContext(connection) as queries:
        Post.write_all(posts)
    words = [query["sql"].split()[0] for query in queries]
    assert (words.count("INSERT"), words.count("UPDATE"), words.count("COMMIT")) == (3, 1, 1)
    assert words.count("SELECT") == 1 + connection.features.has_select_for_update


async def test_a_thread_that_fails_leaves_nobody_waiting(room, alice, monkeypatch):
    async def fail(*args):
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as broken:
        broken.setattr(postbox, "in_thread", fail)
        with pytest.raises(RuntimeError):
            await running_postbox().post(room.slug, partial(room.prepare_post, alice, "One"))
    message = await running_postbox().post(room.slug, partial(room.prepare_post, alice, "Two"))
    assert message.body == "Two"


def test_what_tells_of_one_and_fails_keeps_no_other_untold(alice, room, monkeypatch):
    told = []

    def tell(message):
        if message.body == "One":
            raise RuntimeError
        told.append(message.body)

    monkeypatch.setattr(broadcasts, "message_posted", tell)
    Post.write_all([room.prepare_post(alice, words) for words in ("One", "Two")])
    assert told == ["Two"]
