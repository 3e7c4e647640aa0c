"""What one has begun to write: the same in all tabs and on all devices of a person."""

import pytest

from chat.models import Draft, Membership, Room
from chat.threads import in_thread
from tests.sockets import client_of

pytestmark = pytest.mark.django_db(transaction=True)

LONGEST = "ü" * 10_000


async def opened(tab, room) -> dict | None:
    return (await tab.ask("join_room", room=room.slug)).get("draft")


def page_of(user, room):
    return client_of(user).get(room.get_absolute_url())


async def test_a_draft_is_there_on_opening_the_room(tab_of, bob, room):
    his = await tab_of(bob, room)
    answer = await his.ask("save_draft", room=room.slug, body="  Dear all,\n")
    assert answer["type"] == "ack"
    assert await opened(await tab_of(bob), room) == {"body": "  Dear all,\n"}
    page = await in_thread(page_of, bob, room)
    assert page.context["config"]["draft"] == {"body": "  Dear all,\n"}


async def test_the_other_tabs_of_a_person_are_told_and_nobody_else(tab_of, alice, bob, room):
    hers, his, elsewhere = await tab_of(alice, room), await tab_of(bob, room), await tab_of(bob)
    await his.ask("save_draft", room=room.slug, body="Well")
    told = await elsewhere.receive("draft")
    assert (told["room"], told["draft"]) == (room.slug, {"body": "Well"})
    await his.nothing("draft")
    await hers.nothing("draft")
    assert await opened(hers, room) is None


async def test_the_last_one_to_save_wins(tab_of, bob, room):
    one, other = await tab_of(bob, room), await tab_of(bob, room)
    await one.ask("save_draft", room=room.slug, body="from here")
    await other.ask("save_draft", room=room.slug, body="from there")
    assert await opened(one, room) == {"body": "from there"}
    assert await in_thread(Draft.objects.count) == 1


@pytest.mark.parametrize("nothing", ["", " \n ", "\0"])
async def test_an_empty_draft_is_none(tab_of, bob, room, nothing):
    his, elsewhere = await tab_of(bob, room), await tab_of(bob)
    for body in ("Well", nothing):
        await his.ask("save_draft", room=room.slug, body=body)
    assert (await elsewhere.receive("draft"))["draft"] == {"body": "Well"}
    assert (await elsewhere.receive("draft"))["draft"] == {}
    assert await opened(elsewhere, room) is None
    assert not await in_thread(Draft.objects.exists)


async def test_a_draft_keeps_what_it_answers(tab_of, says, alice, bob, room):
    question = await says(alice, room, "Coming?")
    his, elsewhere = await tab_of(bob, room), await tab_of(bob)
    await his.ask("save_draft", room=room.slug, body="Yes", reply_to=question.pk)
    reply = {"id": question.pk, "author": "alice", "excerpt": "Coming?"}
    draft = {"body": "Yes", "reply_to": reply}
    assert (await elsewhere.receive("draft"))["draft"] == draft
    assert await opened(elsewhere, room) == draft
    await in_thread(question.remove, alice)
    assert await opened(elsewhere, room) == {"body": "Yes"}
    await his.ask("save_draft", room=room.slug, body="Yes, I", reply_to=question.pk)
    assert await opened(elsewhere, room) == {"body": "Yes, I"}


async def test_a_draft_answers_nothing_of_another_room(tab_of, says, alice, bob, room, charlie):
    there = await in_thread(Room.create, charlie, "Cellar")
    secret = await in_thread(there.post, charlie, "a secret")
    his = await tab_of(bob, room)
    await his.ask("save_draft", room=room.slug, body="What?", reply_to=secret.pk)
    assert await opened(his, room) == {"body": "What?"}


async def test_a_draft_has_at_most_as_many_characters_as_a_message(tab_of, bob, room):
    his = await tab_of(bob, room)
    assert (await his.ask("save_draft", room=room.slug, body=LONGEST))["type"] == "ack"
    assert (await his.ask("save_draft", room=room.slug, body=LONGEST + "n"))["code"] == "invalid"
    assert await opened(his, room) == {"body": LONGEST}


async def test_who_is_not_in_a_room_has_no_draft_there(tab_of, charlie, bob, room):
    hers = await tab_of(charlie)
    answer = await hers.ask("save_draft", room=room.slug, body="Hello")
    assert answer["code"] == "not_found"
    his = await tab_of(bob, room)
    await his.ask("save_draft", room=room.slug, body="Bye")
    await in_thread(room.leave, bob)
    assert not await in_thread(Draft.objects.exists)


async def test_rooms_with_a_draft_are_marked_at_the_side(tab_of, bob, room, open_room):
    his = await tab_of(bob, room)
    await his.ask("save_draft", room=room.slug, body="Well")
    assert (await tab_of(bob)).welcome["drafts"] == [room.slug]
    text = (await in_thread(page_of, bob, open_room)).content.decode()
    assert f'data-room="{room.slug}" data-draft' in text
    assert text.count(" data-draft") == 1


async def test_a_page_without_drafts_reads_none(tab_of, bob, room, django_assert_num_queries):
    await in_thread(room.post, bob, "Hello")
    membership = await in_thread(room.membership_of, bob)

    def read():
        with django_assert_num_queries(0):
            assert membership.draft_or_none is None

    await in_thread(read)


async def test_posting_leaves_the_draft_to_who_writes_it(tab_of, says, bob, room):
    """What is said by other means, forwarded or scheduled, is not what one is writing."""
    his = await tab_of(bob, room)
    await his.ask("save_draft", room=room.slug, body="Well")
    await says(bob, room, "something else")
    assert await opened(his, room) == {"body": "Well"}
    assert await in_thread(Membership.objects.filter(has_draft=True).count) == 1


# In threads ----------------------------------------------------------------------------------


def begun_in(user, root) -> dict:
    return client_of(user).get(f"/rooms/{root.room.slug}/messages/{root.pk}/draft/").json()


async def test_what_is_begun_in_a_thread_follows_too_and_is_not_that_of_the_room(
    tab_of, says, alice, bob, room
):
    root = await says(alice, room, "Coming?")
    his, elsewhere, hers = await tab_of(bob, room), await tab_of(bob), await tab_of(alice, room)
    await his.ask("save_draft", room=room.slug, body="Yes", thread=root.pk, reply_to=root.pk)
    told = await elsewhere.receive("draft")
    draft = {"body": "Yes", "reply_to": {"id": root.pk, "author": "alice", "excerpt": "Coming?"}}
    assert (told["thread"], told["draft"]) == (root.pk, draft)
    assert await in_thread(begun_in, bob, root) == draft
    assert await in_thread(begun_in, alice, root) == {}
    assert await opened(elsewhere, room) is None
    await hers.nothing("draft")


async def test_a_draft_in_a_thread_ends_where_it_is_sent(tab_of, says, alice, bob, room):
    root = await says(alice, room, "Coming?")
    his = await tab_of(bob, room)
    for body in ("Y", "Yes", ""):
        await his.ask("save_draft", room=room.slug, body=body, thread=root.pk)
    assert await in_thread(begun_in, bob, root) == {}


async def test_nothing_is_begun_under_what_is_not_there(tab_of, says, alice, bob, room, charlie):
    there = await in_thread(Room.create, charlie, "Cellar")
    secret = await in_thread(there.post, charlie, "a secret")
    said = await says(bob, room, "Well", thread=(await says(alice, room, "Coming?")).pk)
    his = await tab_of(bob, room)
    for thread in (secret.pk, said.pk, 999_999):
        answer = await his.ask("save_draft", room=room.slug, body="What?", thread=thread)
        assert answer["code"] == "not_found"
    client = await in_thread(client_of, bob)
    url = f"/rooms/{there.slug}/messages/{secret.pk}/draft/"
    assert (await in_thread(client.get, url)).status_code == 404
