"""Putting an emoji to what somebody said."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chat import hub
from chat.models import Message, Reaction
from chat.models import tally as tallies
from chat.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


async def test_everybody_sees_it_in_the_order_of_revisions(tab_of, says, alice, bob, room):
    message = await says(alice, room, "Hello")
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    ack = await his.ask("react", id=message.pk, emoji="👍", on=True)
    told = await hers.receive("message_changed")
    assert ack["revision"] == told["revision"] == told["message"]["revision"] == 2
    assert told["message"]["reactions"] == [{"emoji": "👍", "count": 1, "who": [bob.pk]}]
    assert f'data-key="👍" data-who="{bob.pk}"' in told["message"]["html"]
    assert told["message"]["edited_at"] is None


async def test_the_same_again_changes_nothing(tab_of, says, alice, bob, room):
    message = await says(alice, room, "Hello")
    his = await tab_of(bob, room)
    first = await his.ask("react", id=message.pk, emoji="👍", on=True)
    await his.receive("message_changed")
    again = await his.ask("react", id=message.pk, emoji="👍", on=True)
    assert again["revision"] == first["revision"] == 2
    never = await his.ask("react", id=message.pk, emoji="🎉", on=False)
    assert never["revision"] == 2
    await his.nothing("message_changed")


async def test_many_in_one_moment_are_told_in_few_frames_and_none_is_missed(
    tab_of, says, alice, bob, room, monkeypatch
):
    monkeypatch.setattr(hub, "MOMENT", 2)
    message = await says(alice, room, "Hello")
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    signs = ["👍", "🎉", "👋", "🍵", "🚲", "💡", "✅", "🌿"]
    for sign in signs:
        await his.send("react", id=message.pk, emoji=sign, on=True)
    heard: list[int] = []
    frames = 0
    while len(heard) < len(signs):
        told = await hers.receive("message_changed")
        heard += [*told.get("also", []), told["revision"]]
        frames += 1
    assert heard == list(range(2, 2 + len(signs)))
    assert [one["emoji"] for one in told["message"]["reactions"]] == signs
    assert frames < len(signs) / 2
    await hers.nothing("message_changed")


async def test_it_is_taken_back(tab_of, says, alice, bob, room):
    message = await says(alice, room, "Hello")
    for person in (alice, bob):
        await in_thread(message.react, person, "👍")
    his = await tab_of(bob, room)
    await his.ask("react", id=message.pk, emoji="👍", on=False)
    told = (await his.receive("message_changed"))["message"]
    assert told["reactions"] == [{"emoji": "👍", "count": 1, "who": [alice.pk]}]


async def test_who_was_away_catches_up_with_it(tab_of, says, alice, bob, room):
    message = await says(alice, room, "Hello")
    await in_thread(message.react, bob, "👍")
    hers = await tab_of(alice, room)
    changes = await hers.ask("sync", room=room.slug, since=1)
    assert changes["messages"][0]["reactions"][0]["who"] == [bob.pk]


@pytest.mark.parametrize("sign", ["x", "👍👍", "<b>", ":+1:", "👍x", "\u200d", "\ufe0f"])
async def test_only_one_emoji_is_a_reaction(tab_of, says, alice, room, sign):
    message = await says(alice, room, "Hello")
    hers = await tab_of(alice, room)
    error = await hers.ask("react", id=message.pk, emoji=sign, on=True)
    assert error["code"] == "invalid"


@pytest.mark.parametrize(
    ("sign", "kept"),
    [("❤", "❤️"), ("❤️", "❤️"), ("👍🏽", "👍🏽"), ("🇩🇪", "🇩🇪"), ("🧑‍🏫", "🧑‍🏫"), ("1️⃣", "1️⃣")],
)
def test_an_emoji_is_kept_in_one_way(alice, room, sign, kept):
    message = room.post(alice, "Hello").react(alice, sign)
    assert message.reaction_tally[0]["key"] == kept


async def test_a_guest_reacts_like_everybody(tab_of, says, alice, guest, open_room):
    message = await says(alice, open_room, "Hello")
    theirs = await tab_of(guest, open_room)
    assert (await theirs.ask("react", id=message.pk, emoji="👋", on=True))["type"] == "ack"


async def test_who_is_not_a_member_any_more_reacts_no_more(tab_of, says, alice, bob, room):
    message = await says(alice, room, "Hello")
    his = await tab_of(bob, room)
    await in_thread(room.remove_member, alice, bob)
    error = await his.ask("react", id=message.pk, emoji="👍", on=True)
    assert error["code"] == "not_found"


async def test_in_an_archived_room_nothing_is_added(tab_of, says, alice, room):
    message = await says(alice, room, "Hello")
    await in_thread(room.archive, alice)
    hers = await tab_of(alice, room)
    error = await hers.ask("react", id=message.pk, emoji="👍", on=True)
    assert error["code"] == "archived"


async def test_it_goes_with_the_message(tab_of, says, alice, bob, room):
    message = await says(alice, room, "Hello")
    await in_thread(message.react, bob, "👍")
    his = await tab_of(bob, room)
    await in_thread(message.remove, alice)
    assert (await his.receive("message_changed"))["message"]["reactions"] == []
    error = await his.ask("react", id=message.pk, emoji="👍", on=True)
    assert error["code"] == "not_found"
    assert not await in_thread(Reaction.objects.exists)


async def test_one_may_only_react_so_often(tab_of, says, limit, alice, room):
    message = await says(alice, room, "Hello")
    limit(react="1 per minute")
    hers = await tab_of(alice, room)
    await hers.ask("react", id=message.pk, emoji="👍", on=True)
    error = await hers.ask("react", id=message.pk, emoji="👍", on=False)
    assert error["code"] == "too_fast"


def test_there_are_only_so_many_kinds_but_each_can_be_joined(monkeypatch, alice, bob, room):
    monkeypatch.setattr(Reaction, "KINDS", 2)
    message = room.post(alice, "Hello")
    for sign in "👍🎉":
        message.react(alice, sign)
    with pytest.raises(Exception, match="2 different reactions"):
        message.react(bob, "👀")
    assert message.react(bob, "🎉").reaction_tally[1]["count"] == 2


def test_of_many_people_only_the_first_are_listed(monkeypatch, alice, bob, new_user, room):
    monkeypatch.setattr(tallies, "NAMED", 2)
    message = room.post(alice, "Hello")
    carol = new_user("carol")
    room.admit(carol)
    message.react(bob, "🎉")
    for person in (alice, bob, carol):
        message = message.react(person, "👍")
    assert message.reaction_tally == [
        {"key": "🎉", "count": 1, "who": [bob.pk]},
        {"key": "👍", "count": 3, "who": [alice.pk, bob.pk]},
    ]


def test_a_page_costs_as_many_queries_with_reactions_as_without(alice, bob, room):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            for message in room.messages.page().messages:
                assert message.reaction_tally is not None
        return len(queries)

    messages = [room.post(alice, f"Number {number}") for number in range(3)]
    plain = cost()
    for message in messages:
        message.react(bob, "👍")
    assert cost() == plain


def test_who_it_was_is_told_to_members(client_of, alice, bob, charlie, room):
    message = room.post(alice, "Hello")
    for person in (alice, bob):
        message.react(person, "👍")
    message.react(bob, "🎉")
    where = reverse("who", args=[room.slug, message.pk])
    assert client_of(alice).get(where).json() == {
        "👍": {"names": ["alice", "bob"], "mine": True},
        "🎉": {"names": ["bob"], "mine": False},
    }
    assert client_of(charlie).get(where).status_code == 404


async def test_all_who_react_at_once_are_counted(says, alice, new_user, room):
    """On PostgreSQL really at once; each in a transaction of its own."""
    import asyncio

    message = await says(alice, room, "Hello")
    people = [await in_thread(new_user, f"person{number}") for number in range(20)]
    for person in people:
        await in_thread(room.admit, person)
    await asyncio.gather(*(in_thread(message.react, person, "👍") for person in people))
    message = await in_thread(Message.objects.get, pk=message.pk)
    assert message.reaction_tally[0]["count"] == 20
    assert message.revision == 21
