"""Saying something: who hears it, what comes back, and what happens when it is said twice."""

from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from chat.models import Message, Room
from chat.threads import in_thread
from tests.sockets import post

pytestmark = pytest.mark.django_db(transaction=True)


async def test_everybody_in_the_room_hears_it_and_the_sender_gets_an_ack(tab_of, alice, bob, room):
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    nonce = str(uuid4())
    ack = await hers.ask("send_message", **post(room, "**Hello**", nonce=nonce))
    told = await his.receive("new_message")
    assert ack["type"] == "ack"
    assert (ack["id"], ack["revision"], ack["nonce"]) == (told["message"]["id"], 1, nonce)
    assert told["room"] == room.slug
    assert told["revision"] == told["message"]["revision"] == 1
    assert told["message"]["nonce"] == nonce
    assert told["message"]["body"] == "**Hello**"
    assert "<strong>Hello</strong>" in told["message"]["html"]
    assert told["message"]["author"]["name"] == "alice"
    assert await hers.receive("new_message") == told


async def test_a_member_hears_of_a_room_that_is_not_open(tab_of, alice, bob, room):
    hers, his = await tab_of(alice, room), await tab_of(bob)
    await hers.ask("send_message", **post(room))
    assert (await his.receive("new_message"))["room"] == room.slug


async def test_what_is_sent_twice_is_one_message_and_told_once(tab_of, alice, bob, room):
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    frame = post(room)
    first = await hers.ask("send_message", **frame)
    second = await hers.ask("send_message", **frame)
    assert (first["id"], first["revision"]) == (second["id"], second["revision"])
    await his.receive("new_message")
    await his.nothing("new_message")
    assert await in_thread(room.messages.count) == 1


async def test_two_people_may_come_upon_the_same_nonce(tab_of, alice, bob, room):
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    frame = post(room)
    first, second = (
        await hers.ask("send_message", **frame),
        await his.ask("send_message", **frame),
    )
    assert first["id"] != second["id"]


async def test_messages_come_in_the_order_of_their_revisions(tab_of, alice, bob, room):
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    for number in range(10):
        await hers.send("send_message", **post(room, f"Number {number}"))
    told = [await his.receive("new_message") for _ in range(10)]
    assert [frame["revision"] for frame in told] == list(range(1, 11))
    assert [frame["message"]["body"] for frame in told] == [f"Number {n}" for n in range(10)]


async def test_a_message_told_is_a_message_kept(tab_of, alice, bob, room):
    """Nothing is told of what is rolled back."""
    his = await tab_of(bob, room)

    def post_in_vain():
        with transaction.atomic():
            room.post(alice, "Never said")
            transaction.set_rollback(True)

    await in_thread(post_in_vain)
    await his.nothing("new_message")


async def test_a_reply_brings_an_excerpt_of_what_it_answers(tab_of, says, alice, bob, room):
    original = await says(bob, room, "Is **anybody** here?")
    hers = await tab_of(alice, room)
    await hers.ask("send_message", **post(room, "Yes", reply_to=original.pk))
    told = await hers.receive("new_message")
    expected = {"id": original.pk, "author": "bob", "excerpt": "Is anybody here?"}
    assert told["message"]["reply_to"] == expected


async def test_a_reply_must_answer_a_message_of_this_room_that_is_still_there(
    tab_of, says, alice, bob, room, open_room
):
    elsewhere = await says(bob, open_room, "Elsewhere")
    removed = await says(bob, room, "Gone")
    await in_thread(removed.remove, bob)
    hers = await tab_of(alice, room)
    for wrong in (elsewhere.pk, removed.pk, 999_999):
        error = await hers.ask("send_message", **post(room, reply_to=wrong))
        assert error["code"] == "not_found"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "empty"),
        (" \n\t ", "empty"),
        ("\u0000\u200b", "empty"),
        ("a" * 10_001, "too_long"),
    ],
)
async def test_what_cannot_be_said_is_refused(tab_of, alice, room, body, code):
    hers = await tab_of(alice, room)
    error = await hers.ask("send_message", **post(room, body))
    assert (error["type"], error["code"]) == ("error", code)
    assert await in_thread(room.messages.count) == 0


async def test_the_longest_message_is_taken(tab_of, alice, room):
    hers = await tab_of(alice, room)
    assert (await hers.ask("send_message", **post(room, "字" * 10_000)))["type"] == "ack"


async def test_what_only_harms_is_cleaned_away(tab_of, alice, room):
    hers = await tab_of(alice, room)
    await hers.ask("send_message", **post(room, "a\u0000b<script>alert(1)</script>"))
    message = (await hers.receive("new_message"))["message"]
    assert "\u0000" not in message["body"]
    assert "<script" not in message["html"]


async def test_nothing_is_said_in_an_archived_room(tab_of, alice, bob, room):
    his = await tab_of(bob, room)
    await in_thread(room.archive, alice)
    assert (await his.receive("room_changed"))["about"]["archived"] is True
    assert (await his.ask("send_message", **post(room)))["code"] == "archived"


async def test_a_frame_stays_small(tab_of, alice, bob, room):
    """A message of 60 characters is on its way to everybody in under 1.5 KB."""
    his = await tab_of(bob, room)
    await in_thread(room.post, alice, "x" * 60, nonce=uuid4())
    await his.receive("new_message")
    assert his.longest < 1500


def test_posting_writes_one_message_and_one_room_however_many_members(alice, new_user, room):
    def writes() -> list[str]:
        with CaptureQueriesContext(connection) as queries:
            Room.objects.get(pk=room.pk).post(alice, "Hello")
        return [q["sql"].split()[0] for q in queries if q["sql"][:6] in {"INSERT", "UPDATE"}]

    # Who is told of it is decided later, for all that is said until then; that is asked for once.
    assert writes() == ["INSERT", "INSERT", "UPDATE"]
    few = writes()
    for number in range(20):
        room.admit(new_user(f"person{number}"))
    assert writes() == few == ["INSERT", "UPDATE"]
    assert Message.objects.count() == 3
