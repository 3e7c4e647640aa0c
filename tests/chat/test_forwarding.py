"""Saying something again elsewhere, without giving away what others may not know."""

from uuid import UUID

import pytest
from django.urls import reverse

from chat.errors import NotFound, TooLong
from chat.models import Attachment, Message, Room
from chat.threads import in_thread
from tests.sockets import client_of, post
from tests.uploading import stored_files

pytestmark = pytest.mark.django_db(transaction=True)

NONCE = "6f3b2f06-7b1f-4f4e-9f0f-0d8c8d1c2b11"


@pytest.fixture
def elsewhere(bob, charlie):
    """Another private room, bob's, with charlie in it."""
    room = Room.create(bob, "Loft", kind=Room.Kind.PRIVATE)
    room.admit(charlie)
    return room


async def test_it_says_who_and_where_when_everybody_may_know(
    tab_of, says, alice, bob, charlie, open_room, elsewhere
):
    message = await says(alice, open_room, "**News**")
    his, theirs = await tab_of(bob, open_room), await tab_of(charlie, elsewhere)
    ack = await his.ask("forward", id=message.pk, room=elsewhere.slug, nonce=NONCE)
    told = (await theirs.receive("new_message"))["message"]
    assert (ack["id"], ack["nonce"]) == (told["id"], NONCE)
    assert told["author"]["name"] == "bob"
    assert told["forwarded"] is True
    assert "<strong>News</strong>" in told["html"]
    assert ">alice<" in told["html"]
    assert f"/rooms/{open_room.slug}/?around={message.pk}" in told["html"]


async def test_out_of_a_private_room_it_goes_only_knowingly_and_names_nobody_unknown(
    tab_of, says, alice, bob, charlie, room, elsewhere
):
    message = await says(alice, room, "Between us")
    his, theirs = await tab_of(bob, room), await tab_of(charlie, elsewhere)
    frame = {"id": message.pk, "room": elsewhere.slug, "nonce": NONCE}
    assert (await his.ask("forward", **frame))["code"] == "from_private"
    await theirs.nothing("new_message")
    assert (await his.ask("forward", **frame, knowingly=True))["type"] == "ack"
    told = (await theirs.receive("new_message"))["message"]
    assert "Between us" in told["html"]
    assert "alice" not in told["html"]
    assert room.slug not in told["html"]


async def test_an_author_who_is_there_too_is_named(tab_of, says, alice, bob, room, elsewhere):
    await in_thread(elsewhere.admit, alice)
    message = await says(alice, room, "Between us")
    copy = await in_thread(message.forward, bob, elsewhere, knowingly=True)
    assert copy.forwarded == {"author": {"id": alice.pk, "name": "alice"}}


def test_a_room_that_guests_do_not_see_is_not_named_before_guests(alice, bob, open_room):
    members_only = Room.create(alice, "Staff")
    message = members_only.post(alice, "News")
    assert "room" not in message.forward(alice, open_room).forwarded
    assert "room" in message.forward(alice, Room.create(alice, "Yard")).forwarded


def test_what_was_forwarded_before_does_not_say_whose_it_was(alice, bob, open_room, elsewhere):
    once = open_room.post(alice, "News").forward(bob, elsewhere)
    assert once.forward(bob, open_room, knowingly=True).forwarded == {}


async def test_one_forwards_only_what_one_reads_to_where_one_writes(
    tab_of, says, alice, bob, charlie, room, elsewhere
):
    hidden, read = await says(alice, room, "Between us"), await says(bob, elsewhere, "Hello")
    theirs, hers = await tab_of(charlie), await tab_of(alice)
    for tab, message, where in ((theirs, hidden, elsewhere), (theirs, read, room)):
        frame = {"id": message.pk, "room": where.slug, "nonce": NONCE, "knowingly": True}
        assert (await tab.ask("forward", **frame))["code"] == "not_found"
    await in_thread(room.archive, alice)
    await in_thread(room.admit, charlie)
    frame = {"id": read.pk, "room": room.slug, "nonce": NONCE, "knowingly": True}
    assert (await theirs.ask("forward", **frame))["code"] == "archived"
    assert (await hers.ask("forward", **frame))["code"] == "not_found"


async def test_forwarded_twice_by_mistake_it_is_there_once(
    tab_of, says, alice, bob, open_room, elsewhere
):
    message = await says(alice, open_room, "News")
    his = await tab_of(bob)
    frame = {"id": message.pk, "room": elsewhere.slug, "nonce": NONCE}
    first, second = await his.ask("forward", **frame), await his.ask("forward", **frame)
    assert first["id"] == second["id"]
    assert await in_thread(Message.objects.filter(room=elsewhere).count) == 1


async def test_a_poll_stays_where_it_was_asked(tab_of, alice, bob, open_room, elsewhere):
    his = await tab_of(bob, open_room)
    poll = {"choices": ["Yes", "No"]}
    asked = await his.ask("send_message", **post(open_room, "Tea?", poll=poll))
    frame = {"id": asked["id"], "room": elsewhere.slug, "nonce": NONCE}
    assert (await his.ask("forward", **frame))["code"] == "not_allowed"


def test_what_is_deleted_stays_what_was_forwarded(alice, bob, open_room, elsewhere):
    message = open_room.post(alice, "News")
    copy = message.forward(bob, elsewhere)
    message.remove(alice)
    assert Message.objects.get(pk=copy.pk).body == "News"


# Files ------------------------------------------------------------------------------------------


@pytest.fixture
def pictured(uploaded, alice, open_room):
    """A message of alice's with two files."""
    ids = [uploaded(alice, open_room, name=f"{name}.png")["id"] for name in ("one", "two")]
    return open_room.post(alice, "Look", attachments=ids[::-1])


def answers(user, file: dict) -> int:
    return client_of(user).get(reverse("file", args=[file["id"], file["name"]])).status_code


def test_files_go_along_as_the_same_bytes_under_rights_of_their_own(
    pictured, alice, bob, charlie, room, elsewhere
):
    secret = pictured.forward(alice, room)
    before = stored_files()
    copy = secret.forward(bob, elsewhere, knowingly=True)
    assert stored_files() == before
    assert [file["name"] for file in copy.files] == ["two.png", "one.png"]
    # Who reads only one of the rooms gets only what is there.
    assert [answers(alice, secret.files[0]), answers(alice, copy.files[0])] == [200, 404]
    assert [answers(charlie, secret.files[0]), answers(charlie, copy.files[0])] == [404, 200]


@pytest.mark.parametrize("first", ["the original", "the copy"])
def test_the_bytes_go_with_the_last_message_that_has_them(
    pictured, alice, bob, elsewhere, first, work
):
    copy = pictured.forward(bob, elsewhere)
    deletions = [(pictured, alice), (copy, bob)]
    if first == "the copy":
        deletions.reverse()
    (one, whose), (other, theirs) = deletions
    one.remove(whose)
    work()
    assert [answers(theirs, file) for file in other.files] == [200, 200]
    other.remove(theirs)
    work()
    assert stored_files() == []


def test_the_bytes_go_too_when_both_let_go_at_once(pictured, alice, bob, elsewhere, work):
    copy = pictured.forward(bob, elsewhere)
    pictured.remove(alice)
    copy.remove(bob)
    work()
    assert stored_files() == []
    assert not Attachment.objects.exists()


def test_files_that_are_gone_meanwhile_are_not_forwarded(pictured, alice, bob, elsewhere):
    stale = Message.objects.get(pk=pictured.pk)
    pictured.remove(alice)
    with pytest.raises(NotFound):
        stale.forward(bob, elsewhere)
    assert not Attachment.objects.filter(is_whole=True).exists()
    assert not elsewhere.messages.exists()


def test_forwarded_files_count_in_the_quota_of_who_forwards(settings, pictured, bob, elsewhere):
    settings.QUOTA_BYTES = pictured.files[0]["size"]
    with pytest.raises(TooLong, match="may take up"):
        pictured.forward(bob, elsewhere)
    assert Attachment.objects.count() == 2


def test_files_forwarded_twice_by_mistake_are_there_once(pictured, bob, elsewhere):
    first, second = [pictured.forward(bob, elsewhere, nonce=UUID(NONCE)) for _ in range(2)]
    assert first == second
    assert Attachment.objects.count() == 4
