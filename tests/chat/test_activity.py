"""The list of who named one and of what others thought of what one said."""

import pytest

from chat.models import Block, Room
from chat.models.activity import see_what_was_read
from chat.threads import in_thread
from tests.sockets import client_of

pytestmark = pytest.mark.django_db(transaction=True)


def list_of(user, **query) -> str:
    return client_of(user).get("/activity/", query).content.decode()


def test_mentions_and_reactions_are_listed_with_the_way_to_them(room, alice, bob):
    named = room.post(alice, "for @bob")
    everybody = room.post(alice, "tea, @room")
    his = room.post(bob, "mine")
    his.react(alice, "🍵")
    room.post(alice, "of no concern")
    text = list_of(bob)
    for message in (named, everybody, his):
        assert f"?around={message.pk}" in text
    assert "🍵" in text
    assert "of no concern" not in text
    assert text.index("mine") < text.index("tea") < text.index("for @bob")


def test_what_one_does_oneself_or_is_gone_is_not_listed(room, alice, bob):
    room.post(bob, "@bob it is I").react(bob, "🍵")
    room.post(alice, "@bob a slip").remove(alice)
    lost = Room.create(alice, "Lost")
    lost.admit(bob)
    lost.post(alice, "@bob come")
    lost.remove_member(alice, bob)
    text = list_of(bob)
    assert not any(words in text for words in ("it is I", "a slip", "come"))


def test_who_is_blocked_is_not_heard_here_either(room, alice, bob):
    Block.put(bob, alice)
    room.post(alice, "@bob listen")
    room.post(bob, "mine").react(alice, "🍵")
    bob.refresh_from_db()
    assert not bob.has_new_activity
    assert "listen" not in list_of(bob)
    assert "🍵" not in list_of(bob)


def test_pages_follow_each_other_without_a_gap(room, alice, bob, monkeypatch):
    monkeypatch.setattr("chat.views.activity.PAGE_SIZE", 2)
    for number in range(5):
        room.post(alice, f"@bob {number}")
    seen, query = [], {}
    while True:
        response = client_of(bob).get("/activity/", query)
        seen += [entry["message"].body for entry in response.context["entries"]]
        if not response.context["next"]:
            break
        query = {"before": response.context["next"]}
    assert seen == [f"@bob {number}" for number in (4, 3, 2, 1, 0)]
    assert client_of(bob).get("/activity/", {"before": "x"}).status_code == 400


async def test_the_mark_comes_at_once_and_goes_in_all_tabs(tab_of, says, alice, bob, room):
    his = await tab_of(bob)
    await says(alice, room, "@bob")
    assert (await his.receive("activity"))["unread"]
    await in_thread(list_of, bob)
    assert not (await his.receive("activity"))["unread"]


async def test_what_was_read_where_it_was_said_is_not_new_any_more(tab_of, says, alice, bob, room):
    his = await tab_of(bob)
    message = await says(alice, room, "@bob")
    assert (await his.receive("activity"))["unread"]
    await his.ask("mark_read", room=room.slug, id=message.pk)
    assert not (await his.receive("activity"))["unread"]


def test_a_reaction_is_new_until_it_was_looked_at(room, alice, bob):
    message = room.post(alice, "Cake")
    message.react(bob, "👍", True)
    answer = room.post(bob, "@alice, thanks")
    room.membership_of(alice).read_up_to(answer.pk)
    alice.refresh_from_db()
    see_what_was_read(alice)
    alice.refresh_from_db()
    assert alice.has_new_activity
