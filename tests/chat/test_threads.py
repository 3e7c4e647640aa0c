"""A side conversation under a message: apart from the room's flow, yet lost as little."""

import pytest

from chat.errors import NotFound
from chat.models import Message, Room
from chat.threads import in_thread
from tests.sockets import post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
async def root(says, alice, room):
    return await says(alice, room, "Shall we move the release?")


async def afresh(message) -> Message:
    return await in_thread(Message.objects.get, pk=message.pk)


async def test_what_is_said_in_a_thread_comes_to_the_room_with_its_root(
    tab_of, alice, bob, room, root
):
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    await his.ask("send_message", **post(room, "To Friday"), thread=root.pk)
    said = await hers.receive("new_message")
    assert said["message"]["thread"] == root.pk
    assert set(said["followers"]) == {alice.pk, bob.pk}
    changed = await hers.receive("message_changed")
    assert changed["message"]["id"] == root.pk
    assert 'data-count="1"' in changed["message"]["html"]
    assert (said["revision"], changed["revision"]) == (2, 3)


def parts(page: str) -> tuple[str, str]:
    """What the room has of messages, and the thread beside it."""
    room, _, side = page.partition('<aside class="conversation side"')
    return room, side


async def test_the_room_shows_only_its_own_flow_and_the_thread_only_its_own(
    client_of, says, alice, bob, room, root
):
    await says(bob, room, "To Friday", thread=root.pk)
    await says(bob, room, "Lunch?")
    client = await in_thread(client_of, alice)
    page = (await in_thread(client.get, f"/rooms/{room.slug}/")).content.decode()
    assert "Lunch?" in page and "To Friday" not in page
    both = (await in_thread(client.get, f"/rooms/{room.slug}/?thread={root.pk}")).content.decode()
    flow, thread = parts(both)
    assert "Lunch?" in flow and "To Friday" not in flow
    assert "To Friday" in thread and "Shall we move" in thread and "Lunch?" not in thread
    fetched = await in_thread(client.get, f"/rooms/{room.slug}/messages/{root.pk}/thread/")
    assert "To Friday" in fetched.content.decode() and "Lunch?" not in fetched.content.decode()


async def test_history_of_a_thread_comes_in_pages_and_its_root_with_the_oldest(
    client_of, says, alice, room, root
):
    for number in range(60):
        await says(alice, room, f"Number {number}", thread=root.pk)
    client = await in_thread(client_of, alice)

    def page(query):
        url = f"/rooms/{room.slug}/messages/?thread={root.pk}{query}"
        return client.get(url, headers={"Accept": "application/json"}).json()

    newest = await in_thread(page, "")
    assert (
        newest["has_older"] and "Number 59" in newest["html"] and "Shall we" not in newest["html"]
    )
    first = await afresh(root)
    tenth = await in_thread(lambda: Message.objects.filter(thread=first)[10].pk)
    oldest = await in_thread(page, f"&before={tenth}")
    assert not oldest["has_older"] and "Shall we" in oldest["html"]


async def test_a_link_to_a_message_of_a_thread_leads_into_the_thread(
    client_of, says, alice, bob, room, root
):
    said = await says(bob, room, "To Friday", thread=root.pk)
    client = await in_thread(client_of, alice)
    answer = await in_thread(client.get, f"/rooms/{room.slug}/?around={said.pk}")
    assert answer["Location"].endswith(f"?thread={root.pk}&around={said.pk}")


async def test_sync_brings_what_was_said_and_what_became_of_the_root(
    tab_of, says, alice, bob, room, root
):
    said = await says(bob, room, "To Friday", thread=root.pk)
    changes = await (await tab_of(alice)).ask("sync", room=room.slug, since=1)
    told = [(one["id"], one["thread"], one["revision"]) for one in changes["messages"]]
    assert told == [(said.pk, root.pk, 2), (root.pk, None, 3)]


async def test_a_deleted_reply_is_no_longer_counted(says, alice, bob, room, root):
    first = await says(bob, room, "To Friday", thread=root.pk)
    second = await says(bob, room, "Or Monday", thread=root.pk)
    await in_thread(second.remove, bob)
    now = await afresh(root)
    assert (now.thread_count, now.thread_last) == (1, first.pk)
    await in_thread(first.remove, bob)
    now = await afresh(root)
    assert (now.thread_count, now.thread_last, now.thread_at) == (0, 0, None)


async def test_a_thread_leaves_the_rooms_unread_mark_alone_and_has_its_own(
    tab_of, says, alice, bob, room, root
):
    await in_thread((await in_thread(room.membership_of, alice)).read_up_to, root.pk)
    said = await says(bob, room, "To Friday", thread=root.pk)
    [mine] = await in_thread(Room.objects.sidebar_for, alice)
    assert not mine.unread
    tab = await tab_of(alice)
    assert tab.welcome["threads"] == [root.pk]
    await tab.ask("mark_read", room=room.slug, id=said.pk)
    read = {"type": "read", "room": room.slug, "id": said.pk, "thread": root.pk}
    assert await tab.receive("read") == read
    assert (await tab_of(alice)).welcome["threads"] == []
    assert (await in_thread(room.membership_of, alice)).last_read == root.pk


async def test_who_left_the_room_has_none_of_its_threads(
    tab_of, client_of, says, alice, bob, room, root
):
    await says(bob, room, "To Friday", thread=root.pk)
    await says(alice, room, "Or Monday", thread=root.pk)
    await in_thread(room.remove_member, alice, bob)
    assert (await tab_of(bob)).welcome["threads"] == []
    page = await in_thread((await in_thread(client_of, bob)).get, "/threads/")
    assert "Shall we move" not in page.content.decode()


async def test_the_list_of_threads_marks_the_unread(client_of, says, alice, bob, room, root):
    await says(bob, room, "To Friday", thread=root.pk)
    client = await in_thread(client_of, alice)
    page = (await in_thread(client.get, "/threads/")).content.decode()
    assert "Shall we move" in page and "room-card unread" in page
    mine = await in_thread((await in_thread(client_of, bob)).get, "/threads/")
    assert "room-card unread" not in mine.content.decode()


@pytest.mark.parametrize("wrong", ["of another room", "in a thread itself", "deleted", "unknown"])
async def test_a_thread_stands_only_under_a_message_of_the_rooms_own_flow(
    says, alice, bob, room, open_room, root, wrong
):
    under = 2**62
    if wrong == "of another room":
        under = (await says(alice, open_room, "Elsewhere")).pk
    elif wrong == "in a thread itself":
        under = (await says(bob, room, "To Friday", thread=root.pk)).pk
    elif wrong == "deleted":
        await in_thread(root.remove, alice)
        under = root.pk
    before = await in_thread(room.messages.count)
    with pytest.raises(NotFound):
        await says(bob, room, "No", thread=under)
    assert await in_thread(room.messages.count) == before


async def test_without_scripts_one_writes_into_the_thread_too(client_of, alice, room, root):
    client = await in_thread(client_of, alice)
    url = f"/rooms/{room.slug}/messages/?thread={root.pk}"
    answer = await in_thread(lambda: client.post(url, {"body": "To Friday"}))
    assert answer["Location"].endswith(f"?thread={root.pk}")
    assert (await afresh(root)).thread_count == 1


async def test_without_scripts_a_refusal_stays_in_the_thread_with_the_words(
    client_of, alice, room, root
):
    client = await in_thread(client_of, alice)
    path = f"{room.get_absolute_url()}messages/?thread={root.pk}"
    answer = await in_thread(client.post, path, {"body": "Tea?", "nonce": "wrong"})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "Tea?</textarea>" in page
    assert f'action="{path}"' in page
    assert "That cannot be read" in page


async def test_an_outsider_sees_no_thread(client_of, says, charlie, bob, room, root):
    await says(bob, room, "To Friday", thread=root.pk)
    client = await in_thread(client_of, charlie)
    for path in ("", "messages/", f"messages/{root.pk}/thread/"):
        answer = await in_thread(client.get, f"/rooms/{room.slug}/{path}?thread={root.pk}")
        assert answer.status_code == 404


async def test_the_list_names_conversations_by_their_people(client_of, says, alice, bob):
    talk = await in_thread(Room.between, alice, [bob])
    for text in ("First", "Second"):
        root = await says(alice, talk, text)
        await says(bob, talk, "Yes", thread=root.pk)
    page = await in_thread((await in_thread(client_of, alice)).get, "/threads/")
    assert page.content.decode().count(f"<bdi>{bob.name}</bdi>") == 2
