"""Undo: what was just sent comes back into the composer, and is gone for everybody."""

import pytest
from playwright.sync_api import expect

EXCUSED = ("WebSocket connection", "ERR_INTERNET_DISCONNECTED")


def undo(person):
    return person.page.get_by_role("button", name="Undo")


def is_gone(person, text: str) -> None:
    expect(person.messages(text)).to_have_count(0)
    expect(person.page.locator("#outbox .message")).to_have_count(0)


@pytest.fixture
def ready(talk):
    """Both have everything loaded that is loaded when the page is at rest."""
    for person in talk:
        expect(person.page.locator(".undo")).to_be_attached()
    return talk


def test_it_is_gone_for_both_and_back_in_the_composer(ready):
    alice, bob = ready
    alice.sends("First")
    bob.sees("First")
    alice.sends("See you at the party, do not tell Bob")
    bob.sees("do not tell Bob")
    undo(alice).click()
    for person in ready:
        is_gone(person, "do not tell Bob")
        expect(person.messages()).to_have_count(1)
    expect(alice.composer).to_have_value("See you at the party, do not tell Bob")
    expect(alice.composer).to_be_focused()
    expect(undo(alice)).to_be_hidden()
    for person in ready:
        person.page.reload()
        person.is_connected()
        expect(person.messages()).to_have_count(1)
    expect(alice.composer).to_have_value("See you at the party, do not tell Bob")


def test_the_keys_of_undo_do_it_in_the_empty_field(ready):
    alice, bob = ready
    alice.sends("A slip")
    bob.sees("A slip")
    alice.composer.press("Control+z")
    is_gone(bob, "A slip")
    expect(alice.composer).to_have_value("A slip")
    expect(bob.page.locator("#log .day")).to_have_count(0)


def test_what_is_being_written_next_stays(ready):
    alice, bob = ready
    alice.sends("One")
    bob.sees("One")
    alice.writes("Two")
    undo(alice).click()
    expect(alice.composer).to_have_value("One\n\nTwo")


def test_an_answer_is_an_answer_again(ready):
    alice, bob = ready
    bob.sends("Which day?")
    alice.does("reply", alice.sees("Which day?"))
    alice.sends("Monday")
    bob.sees("Monday")
    undo(alice).click()
    is_gone(bob, "Monday")
    alice.composer.fill("Tuesday")
    alice.composer.press("Enter")
    expect(bob.sees("Tuesday").locator(".quote")).to_contain_text("Which day?")


def test_files_can_be_sent_again(ready):
    alice, bob = ready
    notes = {"name": "notes.txt", "mimeType": "text/plain", "buffer": b"abc"}
    alice.page.set_input_files("#attach", notes)
    expect(alice.page.locator(".tray-file.done")).to_be_visible()
    alice.sends("The notes")
    bob.sees("The notes")
    undo(alice).click()
    is_gone(bob, "The notes")
    expect(alice.page.locator(".tray-file.done")).to_contain_text("notes.txt")
    alice.sends("The right notes")
    expect(bob.sees("The right notes")).to_contain_text("notes.txt")


def test_what_waits_in_the_outbox_is_never_sent(ready, complaints):
    alice, bob = ready
    alice.goes_offline()
    alice.sends("From the tunnel")
    alice.sees_pending("From the tunnel")
    undo(alice).click()
    is_gone(alice, "From the tunnel")
    expect(alice.composer).to_have_value("From the tunnel")
    alice.page.context.set_offline(False)
    alice.is_connected()
    alice.sends("Out again")
    bob.sees("Out again")
    expect(bob.messages()).to_have_count(1)
    complaints.excuse(*EXCUSED)


def test_the_mark_at_the_side_goes_with_the_only_news(ready, room):
    alice, bob = ready
    bob.create_room("Elsewhere meanwhile, for taking back")
    alice.sends("News")
    link = bob.page.locator(f"#rooms-pane a[href='{room}']")
    expect(link).to_have_attribute("data-unread", "")
    undo(alice).click()
    expect(link).not_to_have_attribute("data-unread", "")
