"""What is begun on one device is gone on with on another."""

import pytest
from playwright.sync_api import expect

EXCUSED = ("WebSocket connection", "ERR_INTERNET_DISCONNECTED")


@pytest.fixture
def phone(new_person, cookies):
    """Another browser in which alice is signed in."""
    return new_person(storage_state=cookies("alice"))


def mark(person, room: str):
    return person.page.locator(f"#rooms-pane a[href='{room}'] .draft")


def lies_on_the_server(person, room: str) -> None:
    """What is in the composer was taken by the server: the room is marked for that."""
    expect(mark(person, room).locator("xpath=..")).to_have_attribute("data-draft", "")


def test_a_draft_is_followed_live_and_found_on_opening(alice, phone, room):
    phone.join_room(room)
    alice.writes("Dear all, ")
    expect(phone.composer).to_have_value("Dear all, ")
    phone.writes("it is late")
    expect(alice.composer).to_have_value("Dear all, it is late")


def test_a_draft_is_there_on_a_device_that_opens_the_room_later(alice, phone, room):
    alice.writes("Begun at the desk")
    lies_on_the_server(alice, room)
    phone.join_room(room)
    expect(phone.composer).to_have_value("Begun at the desk")


def test_what_was_sent_is_no_draft_any_more_anywhere(alice, phone, room):
    phone.join_room(room)
    alice.writes("Off it goes")
    expect(phone.composer).to_have_value("Off it goes")
    phone.composer.press("Enter")
    alice.sees("Off it goes")
    expect(alice.composer).to_have_value("")
    alice.page.reload()
    alice.is_connected()
    expect(alice.composer).to_have_value("")


def test_rooms_with_a_draft_bear_a_pencil(alice, phone, room):
    other = phone.create_room("Where the pencil is looked at")
    alice.writes("To be gone on with")
    expect(mark(phone, room)).to_be_visible()
    expect(mark(phone, room)).to_have_text("Draft")
    expect(mark(phone, other)).to_be_hidden()
    phone.page.reload()
    expect(mark(phone, room)).to_be_visible()
    alice.composer.fill("")
    expect(mark(phone, room)).to_be_hidden()


def test_a_draft_takes_along_what_it_answers(alice, phone, room):
    alice.sends("Who brings the cake?")
    alice.has_sent_everything()
    alice.does("reply", alice.sees("Who brings the cake?"))
    alice.writes("I do")
    lies_on_the_server(alice, room)
    phone.join_room(room)
    expect(phone.page.locator(".replying")).to_contain_text("alice Who brings the cake?")
    phone.composer.press("Enter")
    expect(alice.sees("I do").locator(".quote")).to_contain_text("Who brings the cake?")
    expect(alice.page.locator(".replying")).to_be_hidden()
    expect(alice.composer).to_have_value("")


def test_what_is_written_offline_is_saved_on_coming_back(alice, phone, room, complaints):
    phone.join_room(room)
    alice.writes("In the hills")
    expect(phone.composer).to_have_value("In the hills")
    alice.goes_offline()
    alice.writes(" and far away")
    alice.page.context.set_offline(False)
    expect(phone.composer).to_have_value("In the hills and far away")
    complaints.excuse(*EXCUSED)


def test_what_was_written_on_two_devices_apart_both_stays(alice, phone, room, complaints):
    phone.join_room(room)
    alice.goes_offline()
    alice.writes("Here the train goes")
    phone.writes("There the bus stops")
    lies_on_the_server(phone, room)
    alice.page.context.set_offline(False)
    for person in (alice, phone):
        expect(person.composer).to_have_value("There the bus stops\n\nHere the train goes")
    complaints.excuse(*EXCUSED)


def test_what_was_sent_elsewhere_does_not_take_what_was_written_meanwhile(
    alice, phone, room, complaints
):
    phone.join_room(room)
    alice.writes("Half")
    expect(phone.composer).to_have_value("Half")
    alice.goes_offline()
    alice.writes(" and the other half")
    phone.composer.press("Enter")
    phone.sees("Half")
    alice.page.context.set_offline(False)
    alice.sees("Half")
    expect(alice.composer).to_have_value("Half and the other half")
    complaints.excuse(*EXCUSED)


def test_what_is_begun_in_a_thread_is_gone_on_with_elsewhere(
    alice, phone, room, new_person, cookies
):
    alice.sends("Shall we paint the boat?")
    alice.does("thread", alice.sees("Shall we paint the boat?"))
    desk, mobile = (one.page.locator(".side textarea") for one in (alice, phone))
    expect(desk).to_be_focused()
    thread = alice.page.url.removeprefix(alice.url)
    phone.join_room(thread)
    desk.press_sequentially("Yes, ")
    expect(mobile).to_have_value("Yes, ")
    mobile.press_sequentially("blue")
    expect(desk).to_have_value("Yes, blue")
    expect(alice.composer).to_have_value("")
    late = new_person(storage_state=cookies("alice")).join_room(thread)
    expect(late.page.locator(".side textarea")).to_have_value("Yes, blue")
    mobile.press("Enter")
    for one in (alice, phone, late):
        expect(one.page.locator(".side textarea")).to_have_value("")
