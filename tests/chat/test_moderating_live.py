"""What is decided is told at once, to who is concerned and to who moderates."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chat.models import Report
from chat.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)

FRAMES = {
    "send_message": {"body": "Hello", "nonce": "0b0f2f0e-6f57-4f6e-9d1c-3f6d9a4f1c11"},
    "poll": {
        "type": "send_message",
        "body": "So?",
        "nonce": "0b0f2f0e-6f57-4f6e-9d1c-3f6d9a4f1c12",
        "poll": {"choices": ["a", "b"]},
    },
    "edit_message": {"id": "his", "body": "Changed"},
    "react": {"id": "hers", "emoji": "👍", "on": True},
    "vote": {"id": "hers", "choices": [0]},
    "remove_preview": {"id": "his"},
}


@pytest.mark.parametrize("name", FRAMES)
async def test_the_muted_are_refused_whatever_they_send(tab_of, says, room, alice, bob, name):
    ids = {"hers": await says(alice, room, "Hers"), "his": await says(bob, room, "His")}
    his = await tab_of(bob, room)
    await in_thread(lambda: room.mute(alice, bob, words="Enough"))
    told = await his.receive("decided", kind="muted")
    assert told["text"] == "alice muted you in “Den”: you can read, but not write. Enough"
    frame = dict(FRAMES[name])
    kind = frame.pop("type", name)
    if "id" in frame:
        frame["id"] = ids[frame["id"]].pk
    else:
        frame["room"] = room.slug
    answer = await his.ask(kind, **frame)
    assert answer["code"] == "muted"
    assert "alice muted you. (Enough)" in answer["message"]


async def test_the_banned_hear_why_and_then_nothing(tab_of, says, open_room, alice, bob):
    his = await tab_of(bob, open_room)
    until = timezone.now() + timedelta(days=1)
    await in_thread(lambda: open_room.ban(alice, bob, until=until, reason="insults"))
    await his.receive("removed_from_room")
    told = await his.receive("decided", kind="banned")
    assert told["room"] == open_room.slug
    assert told["until"] == until.isoformat().replace("+00:00", "Z")
    assert "Insults" in told["text"]
    assert (await his.ask("join_room", room=open_room.slug))["code"] == "banned"
    await says(alice, open_room, "Among ourselves")
    await his.nothing("new_message")


async def test_what_is_lifted_is_told_too(tab_of, room, alice, bob):
    his = await tab_of(bob, room)
    mute = await in_thread(room.mute, alice, bob)
    first = await his.receive("decided", kind="muted", reversed=False)
    await in_thread(mute.reverse, alice)
    second = await his.receive("decided", kind="muted", reversed=True)
    assert first["id"] == second["id"] == mute.pk


async def test_only_who_moderates_hears_of_reports(tab_of, says, room, alice, bob):
    message = await says(bob, room, "Rude")
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    await in_thread(lambda: Report.file(alice, message=message, reason="spam"))
    assert (await hers.receive("reported"))["count"] == 1
    await his.nothing("reported")
    await in_thread(message.remove, alice)
    assert (await hers.receive("reported"))["count"] == 0


async def test_everybody_sees_by_whom_it_was_removed(tab_of, says, room, alice, bob):
    message = await says(bob, room, "Rude")
    his = await tab_of(bob, room)
    await in_thread(message.remove, alice)
    changed = await his.receive("message_changed")
    assert changed["message"]["removed_by"] == "alice"
    assert "Rude" not in str(changed)
    await in_thread(message.restore, alice)
    back = await his.receive("message_changed")
    assert (back["message"]["body"], back["revision"]) == ("Rude", changed["revision"] + 1)


async def test_slow_mode_and_locks_are_told_to_all(tab_of, room, alice, bob):
    his = await tab_of(bob, room)
    await in_thread(room.slow_down, alice, 30)
    assert (await his.receive("room_changed"))["about"]["slow"] == 30
    await in_thread(lambda: room.lock(alice, words="Tea"))
    about = (await his.receive("room_changed"))["about"]
    assert (about["locked"], about["lock_words"]) == (True, "Tea")


async def test_who_comes_back_learns_whether_they_may_write(tab_of, room, alice, bob):
    mute = await in_thread(lambda: room.mute(alice, bob, words="Enough"))
    his = await tab_of(bob)
    ack = await his.ask("join_room", room=room.slug)
    assert "alice muted you. (Enough)" in ack["muted"]
    assert "muted_until" not in ack
    await in_thread(mute.reverse, alice)
    assert "muted" not in await his.ask("join_room", room=room.slug)
