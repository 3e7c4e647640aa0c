"""Who is here and who is a member, as the page tells it while things change."""

import pytest
from playwright.sync_api import expect

from tests.services import wait_until

EXCUSED = ("WebSocket connection", "Failed to load resource", "ERR_INTERNET_DISCONNECTED")
IS_MEMBER = """
from chat.models import Room
print(Room.objects.get(slug={slug!r}).members.filter(username="bob").exists())
"""


@pytest.fixture
def bob_is_removed(talk, room):
    alice, bob = talk
    alice.visit(f"{room}members/")
    alice.page.locator(".member", has_text="bob").locator("summary").click()
    alice.page.get_by_role("button", name="Remove from the room").click()
    alice.page.locator("#confirm [value=yes]").click()
    expect(bob.page.locator(".removed")).to_be_visible()
    return bob


def test_members_are_counted_while_they_come_and_go(alice, bob, room):
    members = alice.page.locator(".members-link .number")
    expect(members).to_have_text("1")
    bob.join_room(room)
    expect(members).to_have_text("2")
    bob.visit(f"{room}members/")
    bob.page.locator(".leave-room button").click()
    expect(members).to_have_text("1")


def test_who_is_offline_sees_that_the_list_is_old(talk, complaints):
    alice, _ = talk
    pane = alice.page.locator("#people-pane")
    expect(pane).not_to_have_class("stale")
    alice.page.context.set_offline(True)
    expect(pane.locator("#people")).to_have_css("opacity", "0.5")
    alice.page.context.set_offline(False)
    expect(pane.locator("#people")).to_have_css("opacity", "1")
    complaints.excuse(*EXCUSED)


def test_who_was_removed_sees_nobody_and_does_not_walk_in_again(
    bob_is_removed, room, site, complaints
):
    bob = bob_is_removed
    expect(bob.page.locator("#people-pane")).to_have_count(0)
    sent, received = [], []

    def listen(socket):
        socket.on("framesent", lambda frame: sent.append(str(frame)))
        socket.on("framereceived", lambda frame: received.append(str(frame)))

    bob.page.on("websocket", listen)
    bob.page.context.set_offline(True)
    bob.page.context.set_offline(False)
    wait_until(
        lambda: bob.page.wait_for_timeout(20) or any('"welcome"' in frame for frame in received),
        "The welcome",
    )
    assert not [frame for frame in sent if "join_room" in frame]
    assert site.shell(IS_MEMBER.format(slug=room.split("/")[2])).split()[-1] == "False"
    complaints.excuse(*EXCUSED)


def test_a_guest_who_makes_an_account_is_a_guest_no_more(alice, new_person, request):
    room = alice.create_room(request.node.name[:60], guests_allowed=True)
    rambler = new_person().enter_as_guest("Rambler", room).is_connected()
    rambler.sends("Just passing")
    who = alice.sees("Just passing").locator(".who")
    expect(who).to_have_attribute("data-guest", "")
    expect(alice.page.locator("#people [data-guest]")).to_have_count(1)
    rambler.register("rambler")
    expect(who).not_to_have_attribute("data-guest", "")
    rambler.join_room(room)
    expect(alice.page.locator("#people li")).to_have_count(2)
    expect(alice.page.locator("#people [data-guest]")).to_have_count(0)
