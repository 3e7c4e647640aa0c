"""A conversation on the side, begun and gone on with by two people at once."""

import re

import pytest
from playwright.sync_api import expect


@pytest.fixture
def begun(talk):
    """Bob is in a thread under what Alice said; Alice is in the room."""
    alice, bob = talk
    alice.sends("Shall we move the release?")
    bob.sees("Shall we move the release?")
    bob.does("thread", bob.last)
    bob.page.wait_for_url(re.compile(r"\?thread=\d+$"))
    bob.is_connected()
    return alice, bob


def test_what_is_said_on_the_side_stays_out_of_the_room(begun):
    alice, bob = begun
    bob.sends("To Friday")
    bob.sees("To Friday")
    bob.has_sent_everything()
    chip = alice.messages("Shall we").locator(".thread")
    expect(chip).to_contain_text("1 message in the thread")
    expect(alice.messages("To Friday")).to_have_count(0)
    alice.sends("Lunch?")
    alice.has_sent_everything()
    expect(bob.messages("Lunch?")).to_have_count(0)

    expect(alice.page.locator("#threads")).to_have_attribute("data-unread", "")
    chip.click()
    alice.is_connected()
    alice.sees("To Friday")
    expect(alice.page.locator("#threads")).not_to_have_attribute("data-unread", "")
    alice.sends("Or Monday")
    bob.sees("Or Monday")

    alice.page.get_by_role("link", name="Back to the room").click()
    expect(alice.last.locator(".body")).to_have_text("Lunch?")


def test_what_is_written_offline_goes_to_the_thread_it_was_written_in(begun):
    alice, bob = begun
    bob.page.context.set_offline(True)
    bob.sends("From the train")
    bob.sees_pending("From the train")
    bob.page.context.set_offline(False)
    bob.sees("From the train")
    expect(alice.last.locator(".thread")).to_contain_text("1 message in the thread")


def test_drafts_of_room_and_thread_are_apart(begun):
    _, bob = begun
    bob.writes("Only here")
    bob.page.get_by_role("link", name="Back to the room").click()
    bob.is_connected()
    expect(bob.composer).to_have_value("")
    bob.page.go_back()
    expect(bob.composer).to_have_value("Only here")
