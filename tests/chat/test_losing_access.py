"""Who may not, may not: frame by frame, and from the moment on when access is lost."""

from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from chat import broadcasts, watch
from chat.broadcasts import room_group
from chat.threads import in_thread
from chat.watch import running_watch
from tests.sockets import Tab, client_of, post, session_of

pytestmark = pytest.mark.django_db(transaction=True)

# Each frame that needs a room, made from the room and a message of bob's in it.
FRAMES = {
    "join_room": lambda room, message: {"room": room.slug},
    "send_message": lambda room, message: post(room),
    "edit_message": lambda room, message: {"id": message.pk, "body": "Mine now"},
    "delete_message": lambda room, message: {"id": message.pk},
    "typing_start": lambda room, message: {"room": room.slug},
    "mark_read": lambda room, message: {"room": room.slug, "id": message.pk},
    "sync": lambda room, message: {"room": room.slug, "since": 0},
}
FOR_MEMBERS = pytest.mark.parametrize("frame", FRAMES)


@pytest.fixture(params=["outsider", "removed member", "guest"])
def intruder(request, room, alice, charlie, guest):
    if request.param == "guest":
        return guest
    if request.param == "removed member":
        room.admit(charlie)
        room.remove_member(alice, charlie)
    return charlie


@FOR_MEMBERS
async def test_for_who_is_no_member_the_room_does_not_exist(
    tab_of, says, alice, bob, room, intruder, frame
):
    message = await says(bob, room, "For members")
    hers, theirs = await tab_of(alice, room), await tab_of(intruder)
    await hers.receive("user_joined", user=hers.me)
    answer = await theirs.ask(frame, **FRAMES[frame](room, message))
    assert (answer["type"], answer["code"]) == ("error", "not_found")
    nowhere = type(room)(slug="no-such-room")
    nothing = type(message)(pk=999_999)
    same = await theirs.ask(frame, **FRAMES[frame](nowhere, nothing))
    assert {**same, "ref": None} == {**answer, "ref": None}
    await hers.nothing("new_message", "message_changed", "typing_indicator_update", "user_joined")
    await in_thread(room.refresh_from_db)
    assert room.revision == 1
    await theirs.nothing()


@FOR_MEMBERS
async def test_who_is_signed_out_is_told_so_and_the_socket_closes(tab_of, says, bob, room, frame):
    """Also where the order to close got lost: the next frame finds out."""
    message = await says(bob, room, "Mine")
    cookie = await in_thread(session_of, bob)
    his = await tab_of(bob, room, cookie=cookie)
    # Past the signals that would tell the socket.
    await in_thread(Session.objects.filter(pk=cookie).update, expire_date=timezone.now())
    if frame == "typing_start":
        await his.send("typing_start", room=room.slug)
        frame = "sync"
    answer = await his.ask(frame, **FRAMES[frame](room, message))
    assert (answer["type"], answer["code"]) == ("error", "signed_out")
    assert await his.closed() == 4401
    await in_thread(room.refresh_from_db)
    assert room.revision == 1


async def test_without_a_session_there_is_no_socket(live, room):
    for cookie in (None, "made-up"):
        tab = Tab(cookie)
        await tab.connect()
        assert await tab.closed() == 4401
        assert [frame["code"] for frame in tab.read_all()] == ["signed_out"]
        await tab.disconnect()


# What ends delivery at once ---------------------------------------------------------------------


async def test_a_removed_member_is_told_and_hears_no_more(tab_of, says, alice, bob, room):
    hers, his, elsewhere = await tab_of(alice, room), await tab_of(bob, room), await tab_of(bob)
    await hers.receive("presence", count=2)
    await in_thread(room.remove_member, alice, bob)
    for tab in (his, elsewhere):
        assert (await tab.receive("removed_from_room"))["room"] == room.slug
        assert (await tab.receive("decided"))["kind"] == "shown_out"
    await hers.receive("user_left", user=his.me)
    for tab in (his, elsewhere):
        tab.read_all()
    await says(alice, room, "Among ourselves")
    await hers.send("typing_start", room=room.slug)
    await hers.receive("new_message")
    await hers.receive("typing_indicator_update")
    for tab in (his, elsewhere):
        await tab.nothing()


async def test_who_comes_back_hears_again(tab_of, says, alice, bob, room):
    his = await tab_of(bob, room)
    await in_thread(room.remove_member, alice, bob)
    await his.receive("removed_from_room")
    await in_thread(room.admit, bob)
    await his.receive("added_to_room")
    await says(alice, room, "Welcome back")
    await his.receive("new_message")
    assert (await his.ask("join_room", room=room.slug))["type"] == "ack"


async def test_when_guests_are_no_longer_welcome_they_are_shown_out(
    tab_of, says, alice, guest, open_room
):
    theirs = await tab_of(guest, open_room)
    about = {"name": "Garden", "topic": "", "kind": "public", "guests_allowed": False}
    await in_thread(open_room.edit, alice, **about)
    await theirs.receive("removed_from_room")
    theirs.read_all()
    await says(alice, open_room, "Among ourselves")
    await theirs.nothing("new_message")


async def test_signing_out_closes_the_tabs_of_this_session_only(tab_of, says, alice, bob, room):
    browser = await in_thread(client_of, bob)
    here = await tab_of(bob, room, cookie=browser.cookies["chatsite_session"].value)
    other = await tab_of(bob, room)
    await in_thread(browser.post, "/accounts/logout/")
    assert await here.closed() == 4401
    await says(alice, room, "Hello")
    await other.receive("new_message")
    assert not here.read_all("new_message")


def change_password(user):
    user.set_password("Another-horse8")
    user.save()


def deactivate(user):
    user.deactivate()


@pytest.mark.parametrize("end", [change_password, deactivate])
async def test_all_tabs_of_the_person_close(tab_of, says, alice, bob, room, end):
    hers = await tab_of(alice, room)
    tabs = [await tab_of(bob, room), await tab_of(bob)]
    # Who comes and goes between two looks is not told at all.
    await hers.receive("user_joined", user=tabs[0].me)
    await in_thread(end, bob)
    for tab in tabs:
        assert await tab.closed() == 4401
        assert tab.read_all("error")[0]["code"] == "signed_out"
    await hers.receive("user_left", user=tabs[0].me)
    await says(alice, room, "Among ourselves")
    await hers.receive("new_message")
    assert not any(tab.read_all("new_message") for tab in tabs)


@pytest.mark.parametrize("end", [change_password, deactivate])
async def test_the_old_session_does_not_open_a_socket_again(live, bob, end):
    cookie = await in_thread(session_of, bob)
    await in_thread(end, bob)
    tab = Tab(cookie)
    await tab.connect()
    assert await tab.closed() == 4401
    await tab.disconnect()


async def test_nothing_is_written_behind_the_close(tab_of, bob, room):
    his = await tab_of(bob, room)
    [served] = running_watch().tabs
    served.lose_everything()
    assert await his.closed() == 4401
    served.tell('{"type": "pong"}')  # as from a room that it looks at until it is left
    assert await his.connection.receive_nothing()


# What finds out when the order went astray -------------------------------------------------------


@pytest.fixture
def lost(monkeypatch):
    """`with lost():` the channel layer loses what is published."""

    @contextmanager
    def lost():
        with monkeypatch.context() as patch:
            patch.setattr(broadcasts, "publish", lambda *_, **__: None)
            yield

    return lost


async def test_the_watch_closes_tabs_whose_session_has_expired(tab_of, bob, room):
    cookie = await in_thread(session_of, bob)
    his = await tab_of(bob, room, cookie=cookie)
    past = timezone.now() - timedelta(seconds=1)
    await in_thread(Session.objects.filter(pk=cookie).update, expire_date=past)
    await watch.running_watch().check_access()
    assert await his.closed() == 4401


async def test_the_watch_closes_tabs_of_who_was_deactivated(tab_of, bob, room, lost):
    his = await tab_of(bob, room)
    with lost():
        await in_thread(bob.deactivate)
    await watch.running_watch().check_access()
    assert await his.closed() == 4401


async def test_the_watch_finds_memberships_lost_and_gained(
    tab_of, says, alice, bob, charlie, room, lost
):
    his, theirs = await tab_of(bob, room), await tab_of(charlie)
    with lost():
        await in_thread(room.remove_member, alice, bob)
        await in_thread(room.admit, charlie)
    await watch.running_watch().check_access()
    await his.receive("removed_from_room", room=room.slug)
    await says(alice, room, "Among ourselves")
    await theirs.receive("new_message")
    await his.nothing("new_message")


async def test_who_is_let_in_and_out_in_one_breath_is_out(tab_of, bob, open_room):
    """Both orders are heeded before anything that the first one has begun can go on."""
    his = await tab_of(bob)
    (tab,) = running_watch().tabs
    tab.lose_room(open_room.pk)
    tab.heed({"do": "join", "room": open_room.pk})
    tab.heed({"do": "leave", "room": open_room.pk})
    await his.ask("ping")
    assert tab not in tab.hub.members.get(room_group(open_room.pk), set())


async def test_who_is_shown_out_while_they_connect_is_out(tab_of, bob, open_room):
    """What was read before the order came does not bring them back."""
    await tab_of(bob)
    (tab,) = running_watch().tabs
    group = room_group(open_room.pk)
    tab.heed({"do": "leave", "room": open_room.pk})
    await tab.join_rooms({open_room.pk: 0})
    assert tab not in tab.hub.members.get(group, set())
    assert group not in tab.groups
    tab.heed({"do": "join", "room": open_room.pk})
    await tab.join_rooms({open_room.pk: 0})
    assert tab in tab.hub.members[group]
