"""Who is here: counted per connection, told per person, once in a while."""

import time
from types import SimpleNamespace

import channels.layers
import pytest
import uvloop

from chat import audience, hub, presence
from chat.threads import in_thread
from tests.sockets import session_of

pytestmark = pytest.mark.django_db(transaction=True)


async def test_coming_and_going_is_told(tab_of, alice, bob, room):
    hers = await tab_of(alice, room)
    his = await tab_of(bob, room)
    await hers.receive("user_joined", room=room.slug, user=his.me)
    here = await hers.receive("presence", count=2)
    assert [person["name"] for person in here["users"]] == ["alice", "bob"]
    await his.disconnect()
    await hers.receive("user_left", room=room.slug, user=his.me)
    here = await hers.receive("presence", count=1)
    assert [person["name"] for person in here["users"]] == ["alice"]


async def test_members_are_counted_though_they_are_not_here(tab_of, alice, bob, room):
    hers = await tab_of(alice, room)
    await hers.receive("presence", count=1, members=2)
    await in_thread(room.remove_member, alice, bob)
    await hers.receive("presence", count=1, members=1)


async def test_two_tabs_are_one_person(tab_of, alice, bob, room):
    hers = await tab_of(alice, room)
    first, second = await tab_of(bob, room), await tab_of(bob, room)
    await hers.receive("presence", count=2)
    hers.read_all()
    await hers.nothing("user_joined", "presence")
    await first.disconnect()
    await hers.nothing("user_left")
    await second.disconnect()
    await hers.receive("user_left")


async def test_a_reload_is_not_a_departure(tab_of, alice, bob, room, monkeypatch):
    monkeypatch.setattr(presence, "GRACE", 5.0)
    hers = await tab_of(alice, room)
    cookie = await in_thread(session_of, bob)
    his = await tab_of(bob, room, cookie=cookie)
    await hers.receive("presence", count=2)
    await his.disconnect()
    await tab_of(bob, room, cookie=cookie)
    hers.read_all()
    await hers.nothing("user_left", "user_joined", "presence")


async def test_who_closes_the_room_has_left_at_once(tab_of, alice, bob, room, monkeypatch):
    monkeypatch.setattr(presence, "GRACE", 60.0)
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    await hers.receive("presence", count=2)
    await his.ask("leave_room", room=room.slug)
    await hers.receive("user_left")


async def test_many_at_once_are_told_in_one_frame(tab_of, new_user, alice, open_room, monkeypatch):
    """Somebody more costs the others one frame, not one for each who is here."""
    monkeypatch.setattr(audience, "PAUSE", 3600.0)
    hers = await tab_of(alice, open_room)
    await hers.receive("presence", count=1)
    for number in range(audience.ANNOUNCED + 2):
        await tab_of(await in_thread(new_user, f"person{number}"), open_room)
    hers.read_all()
    [room] = audience.Audience.open.values()
    await room._look()
    await hers.receive("presence", count=audience.ANNOUNCED + 3)
    await hers.nothing()


async def test_entries_of_a_process_that_died_end_by_themselves(
    tab_of, alice, bob, room, monkeypatch
):
    monkeypatch.setattr(audience, "LOOK_AGAIN", 0.2)
    monkeypatch.setattr(presence, "LIFETIME", 1.0)
    await in_thread(presence.enter, (room.pk, bob.pk, "a tab of a process that died"))
    monkeypatch.setattr(presence, "LIFETIME", 60.0)
    hers = await tab_of(alice, room)
    await hers.receive("user_left")


def test_what_is_renewed_goes_on(room, alice, bob, monkeypatch):
    clock = SimpleNamespace(time=time.time)
    monkeypatch.setattr(presence, "time", clock)
    entry, other = (room.pk, alice.pk, "tab"), (room.pk, bob.pk, "tab of a process that died")
    presence.renew([entry, other])
    for minutes in (0.6, 1.2):
        clock.time = lambda later=minutes * presence.LIFETIME: time.time() + later
        presence.renew([entry])
    assert presence.present(room.pk) == {alice.pk}


def test_rooms_are_counted_together(room, open_room, alice, bob):
    presence.enter((room.pk, alice.pk, "one"))
    presence.enter((room.pk, alice.pk, "two"))
    presence.enter((room.pk, bob.pk, "three"))
    presence.enter((open_room.pk, bob.pk, "three"))
    assert presence.counts([room.pk, open_room.pk]) == {room.pk: 2, open_room.pk: 1}
    presence.leave((room.pk, bob.pk, "three"), grace=0)
    assert presence.present(room.pk) == {alice.pk}


async def test_guests_are_marked(tab_of, alice, guest, open_room):
    hers = await tab_of(alice, open_room)
    theirs = await tab_of(guest, open_room)
    await hers.receive("user_joined", user=theirs.me)
    assert (theirs.me["name"], theirs.me["guest"]) == ("Wanderer", True)


def test_a_look_that_is_due_at_once_is_moved_on_uvloop_too():
    """Its handles for what is due at once do not say when that is."""

    async def arrange():
        den = audience.Audience(hub.RoomHub(), SimpleNamespace(pk=1, slug="den"))
        den.started.cancel()
        for _ in range(2):
            den.heed({"do": "presence"})
        den.hub.stop()
        den.next_look.cancel()

    uvloop.run(arrange())
    channels.layers.channel_layers.backends.clear()
