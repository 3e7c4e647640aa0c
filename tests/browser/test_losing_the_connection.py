import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.people import PASSWORD

# Chromium itself writes these to the console.
EXCUSED = ("WebSocket connection", "Failed to load resource", "ERR_INTERNET_DISCONNECTED")

READ = """
from accounts.models import User
from chat.models import Room
room = Room.objects.get(slug={slug!r})
room.membership_of(User.objects.get(username="bob")).read_up_to(room.last_message_id)
"""


def test_offline_is_said_and_everything_comes_once_and_in_order(talk, complaints):
    alice, bob = talk
    bob.sends("Before")
    alice.sees("Before")
    bob.sends("To be changed")
    alice.sees("To be changed")
    alice.goes_offline()
    bob.does("edit", bob.last)
    bob.page.locator(".edit textarea").fill("Was changed")
    bob.page.locator(".edit textarea").press("Enter")
    bob.sees("Was changed")
    bob.deletes(bob.messages("Before"))
    bob.sends("Meanwhile")
    bob.sees("Meanwhile")
    for text in ("First in the tunnel", "Second in the tunnel"):
        alice.sends(text)
        alice.sees_pending(text)
    alice.page.context.set_offline(False)
    alice.sees("Second in the tunnel")
    bob.sees("Second in the tunnel")
    expect(alice.page.locator("#status")).to_be_empty()
    texts = ["", "Was changed", "Meanwhile", "First in the tunnel", "Second in the tunnel"]
    for person in talk:
        expect(person.page.locator("#log .message > .body")).to_have_text(texts)
    complaints.excuse(*EXCUSED)


def test_what_was_written_offline_survives_a_reload(talk, complaints):
    alice, bob = talk
    path = alice.page.url
    # The page itself can still be had, the socket cannot.
    alice.page.route_web_socket("**/ws/**", lambda ws: ws.close())
    alice.page.reload()
    alice.sends("Written in a tunnel")
    alice.sees_pending("Written in a tunnel")
    alice.page.reload()
    alice.sees_pending("Written in a tunnel")
    alice.page.close()
    alice.page = bob.page.context.browser.contexts[0].new_page()
    alice.page.goto(path)
    alice.sees("Written in a tunnel")
    bob.sees("Written in a tunnel")
    expect(bob.messages("Written in a tunnel")).to_have_count(1)
    alice.has_sent_everything()
    complaints.excuse(*EXCUSED)


def test_a_draft_survives_a_reload_and_is_nobody_elses(talk):
    alice, _ = talk
    alice.writes("Half a thou")
    alice.page.reload()
    expect(alice.composer).to_have_value("Half a thou")
    kept = alice.page.evaluate("JSON.stringify(localStorage)")
    assert all(key.split(":")[1].isdigit() for key in json.loads(kept))


def test_people_come_back_by_themselves_when_the_server_restarts(talk, site, complaints):
    alice, bob = talk
    alice.sends("Before the restart")
    bob.sees("Before the restart")
    expect(alice.page.locator("#log .event")).to_have_text("bob came in")
    arrivals = {person: person.page.locator("#log .event").all_inner_texts() for person in talk}
    site.stop()
    expect(bob.page.locator("#status")).to_contain_text("Reconnecting")
    alice.sends("During the restart")
    alice.sees_pending("During the restart")
    site.start()
    alice.page.bring_to_front()
    bob.page.bring_to_front()
    expect(bob.last.locator(".body")).to_contain_text("During the restart", timeout=40_000)
    alice.has_sent_everything()
    expect(alice.messages("During the restart")).to_have_count(1)
    for person in talk:
        expect(person.page.locator("#people li")).to_have_count(2)
        assert person.page.locator("#log .event").all_inner_texts() == arrivals[person]
    complaints.excuse(*EXCUSED)


def test_a_hole_in_what_is_heard_is_filled(alice, bob, room):
    """A frame that is lost on its way is asked for."""
    lose = {"next": False}

    def relay(ws):
        server = ws.connect_to_server()

        def pass_on(frame):
            if lose["next"] and '"new_message"' in frame:
                lose["next"] = False
            else:
                ws.send(frame)

        server.on_message(pass_on)

    bob.page.route_web_socket("**/ws/**", relay)
    bob.join_room(room)
    lose["next"] = True
    alice.sends("Lost on the way")
    alice.sees("Lost on the way")
    alice.sends("Heard")
    bob.sees("Heard")
    expect(bob.page.locator("#log .message > .body")).to_have_text(["Lost on the way", "Heard"])


@pytest.fixture
def other_room(alice, bob, request) -> str:
    """The slug of a room of both that neither has open."""
    path = alice.create_room(f"Beside {request.node.name}"[:60])
    bob.join_room(path)
    return path.split("/")[2]


def mark_of(person, slug: str):
    return person.page.locator(f"a[data-room='{slug}'][data-unread]")


def test_what_was_missed_is_asked_for_here_and_marked_elsewhere(alice, bob, other_room, room):
    """`missed` comes where no later frame would show the hole."""
    server = {}

    def relay(ws):
        server["to_bob"], real = ws, ws.connect_to_server()
        real.on_message(lambda frame: '"new_message"' in frame or ws.send(frame))

    bob.page.route_web_socket("**/ws/**", relay)
    bob.join_room(room)
    alice.visit(room)
    alice.sends("Never told")
    alice.has_sent_everything()
    # In a thread, or a change to what was said before.
    server["to_bob"].send(json.dumps({"type": "missed", "room": other_room}))
    missed = {"type": "missed", "room": other_room, "newest": 2**40}
    server["to_bob"].send(json.dumps(missed))
    expect(mark_of(bob, other_room)).to_have_count(1)
    expect(bob.page).to_have_title(re.compile(r"^\(\d+\) "))
    server["to_bob"].send(json.dumps({"type": "missed", "room": room.split("/")[2]}))
    bob.sees("Never told")
    expect(mark_of(bob, room.split("/")[2])).to_have_count(0)


def test_what_is_unread_is_known_again_after_an_absence(
    alice, bob, other_room, room, site, complaints
):
    bob.join_room(room)
    bob.goes_offline()
    alice.visit(f"/rooms/{other_room}/")
    alice.sends("Said while bob was away")
    alice.has_sent_everything()
    expect(mark_of(bob, other_room)).to_have_count(0)
    bob.page.context.set_offline(False)
    expect(mark_of(bob, other_room)).to_have_count(1)
    bob.goes_offline()
    site.shell(READ.format(slug=other_room))
    bob.page.context.set_offline(False)
    expect(mark_of(bob, other_room)).to_have_count(0)
    complaints.excuse(*EXCUSED)


@pytest.mark.parametrize("order", ["missed", "resync"])
def test_catching_up_keeps_the_place_and_the_draft(alice, bob, room, order):
    server = {}
    bob.page.route_web_socket(
        "**/ws/**", lambda ws: server.update(to_bob=ws, to_server=ws.connect_to_server())
    )
    for number in range(40):
        alice.sends(f"Number {number}")
    alice.has_sent_everything()
    bob.join_room(room)
    bob.writes("Half a thou")
    bob.scrolls_to(100)
    bob.page.wait_for_timeout(200)
    seen = bob.ids()[10]
    place = bob.place_of(seen)
    server["to_bob"].send(json.dumps({"type": order, "room": room.split("/")[2]}))
    bob.page.wait_for_timeout(1500)
    assert bob.place_of(seen) == pytest.approx(place, abs=1)
    assert len(bob.ids()) == 40
    expect(bob.composer).to_have_value("Half a thou")


def test_signing_out_elsewhere_is_said_and_keeps_what_was_said(alice, room, new_person):
    bob = new_person().sign_in("bob").join_room(room)
    bob.writes("Not yet sen")
    other = bob.page.context.new_page()
    other.goto(f"{bob.url}/accounts/logout/")
    other.locator("form[action*=logout] .primary").click()
    status = bob.page.locator("#status")
    expect(status).to_contain_text("You are signed out")
    bob.sends("Kept for later")
    bob.sees_pending("Kept for later")
    status.get_by_role("link").click()
    bob.page.fill("[name=login]", "bob")
    bob.page.fill("[name=password]", PASSWORD)
    bob.page.press("[name=password]", "Enter")
    bob.sees("Kept for later")
    alice.sees("Kept for later")


def test_a_refused_message_says_why_and_can_be_sent_again(alice, bob, room):
    refuse = {"next": True}

    def relay(ws):
        server = ws.connect_to_server()

        def ask(frame):
            asked = json.loads(frame)
            if refuse["next"] and asked["type"] == "send_message":
                refuse["next"] = False
                error = {"type": "error", "code": "refused", "message": "Not now, please."}
                ws.send(json.dumps(error | {"ref": asked["ref"]}))
            else:
                server.send(frame)

        ws.on_message(ask)
        server.on_message(lambda frame: ws.send(frame))

    bob.page.route_web_socket("**/ws/**", relay)
    bob.join_room(room)
    bob.sends("Once more")
    failed = bob.page.locator("#outbox .failed")
    expect(failed).to_contain_text("Not now, please.")
    failed.get_by_role("button", name="Try again").click()
    bob.sees("Once more")
    alice.sees("Once more")


def test_the_page_that_says_one_is_offline_goes_by_itself(alice, site, complaints):
    alice.visit("/rooms/")
    alice.page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    site.stop()
    alice.page.reload()
    heading = alice.page.locator("h1")
    expect(heading).to_have_text("You are offline")
    site.start()
    expect(heading).to_have_text("Rooms", timeout=40_000)
    complaints.excuse("Failed to load resource", "ERR_CONNECTION_REFUSED")


AWAY = """
from accounts.models import User
from chat.models import Block, Room
alice, bob, charlie = (User.objects.get(username=one) for one in ("alice", "bob", "charlie"))
Room.create(alice, "Gained while away").admit(bob)
Room.objects.get(slug="{other}").post(alice, "@bob while you were away")
Block.put(bob, charlie)
"""


def test_rooms_mentions_and_blocks_of_an_absence_are_known_afterwards(
    bob, charlie, other_room, room, site, complaints
):
    bob.join_room(room)
    charlie.join_room(room)
    charlie.sends("Before he blocked me")
    bob.sees("Before he blocked me")
    bob.goes_offline()
    site.shell(AWAY.format(other=other_room))
    bob.page.context.set_offline(False)
    expect(mark_of(bob, other_room)).to_have_attribute("data-mentions", "1")
    expect(bob.page.get_by_role("link", name="Gained while away")).to_be_visible()
    expect(bob.last).to_contain_text("Message from a person you blocked.")
    expect(bob.last.locator(".body")).not_to_be_visible()
    site.shell(AWAY.split("Room.create")[0] + "Block.lift(bob, charlie)")
    complaints.excuse(*EXCUSED)
