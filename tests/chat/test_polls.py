"""Asking everybody at once."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from chat.models import Vote, new_poll
from chat.threads import in_thread
from tests.sockets import post

pytestmark = pytest.mark.django_db(transaction=True)

TEA = {"choices": ["Green", "Black", "None"]}


@pytest.fixture
def asks(says):
    """asks(user, room, **poll) -> the Message with that poll."""

    async def asks(user, room, **poll):
        options = {"several": False} | poll
        return await says(user, room, "Tea?", poll=new_poll(TEA["choices"], **options))

    return asks


def counts(message: dict) -> list[int]:
    return [choice["count"] for choice in message["poll"]["choices"]]


async def test_everybody_is_asked_and_sees_the_votes_as_they_come(tab_of, alice, bob, room):
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    ack = await hers.ask("send_message", **post(room, "Tea?", poll=TEA))
    told = (await his.receive("new_message"))["message"]
    assert [choice["text"] for choice in told["poll"]["choices"]] == TEA["choices"]
    assert "Green" in told["html"]
    ack = await his.ask("vote", id=ack["id"], choices=[1])
    changed = await hers.receive("message_changed")
    assert ack["revision"] == changed["revision"] == 2
    assert counts(changed["message"]) == [0, 1, 0]
    assert changed["message"]["poll"]["choices"][1]["who"] == [bob.pk]
    assert changed["message"]["poll"]["voters"] == 1


async def test_one_changes_ones_mind_and_takes_ones_vote_back(tab_of, asks, alice, bob, room):
    message = await asks(alice, room)
    his = await tab_of(bob, room)
    for choices, expected in (([0], [1, 0, 0]), ([2], [0, 0, 1]), ([], [0, 0, 0])):
        await his.ask("vote", id=message.pk, choices=choices)
        assert counts((await his.receive("message_changed"))["message"]) == expected


async def test_the_same_vote_changes_nothing(tab_of, asks, alice, room):
    message = await asks(alice, room)
    hers = await tab_of(alice, room)
    first = await hers.ask("vote", id=message.pk, choices=[0])
    assert (await hers.ask("vote", id=message.pk, choices=[0, 0]))["revision"] == first["revision"]


async def test_several_choices_only_where_that_is_asked(tab_of, asks, alice, bob, room):
    one, some = await asks(alice, room), await asks(alice, room, several=True)
    his = await tab_of(bob, room)
    assert (await his.ask("vote", id=one.pk, choices=[0, 1]))["code"] == "invalid"
    await his.ask("vote", id=some.pk, choices=[0, 1])
    told = (await his.receive("message_changed"))["message"]
    assert counts(told) == [1, 1, 0]
    assert told["poll"]["voters"] == 1


async def test_what_is_not_offered_is_not_chosen(tab_of, asks, says, alice, room):
    message, plain = await asks(alice, room), await says(alice, room, "No poll")
    hers = await tab_of(alice, room)
    assert (await hers.ask("vote", id=message.pk, choices=[3]))["code"] == "invalid"
    assert (await hers.ask("vote", id=plain.pk, choices=[0]))["code"] == "not_found"


async def test_nobody_votes_when_its_time_is_over(tab_of, asks, alice, bob, room):
    closes_at = timezone.now() + timedelta(hours=1)
    message = await asks(alice, room, closes_at=closes_at)
    his = await tab_of(bob, room)
    await his.ask("vote", id=message.pk, choices=[0])
    message.poll["closes_at"] = timezone.now().isoformat()
    await in_thread(message.save, update_fields=["poll"])
    assert (await his.ask("vote", id=message.pk, choices=[1]))["code"] == "not_allowed"


async def test_who_asked_or_moderates_closes_it(tab_of, asks, alice, bob, new_user, room):
    carol = await in_thread(new_user, "carol")
    await in_thread(room.admit, carol)
    his, theirs, hers = [await tab_of(person, room) for person in (bob, carol, alice)]
    for closer in (his, hers):
        message = await asks(bob, room)
        assert (await theirs.ask("close_poll", id=message.pk))["code"] == "not_allowed"
        assert (await closer.ask("close_poll", id=message.pk))["type"] == "ack"
        told = (await theirs.receive("message_changed"))["message"]
        assert told["poll"]["closes_at"] is not None
        assert (await theirs.ask("vote", id=message.pk, choices=[0]))["code"] == "not_allowed"


@pytest.mark.parametrize(
    "poll",
    [
        {"choices": ["One"]},
        {"choices": ["One", " "]},
        {"choices": ["One", "One "]},
        {"choices": ["One", "x" * 101]},
        {"choices": [str(number) for number in range(11)]},
        {"choices": ["One", "Two"], "closes_at": "2020-01-01T00:00:00Z"},
        {"choices": ["One", "Two"], "closes_at": "2099-01-01T00:00:00"},
    ],
)
async def test_what_is_no_poll_is_refused(tab_of, alice, room, poll):
    hers = await tab_of(alice, room)
    assert (await hers.ask("send_message", **post(room, "Tea?", poll=poll)))["code"] == "invalid"


async def test_a_poll_asks_something(tab_of, alice, room):
    hers = await tab_of(alice, room)
    assert (await hers.ask("send_message", **post(room, "", poll=TEA)))["code"] == "empty"


async def test_its_votes_go_with_the_message(tab_of, asks, alice, bob, room):
    message = await asks(alice, room)
    await in_thread(message.vote, bob, [0])
    his = await tab_of(bob, room)
    await in_thread(message.remove, alice)
    assert "poll" not in (await his.receive("message_changed"))["message"]
    assert not await in_thread(Vote.objects.exists)


async def test_a_guest_votes_an_outsider_does_not(tab_of, asks, alice, charlie, guest, open_room):
    message = await asks(alice, open_room)
    theirs, his = await tab_of(guest, open_room), await tab_of(charlie)
    assert (await theirs.ask("vote", id=message.pk, choices=[0]))["type"] == "ack"
    assert (await his.ask("vote", id=message.pk, choices=[0]))["code"] == "not_found"


def test_who_chose_what_is_told_to_members(client_of, alice, bob, room):
    message = room.post(alice, "Tea?", poll=new_poll(["Green", "Black"], several=True))
    message.vote(bob, [0, 1])
    message.vote(alice, [1])
    told = client_of(alice).get(reverse("who", args=[room.slug, message.pk])).json()
    assert told["0"] == {"names": ["bob"], "mine": False}
    assert told["1"] == {"names": ["bob", "alice"], "mine": True}
