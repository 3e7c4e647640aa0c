"""Enter belongs to the input method as long as it composes: Chinese, Japanese, Korean."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def keyboard(alice, room):
    """Chromium's own input method, driven by its protocol."""
    alice.composer.focus()
    return alice.page.context.new_cdp_session(alice.page)


def compose(keyboard, text: str) -> None:
    at = {"selectionStart": len(text), "selectionEnd": len(text)}
    keyboard.send("Input.imeSetComposition", {"text": text, **at})


def test_enter_in_a_composition_does_not_send(alice, keyboard):
    compose(keyboard, "ni hao")
    alice.page.keyboard.press("Enter")
    expect(alice.messages()).to_have_count(0)
    expect(alice.page.locator("#outbox .message")).to_have_count(0)


def test_enter_after_the_composition_sends(alice, keyboard):
    compose(keyboard, "ni hao")
    keyboard.send("Input.insertText", {"text": "你好"})
    expect(alice.composer).to_have_value("你好")
    alice.composer.press("Enter")
    alice.sees("你好")


def test_safaris_enter_after_the_composition_does_not_send(alice, keyboard):
    compose(keyboard, "ni hao")
    keyboard.send("Input.insertText", {"text": "你好"})
    alice.composer.dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
    expect(alice.composer).to_have_value("你好")
    expect(alice.page.locator("#outbox .message")).to_have_count(0)


def test_an_emoji_list_leaves_enter_to_the_input_method(alice, keyboard):
    alice.writes(":tea")
    expect(alice.page.locator(".completion")).to_be_visible()
    alice.composer.dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
    expect(alice.composer).to_have_value(":tea")


def test_a_correction_is_not_saved_in_a_composition(alice, keyboard):
    alice.sends("你")
    alice.sees("你")
    alice.composer.press("ArrowUp")
    expect(alice.page.locator(".edit textarea")).to_be_focused()
    compose(keyboard, "hao")
    alice.page.keyboard.press("Enter")
    expect(alice.page.locator(".edit")).to_be_visible()
