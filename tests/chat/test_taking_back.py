"""Undoing that something was sent: for some seconds, and without a trace."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.utils import timezone

from chat.models import Attachment, Message
from chat.threads import in_thread
from tests.sockets import client_of, post

pytestmark = pytest.mark.django_db(transaction=True)


async def sent(tab, room, body="Oh no", **more) -> dict:
    """The frame of a message that was just sent; what it said is undone by its nonce."""
    frame = post(room, body, **more)
    return frame | await tab.ask("send_message", **frame)


def log_of(user, room) -> str:
    return client_of(user).get(room.get_absolute_url()).context["messages_html"]


async def test_nothing_of_it_stays(tab_of, says, alice, bob, room):
    first = await says(alice, room, "Before")
    his, hers = await tab_of(bob, room), await tab_of(alice, room)
    message = await sent(his, room, "Oh no, a secret")
    ack = await his.ask("take_back", nonce=message["nonce"])
    told = await hers.receive("message_changed")
    assert ack["revision"] == told["revision"] == message["revision"] + 1
    assert (told["message"]["deleted"], told["message"]["html"]) == (True, "")
    assert "secret" not in str(told)
    for person in (alice, bob):
        page = await in_thread(log_of, person, room)
        assert page.count("<article") == 1
        assert "Before" in page
    await in_thread(room.refresh_from_db)
    assert room.last_message_id == first.pk


async def test_who_was_away_hears_of_it(tab_of, alice, bob, room):
    his = await tab_of(bob, room)
    message = await sent(his, room)
    await his.ask("take_back", nonce=message["nonce"])
    hers = await tab_of(alice)
    changes = await hers.ask("sync", room=room.slug, since=message["revision"])
    assert [(one["id"], one["html"]) for one in changes["messages"]] == [(message["id"], "")]


async def test_it_is_soon_too_late(tab_of, says, bob, room):
    nonce = uuid4()
    message = await says(bob, room, "Said and done", nonce=nonce)
    long_ago = timezone.now() - Message.UNDONE_WITHIN - timedelta(seconds=1)
    await in_thread(Message.objects.filter(pk=message.pk).update, created_at=long_ago)
    his = await tab_of(bob, room)
    assert (await his.ask("take_back", nonce=str(nonce)))["code"] == "not_allowed"
    await in_thread(message.refresh_from_db)
    assert message.body == "Said and done"


async def test_nobody_takes_back_what_another_said(tab_of, alice, bob, room):
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    message = await sent(his, room)
    assert "revision" not in await hers.ask("take_back", nonce=message["nonce"])
    await his.nothing("message_changed")


async def test_what_never_arrived_or_is_gone_is_taken_back_all_the_same(tab_of, bob, room):
    his = await tab_of(bob, room)
    assert (await his.ask("take_back", nonce=str(uuid4())))["type"] == "ack"
    message = await sent(his, room)
    for revision in (message["revision"] + 1, None):
        ack = await his.ask("take_back", nonce=message["nonce"])
        assert (ack["type"], ack.get("revision")) == ("ack", revision)


async def test_a_message_in_a_thread_counts_no_more(tab_of, says, alice, bob, room):
    root = await says(alice, room, "Shall we?")
    his = await tab_of(bob, room)
    message = await sent(his, room, thread=root.pk)
    await his.ask("take_back", nonce=message["nonce"])
    await in_thread(root.refresh_from_db)
    assert root.thread_count == 0


async def test_a_message_under_which_a_thread_has_begun_leaves_its_place(
    tab_of, says, alice, bob, room
):
    his = await tab_of(bob, room)
    message = await sent(his, room)
    await says(alice, room, "Why?", thread=message["id"])
    await his.ask("take_back", nonce=message["nonce"])
    page = await in_thread(log_of, alice, room)
    assert f'data-id="{message["id"]}"' in page
    assert " data-deleted" in page


async def test_its_files_can_be_sent_again(tab_of, bob, room):
    def upload() -> Attachment:
        with TemporaryUploadedFile("notes.txt", "text/plain", 3, "utf-8") as file:
            file.write(b"abc")
            file.seek(0)
            return Attachment.receive(room, bob, file)

    file = await in_thread(upload)
    his = await tab_of(bob, room)
    message = await sent(his, room, "", attachments=[file.pk])
    await his.ask("take_back", nonce=message["nonce"])
    again = await sent(his, room, "With words", attachments=[file.pk])
    assert again["type"] == "ack"
    await in_thread(file.refresh_from_db)
    assert file.message_id == again["id"]
