"""What is no frame of ours gets an error that bears its `ref`, and the socket lives on."""

import json

import pytest

from chat.protocol import MAX_FRAME_BYTES
from chat.threads import in_thread
from tests.sockets import post

pytestmark = pytest.mark.django_db(transaction=True)

UUID = "00000000-0000-4000-8000-000000000000"

NOT_JSON = [
    "",
    "hello",
    "{",
    "[]",
    "null",
    "42",
    '"ping"',
    '{"type":"ping"}x',
    "NaN",
    "\ufeff{}",
    "[" * 50_000,
    '{"x":' + "[" * 30_000 + "]" * 30_000 + ',"type":"ping"}',
]

BAD = [
    {},
    {"type": None},
    {"type": 7},
    {"type": "unknown"},
    {"type": "__class__"},
    {"type": "new_message", "room": "den"},
    {"type": "ping", "extra": 1},
    {"type": "ping", "ref": 1, "more": 1},
    {"type": "join_room"},
    {"type": "join_room", "room": 5},
    {"type": "join_room", "room": ""},
    {"type": "join_room", "room": "x" * 81},
    {"type": "join_room", "room": "den", "since": -1},
    {"type": "join_room", "room": "den", "since": 2**63},
    {"type": "join_room", "room": "den", "since": 1.5},
    {"type": "send_message", "room": "den", "body": "x"},
    {"type": "send_message", "room": "den", "body": "x", "nonce": "no uuid"},
    {"type": "send_message", "room": "den", "body": None, "nonce": UUID},
    {"type": "send_message", "room": "den", "body": ["x"], "nonce": UUID},
    {"type": "send_message", "room": "den", "body": "x", "nonce": UUID, "reply_to": "1"},
    {"type": "send_message", "room": "den", "body": "x", "nonce": UUID, "reply_to": 0},
    {"type": "send_message", "room": "den", "body": "x", "nonce": UUID, "author": 1},
    {"type": "edit_message", "id": 2**63, "body": "x"},
    {"type": "edit_message", "id": True, "body": "x"},
    {"type": "delete_message", "id": -1},
    {"type": "delete_message", "id": {"$gt": 0}},
    {"type": "mark_read", "room": "den", "id": None},
    {"type": "sync", "room": "den"},
    {"type": "sync", "room": "den", "since": "0"},
]


@pytest.mark.parametrize("text", NOT_JSON, ids=lambda text: text[:20])
async def test_what_is_no_json_object(tab_of, alice, text):
    tab = await tab_of(alice)
    await tab.send_text(text)
    assert (await tab.receive("error"))["code"] == "invalid"
    assert (await tab.ask("ping"))["type"] == "pong"


@pytest.mark.parametrize("frame", BAD, ids=lambda frame: json.dumps(frame)[:60])
async def test_what_is_no_frame_of_ours(tab_of, alice, frame):
    tab = await tab_of(alice)
    await tab.send_text(json.dumps({"ref": "mine", **frame}))
    error = await tab.receive("error")
    assert error["code"] == "invalid"
    assert error.get("ref") == (None if frame.get("ref") else "mine")
    assert (await tab.ask("ping"))["type"] == "pong"


async def test_a_ref_that_is_too_long_is_not_sent_back(tab_of, alice):
    tab = await tab_of(alice)
    await tab.send("ping", ref="x" * 65)
    assert "ref" not in await tab.receive("error")


async def test_a_binary_frame(tab_of, alice):
    tab = await tab_of(alice)
    await tab.send_bytes(b'{"type":"ping"}')
    assert (await tab.receive("error"))["code"] == "invalid"
    assert (await tab.ask("ping"))["type"] == "pong"


@pytest.mark.parametrize(
    "slug", ["no\u0000where", "../../etc", "%00", "den' OR 1=1 --", "𝔡𝔢𝔫", " "]
)
async def test_a_slug_of_nothing(tab_of, alice, room, slug):
    tab = await tab_of(alice)
    for frame in ({"type": "join_room"}, {"type": "sync", "since": 0}):
        answer = await tab.ask(**frame, room=slug)
        assert answer["code"] in {"not_found", "invalid"}
    assert (await tab.ask("ping"))["type"] == "pong"


@pytest.mark.parametrize("escape", [r"\ud800", r"\udfff", r"a\udc00b", r"\ud83d"])
async def test_half_of_a_surrogate_pair(tab_of, alice, room, escape):
    """JSON can spell it, UTF-8 cannot: it must neither be stored nor be sent on."""
    tab = await tab_of(alice, room)
    for part in ({"body": "@"}, {"room": "@"}):
        text = json.dumps({"type": "send_message", "ref": "1", **post(room) | part})
        await tab.send_text(text.replace('"@"', f'"{escape}"'))
        assert (await tab.receive("error"))["code"] == "invalid"
    assert (await tab.ask("ping"))["type"] == "pong"
    assert await in_thread(room.messages.count) == 0


async def test_the_longest_message_in_the_longest_spelling_fits(tab_of, alice, room):
    tab = await tab_of(alice, room)
    text = json.dumps({"type": "send_message", "ref": "1", **post(room, "\U0001f600" * 10_000)})
    assert len(text) < MAX_FRAME_BYTES
    await tab.send_text(text)
    assert (await tab.receive(ref="1"))["type"] == "ack"


async def test_what_is_larger_closes_the_socket(tab_of, alice, room):
    tab = await tab_of(alice, room)
    await tab.send_text(json.dumps({"type": "send_message", **post(room, "x" * MAX_FRAME_BYTES)}))
    assert await tab.closed() == 1009


@pytest.mark.parametrize(
    "query", ["lang=../../etc", "lang=\u00ff", "lang", "%", "lang=" + "x" * 9999]
)
async def test_a_language_of_nothing_is_passed_over(tab_of, alice, query):
    tab = await tab_of(alice, query=query)
    assert (await tab.ask("ping"))["type"] == "pong"
