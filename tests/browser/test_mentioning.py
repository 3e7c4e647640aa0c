"""Calling people by name."""

from playwright.sync_api import expect


def test_a_name_is_completed_and_lights_up_for_whom_it_means(talk):
    alice, bob = talk
    alice.writes("hello @bo")
    expect(alice.page.locator(".completion [aria-selected=true]")).to_contain_text("bob")
    alice.composer.press("Enter")
    expect(alice.composer).to_have_value("hello @bob ")
    alice.writes("tea?")
    alice.composer.press("Enter")
    expect(bob.sees("hello @bob").locator(".mention.me")).to_have_text("@bob")
    expect(alice.sees("hello @bob").locator(".mention:not(.me)")).to_have_text("@bob")
    bob.last.locator(".mention").click()
    expect(bob.page.locator("#card")).to_contain_text("bob")


def test_a_list_of_names_leaves_enter_to_the_input_method(talk):
    alice, _bob = talk
    alice.writes("@b")
    expect(alice.page.locator(".completion")).to_be_visible()
    alice.composer.dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
    expect(alice.composer).to_have_value("@b")


def test_a_name_that_nobody_has_is_sent_as_it_is(talk):
    alice, bob = talk
    alice.writes("@nobody at all")
    expect(alice.page.locator(".completion")).to_be_hidden()
    alice.composer.press("Enter")
    bob.sees("@nobody at all")


def test_who_runs_the_room_calls_everybody(talk):
    alice, bob = talk
    alice.writes("@ro")
    expect(alice.page.locator(".completion [aria-selected=true]")).to_contain_text("@room")
    alice.composer.press("Tab")
    alice.composer.press("Enter")
    expect(bob.sees("@room").locator(".mention.me")).to_be_visible()
    bob.writes("@ro")
    expect(bob.page.locator(".completion")).to_be_hidden()
    bob.sends("@room too")
    expect(bob.page.locator("#status")).to_contain_text("@room told nobody")
    expect(alice.sees("@room too").locator(".mention")).to_have_count(0)


def test_where_everyone_may_call_everybody_it_is_offered(talk):
    alice, bob = talk
    alice.visit(bob.page.url.removeprefix(alice.url) + "edit/")
    alice.page.select_option("[name=callers]", "everyone")
    alice.page.get_by_role("button", name="Save").click()
    alice.is_connected()
    bob.page.reload()
    bob.is_connected()
    bob.writes("@ro")
    expect(bob.page.locator(".completion [aria-selected=true]")).to_contain_text("@room")
    bob.composer.press("Tab")
    bob.composer.press("Enter")
    expect(alice.sees("@room").locator(".mention.me")).to_be_visible()
