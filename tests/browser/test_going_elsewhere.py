"""Going to rooms and people by a few letters, and the sheet of shortcuts."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def switcher(talk, room, request):
    """alice, who has two rooms, and the switcher open before her."""
    alice, bob = talk
    alice.create_room(f"Release planning {request.node.name[5:30]}")
    alice.create_room(f"茶馆 {request.node.name[5:30]}")
    bob.sends("news for alice")
    expect(alice.page.locator(f"#my-rooms [data-unread][href='{room}']")).to_be_visible()
    alice.composer.press("Control+k")
    expect(alice.page.locator(".switcher input")).to_be_focused()
    return alice


def first(person):
    return person.page.locator(".switcher [aria-selected=true]")


def test_what_is_unread_comes_first(switcher, room):
    expect(first(switcher).locator("[data-unread]")).to_be_visible()
    switcher.page.keyboard.press("Enter")
    switcher.page.wait_for_url("**" + room)


def test_a_few_letters_are_enough(switcher):
    switcher.page.keyboard.type("rlpl")
    expect(first(switcher)).to_contain_text("Release planning")
    switcher.page.keyboard.press("Enter")
    switcher.page.wait_for_url("**/release-planning*/")


def test_what_is_typed_before_it_is_open_is_looked_for(alice):
    alice.create_room("Opened in haste")
    held = []
    alice.page.route("**/switcher*.js", lambda route: held.append(route))
    with alice.page.expect_request("**/switcher*.js"):
        alice.composer.press("Control+k")
    alice.page.keyboard.type("haste")
    expect(alice.composer).to_have_value("")
    held[0].continue_()
    expect(alice.page.locator(".switcher input")).to_have_value("haste")
    alice.page.keyboard.press("Escape")
    expect(alice.composer).to_be_focused()


def test_people_are_found_and_lead_to_a_conversation(switcher):
    switcher.page.keyboard.type("bo")
    expect(first(switcher)).to_contain_text("bob")
    first(switcher).click()
    expect(switcher.page.locator("#room-name")).to_have_text("bob")


def test_what_nobody_is_called_is_said(switcher):
    switcher.page.keyboard.type("qqqqq")
    expect(switcher.page.locator(".switcher .nowhere")).to_be_visible()
    switcher.page.keyboard.press("Escape")
    expect(switcher.page.locator(".switcher")).to_be_hidden()


def test_the_sheet_shows_the_shortcuts_but_a_question_mark_is_written(talk):
    alice, _bob = talk
    alice.writes("really?")
    expect(alice.composer).to_have_value("really?")
    alice.page.locator("#scroller").focus()
    alice.page.keyboard.press("?")
    expect(alice.page.locator(".shortcuts")).to_contain_text("Ctrl")
    expect(alice.page.locator(".shortcuts [data-keys=switch] kbd")).to_have_text(["Ctrl", "K"])


def test_a_link_has_keys_of_its_own(talk):
    alice, _bob = talk
    alice.writes("here")
    alice.composer.press("Control+a")
    alice.composer.press("Control+Shift+U")
    expect(alice.composer).to_have_value("[here](https://)")


@pytest.mark.parametrize("path", ["/rooms/", "/search/", "/activity/", "/threads/", "/later/"])
def test_other_pages_lead_elsewhere_too(talk, room, path):
    alice, _bob = talk
    name = alice.page.locator("#room-name").inner_text()
    alice.visit(path)
    expect(alice.page.locator("html[data-keys]")).to_be_attached()
    alice.page.keyboard.press("Control+k")
    alice.page.locator(".switcher input").fill(name)
    expect(first(alice)).to_contain_text(name)
    alice.page.keyboard.press("Enter")
    alice.page.wait_for_url("**" + room)


def test_the_sheet_of_other_pages_has_what_does_something_there(alice):
    alice.visit("/rooms/")
    expect(alice.page.locator("html[data-keys]")).to_be_attached()
    alice.page.locator("h1").click()
    alice.page.keyboard.press("?")
    sheet = alice.page.locator(".shortcuts")
    expect(sheet.locator("[data-keys=search] kbd")).to_have_text("/")
    expect(sheet.locator("[data-keys=bold]")).to_have_count(0)
    alice.page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    alice.page.keyboard.press("/")
    alice.page.wait_for_url("**/search/")
