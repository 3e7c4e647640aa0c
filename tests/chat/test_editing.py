"""Changing what one has said."""

from datetime import timedelta

import pytest
from django.urls import reverse

from chat.errors import NotAllowed
from chat.models import Membership, Message, MessageEdit, new_poll
from chat.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


async def test_everybody_sees_the_change_in_the_order_of_revisions(tab_of, says, alice, bob, room):
    message = await says(alice, room, "Helo")
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    ack = await hers.ask("edit_message", id=message.pk, body="*Hello*")
    told = await his.receive("message_changed")
    assert ack["revision"] == told["revision"] == told["message"]["revision"] == 2
    assert told["message"]["id"] == message.pk
    assert told["message"]["body"] == "*Hello*"
    assert "<em>Hello</em>" in told["message"]["html"]
    assert told["message"]["deleted"] is False


async def test_nobody_edits_the_words_of_another(tab_of, says, alice, bob, room):
    message = await says(bob, room, "My words")
    hers = await tab_of(alice, room)  # who owns the room
    error = await hers.ask("edit_message", id=message.pk, body="Your words")
    assert error["code"] == "not_allowed"
    await in_thread(message.refresh_from_db)
    assert (message.body, message.revision) == ("My words", 1)


@pytest.mark.parametrize(("body", "code"), [(" ", "empty"), ("a" * 10_001, "too_long")])
async def test_a_change_is_held_to_what_a_new_message_is(tab_of, says, alice, room, body, code):
    message = await says(alice, room, "Hello")
    hers = await tab_of(alice, room)
    assert (await hers.ask("edit_message", id=message.pk, body=body))["code"] == code


async def test_what_is_deleted_is_not_to_be_changed(tab_of, says, alice, room):
    message = await says(alice, room, "Hello")
    await in_thread(message.remove, alice)
    hers = await tab_of(alice, room)
    assert (await hers.ask("edit_message", id=message.pk, body="Again"))["code"] == "not_found"


async def test_in_an_archived_room_one_may_take_back_but_not_reword(tab_of, says, alice, room):
    message = await says(alice, room, "Hello")
    await in_thread(room.archive, alice)
    hers = await tab_of(alice, room)
    assert (await hers.ask("edit_message", id=message.pk, body="Again"))["code"] == "archived"
    assert (await hers.ask("delete_message", id=message.pk))["type"] == "ack"


async def test_who_has_left_edits_no_more(tab_of, says, bob, room):
    message = await says(bob, room, "Hello")
    await in_thread(room.leave, bob)
    his = await tab_of(bob)
    assert (await his.ask("edit_message", id=message.pk, body="Again"))["code"] == "not_found"
    assert not await in_thread(Membership.objects.filter(user=bob).exists)


async def test_what_is_mended_at_once_leaves_no_mark(tab_of, says, alice, room):
    message = await says(alice, room, "Helo")
    hers = await tab_of(alice, room)
    await hers.ask("edit_message", id=message.pk, body="Hello")
    assert (await hers.receive("message_changed"))["message"]["edited_at"] is None
    assert not await in_thread(MessageEdit.objects.exists)


async def test_what_is_changed_later_bears_a_mark_that_leads_to_it(
    tab_of, says, no_grace, alice, room
):
    message = await says(alice, room, "Tea at five")
    hers = await tab_of(alice, room)
    await hers.ask("edit_message", id=message.pk, body="Tea at six")
    told = (await hers.receive("message_changed"))["message"]
    assert told["edited_at"] is not None
    assert f'href="messages/{message.pk}/edits/"' in told["html"]


def test_the_same_text_is_no_change(alice, room, no_grace):
    message = room.post(alice, "Hello").edit(alice, " Hello ")
    assert (message.edited_at, message.revision) == (None, 1)


def test_who_runs_the_site_leaves_a_mark_at_once(alice, new_user, room):
    staff = new_user("staff", is_staff=True, is_superuser=True)
    assert room.post(alice, "Hello").edit(staff, "Hi").edited_at


def test_members_read_what_it_said_before(client_of, alice, bob, charlie, room, no_grace):
    message = room.post(alice, "Tea at **five**")
    Message.objects.update(created_at=message.created_at - timedelta(days=1))
    where = reverse("edits", args=[room.slug, message.pk])
    assert client_of(bob).get(where).status_code == 404
    for text in ("Tea at six", "Tea at seven"):
        message.edit(alice, text)
    page = client_of(bob).get(where).content.decode()
    assert page.index("Tea at seven") < page.index("Tea at six") < page.index("<strong>five")
    part = client_of(bob).get(where + "?part").content.decode()
    assert "<html" not in part and "Tea at six" in part
    assert client_of(charlie).get(where).status_code == 404


def test_what_a_deleted_message_said_is_gone(client_of, alice, room, no_grace):
    message = room.post(alice, "Secret").edit(alice, "Nothing")
    message.remove(alice)
    assert not MessageEdit.objects.exists()
    where = reverse("edits", args=[room.slug, message.pk])
    assert client_of(alice).get(where).status_code == 404


def test_only_so_many_versions_are_kept(monkeypatch, alice, room, no_grace):
    monkeypatch.setattr(MessageEdit, "KEPT", 2)
    message = room.post(alice, "0")
    for number in "1234":
        message = message.edit(alice, number)
    assert list(message.edits.values_list("body", flat=True)) == ["2", "3"]


def test_what_was_forwarded_cannot_be_changed(room, open_room, alice, bob):
    there = room.post(alice, "I like tea").forward(bob, open_room, knowingly=True)
    with pytest.raises(NotAllowed):
        there.edit(bob, "I quit")


@pytest.mark.parametrize("take_up", ["react", "vote", "reply", "thread"])
def test_what_others_took_up_shows_that_it_was_edited_at_once(room, alice, bob, take_up):
    poll = new_poll(["Yes", "No"]) if take_up == "vote" else None
    message = room.post(alice, "Shall we go home early?", poll=poll)
    {
        "react": lambda: message.react(bob, "👍"),
        "vote": lambda: message.vote(bob, [0]),
        "reply": lambda: room.post(bob, "Yes", reply_to=message.pk),
        "thread": lambda: room.post(bob, "Yes", thread=message.pk),
    }[take_up]()
    edited = message.edit(alice, "Shall we all resign?")
    assert edited.edited_at
    assert edited.edits.get().body == "Shall we go home early?"
