import re

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.test_phone import PHONE

HOLD = """row => {
    const { left, top } = row.getBoundingClientRect();
    const finger = {pointerType: "touch", isPrimary: true, bubbles: true};
    const at = {...finger, clientX: left + 90, clientY: top + 20};
    row.dispatchEvent(new PointerEvent("pointerdown", at));
}"""
LIFT = """row => row.dispatchEvent(new PointerEvent("pointerup", {bubbles: true}))"""


def chip(message: Locator, sign: str) -> Locator:
    return message.locator(f".reaction[data-key='{sign}']")


def picks(person, word: str) -> None:
    """Search the picker, which is open, and take the first that it finds."""
    field = person.page.locator(".picker input")
    field.fill(word)
    field.press("Enter")


@pytest.fixture
def spoken(talk):
    """alice has said something that bob sees."""
    alice, bob = talk
    alice.sends("The kettle is on")
    bob.sees("The kettle is on")
    alice.sees("The kettle is on")
    expect(alice.page.locator(".event")).to_be_visible()  # bob came in: nothing moves any more
    return talk


def test_a_reaction_is_seen_by_both_counted_and_ones_own_is_marked(spoken):
    alice, bob = spoken
    bob.does("react", bob.last)
    picks(bob, "teapot")
    expect(chip(alice.last, "🫖")).to_have_text("🫖 1")
    expect(chip(alice.last, "🫖")).to_have_attribute("aria-pressed", "false")
    expect(chip(bob.last, "🫖")).to_have_attribute("aria-pressed", "true")
    chip(alice.last, "🫖").click()
    for person in spoken:
        expect(chip(person.last, "🫖")).to_have_text("🫖 2")
        expect(chip(person.last, "🫖")).to_have_attribute("aria-pressed", "true")
    expect(alice.page.locator(".picker")).not_to_be_visible()


def test_it_is_taken_back_and_still_so_after_a_reload(spoken):
    alice, bob = spoken
    for person in spoken:
        person.last.locator(".body").dblclick(position={"x": 2, "y": 2})
    expect(chip(bob.last, "👍")).to_have_text("👍 2")
    alice.page.reload()
    expect(chip(alice.last, "👍")).to_have_attribute("aria-pressed", "true")
    alice.is_connected()
    chip(alice.last, "👍").click()
    expect(chip(bob.last, "👍")).to_have_text("👍 1")
    chip(bob.last, "👍").click()
    for person in spoken:
        expect(person.last.locator(".reaction")).to_have_count(0)


def test_a_double_click_gives_the_last_used(spoken):
    alice, bob = spoken
    bob.does("react", bob.last)
    picks(bob, "brain")
    alice.sends("Another")
    bob.sees("Another").locator(".body").dblclick(position={"x": 2, "y": 2})
    expect(chip(alice.last, "🧠")).to_be_visible()


def test_who_it_was_is_told_to_pointer_and_focus(spoken):
    alice, bob = spoken
    bob.last.locator(".body").dblclick(position={"x": 2, "y": 2})
    chip(alice.last, "👍").hover()
    note = alice.page.locator(".who-note")
    expect(note).to_have_text("bob")
    alice.page.mouse.move(5, 5)
    expect(note).not_to_be_visible()
    chip(alice.last, "👍").focus()
    expect(note).to_have_text("bob")


def test_what_is_unfolded_and_focused_stays_so_while_others_react(spoken):
    alice, bob = spoken
    alice.sends("long " * 500)
    bob.sees("long").get_by_role("button", name="Show more").click()
    alice.sees("long")
    chips = bob.last.locator(".reaction")
    alice.does("react", alice.last)
    picks(alice, "thumbs up")
    chip(bob.last, "👍").focus()
    alice.does("react", alice.last)
    picks(alice, "brain")
    expect(chips).to_have_count(2)
    expect(bob.last).not_to_have_class(re.compile("folded"))
    expect(chip(bob.last, "👍")).to_be_focused()


def test_the_picker_is_gone_through_with_the_keyboard(talk):
    alice, _ = talk
    alice.page.locator(".composer .emoji").click()
    field = alice.page.locator(".picker input")
    expect(field).to_be_focused()
    alice.page.keyboard.press("ArrowDown")
    expect(alice.page.locator(".picker .cells button").first).to_be_focused()
    for key in ("ArrowRight", "ArrowDown", "ArrowUp", "ArrowLeft", "ArrowUp"):
        alice.page.keyboard.press(key)
    expect(field).to_be_focused()
    alice.page.keyboard.press("ArrowDown")
    alice.page.keyboard.press("Enter")
    expect(alice.composer).to_have_value("👍")
    expect(alice.composer).to_be_focused()
    alice.page.locator(".composer .emoji").click()
    expect(field).to_be_focused()
    alice.page.keyboard.press("Escape")
    expect(alice.page.locator(".picker")).not_to_be_visible()
    expect(alice.page.locator(".composer .emoji")).to_be_focused()


@pytest.mark.parametrize(("word", "sign"), [("crab", "🦀"), ("螃蟹", "🦀"), ("zzzz", None)])
def test_the_picker_is_searched_in_both_languages(talk, word, sign):
    alice, _ = talk
    alice.page.locator(".composer .emoji").click()
    alice.page.locator(".picker input").fill(word)
    if sign:
        expect(alice.page.locator(".picker .cells button").first).to_have_text(sign)
    else:
        expect(alice.page.locator(".picker h3")).to_contain_text("Nothing is called that")


def test_a_skin_tone_is_kept(spoken):
    alice, bob = spoken
    alice.does("react", alice.last)
    alice.page.locator(".picker .tone").click()
    picks(alice, "raised fist")
    expect(chip(bob.last, "✊🏻")).to_be_visible()


def test_the_menu_has_what_the_toolbar_has_not_and_enter_opens_it(spoken):
    _, bob = spoken
    bob.last.focus()
    bob.page.keyboard.press("Enter")
    menu = bob.page.locator(".message-menu")
    expect(menu.locator("[data-action=react]")).to_be_focused()
    for action in ("edit", "pin", "unpin", "close"):
        expect(menu.locator(f"[data-action={action}]")).not_to_be_visible()
    bob.page.keyboard.press("ArrowDown")
    bob.page.keyboard.press("Enter")
    expect(menu).not_to_be_visible()
    expect(bob.page.locator(".replying")).to_contain_text("The kettle is on")


def test_a_resting_finger_opens_the_menu_of_a_message(alice, room, new_person, cookies):
    phone = new_person(**PHONE, storage_state=cookies("bob")).join_room(room)
    alice.sends("Rest here")
    phone.sees("Rest here")
    phone.last.evaluate(HOLD)
    menu = phone.page.locator(".message-menu")
    expect(menu).to_be_visible()
    phone.last.evaluate(LIFT)
    box = menu.bounding_box()
    assert box["x"] == 0 and box["width"] == 390
    assert round(box["y"] + box["height"]) == 844
    for button in menu.locator("button:visible").all():
        assert button.bounding_box()["height"] >= 44
    menu.locator(".quick button").first.tap()
    expect(chip(alice.last, "👍")).to_have_text("👍 1")


def test_a_finger_that_rests_on_a_reaction_is_told_who_it_was(alice, room, new_person, cookies):
    phone = new_person(**PHONE, storage_state=cookies("bob")).join_room(room)
    expect(alice.page.locator(".event")).to_be_visible()
    alice.sends("Rest here")
    alice.sees("Rest here").locator(".body").dblclick(position={"x": 2, "y": 2})
    chip(phone.last, "👍").evaluate(HOLD)
    expect(phone.page.locator(".who-note")).to_have_text("alice")
    chip(phone.last, "👍").evaluate(LIFT)
    expect(phone.page.locator(".message-menu")).not_to_be_visible()


def test_in_an_archived_room_there_is_nothing_to_press(spoken):
    alice, bob = spoken
    bob.last.locator(".body").dblclick(position={"x": 2, "y": 2})
    alice.visit(f"{alice.page.url.removeprefix(alice.url)}edit/")
    alice.page.locator("form[action*=archive] button").click()
    expect(bob.page.locator(".read-only")).to_be_visible()
    expect(chip(bob.last, "👍")).to_have_css("pointer-events", "none")
