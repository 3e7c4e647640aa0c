"""A conversation on the side, begun and gone on with by two people at once."""

import re

import pytest
from playwright.sync_api import Locator, expect


@pytest.fixture
def begun(talk):
    """Bob has a thread open beside the room, under what Alice said; Alice has only the room."""
    alice, bob = talk
    alice.page.keyboard.press("Shift+Escape")  # whatever other conversations left unread
    alice.sends("Shall we move the release?")
    bob.sees("Shall we move the release?")
    bob.does("thread", bob.last)
    expect(bob.page).to_have_url(re.compile(r"\?thread=\d+$"))
    expect(side(bob).locator(".composer textarea")).to_be_focused()
    return alice, bob


def side(person) -> Locator:
    return person.page.locator(".side")


def said_aside(person) -> Locator:
    return side(person).locator(".log .message .body")


def says_aside(person, text: str) -> None:
    field = side(person).locator(".composer textarea")
    field.fill(text)
    field.press("Enter")


def test_what_is_said_on_the_side_stays_out_of_the_room(begun):
    alice, bob = begun
    says_aside(bob, "To Friday")
    expect(said_aside(bob).last).to_have_text("To Friday")
    chip = alice.messages("Shall we").locator(".thread")
    expect(chip).to_contain_text("1 message in the thread")
    expect(alice.messages("To Friday")).to_have_count(0)
    expect(bob.messages("To Friday")).to_have_count(0)
    expect(alice.page.locator("#threads")).to_have_attribute("data-unread", "")

    chip.click()
    expect(said_aside(alice)).to_have_text(["Shall we move the release?", "To Friday"])
    expect(alice.page.locator("#threads")).not_to_have_attribute("data-unread", "")
    says_aside(alice, "Or Monday")
    expect(said_aside(bob).last).to_have_text("Or Monday")
    expect(side(alice).locator(".outbox .message")).to_have_count(0)


def test_the_room_goes_on_beside_the_thread(begun):
    alice, bob = begun
    alice.sends("Lunch?")
    bob.sees("Lunch?")
    expect(said_aside(bob)).to_have_text(["Shall we move the release?"])
    bob.sends("At noon")
    alice.sees("At noon")
    # A reaction shows wherever the message stands.
    bob.messages("Shall we").dblclick()
    for log in ("#log", ".side .log"):
        expect(bob.page.locator(f"{log} .reaction")).to_have_count(1)


def test_the_way_back_closes_the_thread_and_its_address_opens_it(begun):
    _, bob = begun
    says_aside(bob, "To Friday")
    bob.page.go_back()
    expect(side(bob)).to_have_count(0)
    expect(bob.page).to_have_url(re.compile(r"/$"))
    bob.page.go_forward()
    expect(said_aside(bob).last).to_have_text("To Friday")
    bob.page.reload()
    bob.is_connected()
    expect(said_aside(bob).last).to_have_text("To Friday")
    says_aside(bob, "Or Monday")
    expect(said_aside(bob).last).to_have_text("Or Monday")
    bob.page.get_by_role("link", name="Back to the room").click()
    expect(side(bob)).to_have_count(0)
    expect(bob.page).to_have_url(re.compile(r"/$"))


def test_one_thread_gives_way_to_another(begun):
    alice, bob = begun
    says_aside(bob, "To Friday")
    alice.sends("And where do we eat?")
    bob.sees("And where do we eat?")
    bob.does("thread", bob.last)
    expect(said_aside(bob)).to_have_text(["And where do we eat?"])
    says_aside(bob, "At the harbour")
    expect(said_aside(bob).last).to_have_text("At the harbour")
    bob.page.go_back()
    expect(said_aside(bob)).to_have_text(["Shall we move the release?", "To Friday"])


def test_who_types_in_the_thread_is_shown_in_the_thread(begun):
    alice, bob = begun
    alice.does("thread", alice.last)
    expect(side(alice).locator(".composer textarea")).to_be_focused()
    field = side(bob).locator(".composer textarea")
    field.press_sequentially("I thi")
    expect(side(alice).locator(".typing-line")).to_contain_text("bob is typing")
    expect(alice.page.locator("#typing")).to_be_empty()
    field.fill("")
    expect(side(alice).locator(".typing-line")).not_to_be_visible()


def test_on_a_phone_the_thread_takes_the_place_of_the_room(begun):
    alice, bob = begun
    bob.page.set_viewport_size({"width": 390, "height": 844})
    expect(bob.page.locator("#log")).not_to_be_visible()
    assert round(side(bob).bounding_box()["width"]) == 390
    assert not bob.scrolls_sideways()
    # What comes meanwhile is not read.
    title = bob.page.title()
    alice.sends("Lunch?")
    expect(bob.page).not_to_have_title(title)
    bob.page.get_by_role("link", name="Back to the room").click()
    bob.sees("Lunch?")
    expect(bob.page).to_have_title(title)


def test_what_is_written_offline_goes_to_the_thread_it_was_written_in(begun, complaints):
    alice, bob = begun
    bob.page.context.set_offline(True)
    says_aside(bob, "From the train")
    expect(side(bob).locator(".outbox .message")).to_contain_text("From the train")
    bob.page.context.set_offline(False)
    expect(said_aside(bob).last).to_have_text("From the train")
    expect(alice.last.locator(".thread")).to_contain_text("1 message in the thread")
    complaints.excuse("ERR_INTERNET_DISCONNECTED", "WebSocket connection")


def test_drafts_of_room_and_thread_are_apart(begun):
    _, bob = begun
    side(bob).locator(".composer textarea").press_sequentially("Only here")
    expect(bob.composer).to_have_value("")
    bob.page.go_back()
    expect(side(bob)).to_have_count(0)
    bob.page.go_forward()
    expect(side(bob).locator(".composer textarea")).to_have_value("Only here")
