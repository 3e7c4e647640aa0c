"""What everybody should find again: the board of a room."""

import pytest
from django.urls import reverse

from chat.errors import NotAllowed
from chat.models import Block, Membership, Message, Room
from chat.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)


async def test_everybody_sees_what_is_pinned_and_unpinned(tab_of, says, alice, bob, room):
    message = await says(bob, room, "The rules")
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    for on, revision in ((True, 2), (False, 3)):
        ack = await hers.ask("pin", id=message.pk, on=on)
        told = await his.receive("message_changed")
        assert ack["revision"] == told["revision"] == revision
        assert told["message"]["pinned"] is on
        assert ('class="pinned"' in told["message"]["html"]) is on


async def test_the_same_again_changes_nothing(tab_of, says, alice, room):
    message = await says(alice, room, "The rules")
    hers = await tab_of(alice, room)
    await hers.ask("pin", id=message.pk, on=True)
    assert (await hers.ask("pin", id=message.pk, on=True))["revision"] == 2


async def test_only_who_moderates_the_room_pins(tab_of, says, alice, bob, room):
    message = await says(bob, room, "My own words")
    his = await tab_of(bob, room)
    assert (await his.ask("pin", id=message.pk, on=True))["code"] == "not_allowed"
    await in_thread(room.set_role, alice, bob, Membership.Role.MODERATOR)
    assert (await his.ask("pin", id=message.pk, on=True))["type"] == "ack"


def test_in_a_direct_conversation_both_pin(client_of, alice, bob, room):
    direct = Room.between(alice, [bob])
    message = direct.post(alice, "Our address")
    assert message.pin(bob).pinned_at
    assert "Unpin" in client_of(bob).get(reverse("pins", args=[direct.slug])).content.decode()
    Block.put(alice, bob)
    with pytest.raises(NotAllowed):
        message.pin(bob, False)


async def test_in_an_archived_room_the_board_stays_as_it_is(tab_of, says, alice, room):
    message = await says(alice, room, "The rules")
    await in_thread(room.archive, alice)
    hers = await tab_of(alice, room)
    assert (await hers.ask("pin", id=message.pk, on=True))["code"] == "archived"


def test_the_board_is_a_page_whose_rows_lead_to_the_messages(client_of, alice, bob, charlie, room):
    first, second, third = (room.post(bob, text) for text in ("One", "Two", "Three"))
    first.pin(alice)
    third.pin(alice)
    where = reverse("pins", args=[room.slug])
    page = client_of(bob).get(where).content.decode()
    assert page.index(f"?around={third.pk}") < page.index(f"?around={first.pk}")
    assert f"?around={second.pk}" not in page
    assert "Unpin" not in page
    assert client_of(charlie).get(where).status_code == 404


def test_who_moderates_takes_it_off_there(client_of, alice, bob, room):
    message = room.post(bob, "One").pin(alice)
    where = reverse("unpin", args=[room.slug, message.pk])
    assert client_of(bob).post(where).status_code == 403
    assert client_of(alice).post(where).status_code == 302
    assert not Message.objects.pinned().exists()


def test_what_is_deleted_is_not_on_the_board(alice, room):
    room.post(alice, "One").pin(alice).remove(alice)
    assert not Message.objects.pinned().exists()


def test_the_board_is_not_endless(monkeypatch, alice, room):
    monkeypatch.setattr(Message, "MOST_PINS", 1)
    first, second = room.post(alice, "One"), room.post(alice, "Two")
    first.pin(alice)
    with pytest.raises(NotAllowed, match="Unpin one first"):
        second.pin(alice)
    first.pin(alice, False)
    assert second.pin(alice).pinned_at


def test_what_a_blocked_person_said_is_folded_wherever_it_is_listed(
    client_of, room, alice, bob, no_grace
):
    message = room.post(bob, "The rules")
    message.edit(bob, "The new rules")
    message.pin(alice)
    edits = reverse("edits", args=[room.slug, message.pk])
    urls = [reverse("pins", args=[room.slug]), edits, f"{edits}?part", reverse("search") + "?q=new"]
    as_alice = client_of(alice)
    for blocked in (False, True):
        if blocked:
            Block.put(alice, bob)
        for url in urls:
            page = as_alice.get(url).content.decode()
            assert "rules" in page
            assert ("folded-away" in page) is blocked
            if blocked:
                before, _, rest = page.partition("folded-away")
                inside, _, after = rest.partition("</details>")
                assert "rules" in inside and "rules" not in before + after
