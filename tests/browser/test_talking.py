import re

from playwright.sync_api import expect


def test_a_newcomer_registers_makes_a_room_and_talks_with_a_guest(new_person):
    nora, visitor = new_person().register("nora"), new_person()
    room = nora.create_room("First evening", topic="Come in", guests_allowed=True)
    visitor.enter_as_guest("Wanderer", room)
    visitor.is_connected()
    expect(nora.page.locator("#people [data-guest]")).to_have_text("Wanderer")
    expect(nora.page.locator(".event")).to_contain_text("Wanderer came in")
    visitor.sends("Good evening")
    expect(nora.sees("Good evening").locator(".who")).to_have_attribute("data-guest", "")
    nora.sends("Welcome, *stranger*")
    expect(visitor.sees("Welcome, stranger").locator("em")).to_have_text("stranger")


def test_what_one_sends_is_there_at_once_and_settles(talk):
    alice, bob = talk
    alice.composer.fill("Same frame")
    shown = alice.page.evaluate(
        """() => {
            const field = document.querySelector("#composer textarea");
            field.dispatchEvent(new KeyboardEvent("keydown", {key: "Enter", bubbles: true}));
            return document.querySelector("#outbox .message.pending .body").textContent;
        }"""
    )
    assert shown == "Same frame"
    bob.sees("Same frame")
    alice.sees("Same frame")
    alice.has_sent_everything()
    expect(alice.messages("Same frame")).to_have_count(1)


def test_shift_and_enter_break_the_line(talk):
    alice, bob = talk
    alice.writes("one")
    alice.composer.press("Shift+Enter")
    alice.writes("two")
    alice.composer.press("Enter")
    assert bob.sees("two").locator(".body p").inner_text() == "one\ntwo"


def test_others_see_that_one_types_until_it_is_sent(talk):
    alice, bob = talk
    line = bob.page.locator("#typing")
    alice.writes("Well")
    expect(line).to_contain_text("alice is typing")
    alice.composer.press("Enter")
    bob.sees("Well")
    expect(line).not_to_be_visible()
    expect(alice.page.locator("#typing")).not_to_be_visible()


def test_the_arrow_up_edits_the_last_message_of_ones_own(talk):
    alice, bob = talk
    alice.sends("A **tpyo**")
    bob.sees("tpyo")
    alice.composer.press("ArrowUp")
    field = alice.page.locator(".edit textarea")
    expect(field).to_have_value("A **tpyo**")
    field.fill("A **typo**")
    field.press("Enter")
    for person in talk:
        person.sees("typo")
    expect(alice.composer).to_be_focused()


def test_escape_leaves_a_message_as_it_was(talk):
    alice, _ = talk
    alice.sends("As it is")
    alice.sees("As it is")
    alice.does("edit", alice.last)
    alice.page.locator(".edit textarea").fill("Otherwise")
    alice.page.keyboard.press("Escape")
    expect(alice.page.locator(".edit")).to_have_count(0)
    alice.sees("As it is")


def test_a_deleted_message_is_gone_for_everybody(talk):
    alice, bob = talk
    alice.sends("Better not")
    bob.sees("Better not")
    alice.deletes(alice.last)
    for person in talk:
        expect(person.last).to_have_attribute("data-deleted", "")
        expect(person.messages("Better not")).to_have_count(0)


def test_only_ones_own_messages_can_be_edited(talk):
    alice, bob = talk
    alice.sends("Mine")
    bob.points_at(bob.sees("Mine"))
    expect(bob.last.locator("[data-action=reply]")).to_be_visible()
    expect(bob.last.locator("[data-action=edit]")).not_to_be_visible()
    expect(bob.last.locator("[data-action=delete]")).not_to_be_visible()


def test_a_reply_shows_what_it_answers_and_leads_there(talk):
    alice, bob = talk
    alice.sends("Tea or coffee?")
    bob.sees("Tea or coffee?")
    bob.does("reply", bob.last)
    bob.sends("Tea")
    alice.sees("Tea").locator(".quote").click()
    expect(alice.messages("Tea or coffee?").first).to_have_class(re.compile("shown"))


def test_messages_of_one_person_stand_together(talk):
    alice, bob = talk
    # That somebody came in would stand between two messages.
    expect(alice.page.locator("#people li")).to_have_count(2)
    for text in ("One", "Two"):
        alice.sends(text)
        bob.sees(text)
    bob.sends("Three")
    alice.sees("Three")
    for row, continues in enumerate([False, True, False]):
        expectation = expect(alice.messages().nth(row))
        check = expectation.to_have_class if continues else expectation.not_to_have_class
        check(re.compile("continues"))


def test_who_goes_is_no_longer_here(talk):
    alice, bob = talk
    expect(alice.page.locator("#people li")).to_have_count(2)
    bob.visit("/rooms/")
    expect(alice.page.locator("#people li")).to_have_count(1)


def test_two_tabs_of_a_person_are_one_person(talk):
    alice, bob = talk
    second = bob.page.context.new_page()
    second.goto(bob.page.url)
    expect(second.locator("#people [data-me]")).to_be_attached()
    expect(alice.page.locator("#people li")).to_have_count(2)
    bob.sends("From the first")
    expect(second.locator("#log .message").last).to_contain_text("From the first")


def test_emoji_are_completed_and_enter_chooses_before_it_sends(talk):
    alice, bob = talk
    alice.writes("More :teac")
    expect(alice.page.locator(".completion [aria-selected=true]")).to_contain_text(":teacher:")
    alice.composer.press("Enter")
    expect(alice.composer).to_have_value("More 🧑‍🏫 ")
    alice.composer.press("Enter")
    bob.sees("More 🧑‍🏫")


def test_a_message_that_is_too_long_says_so_before_it_is_sent(talk):
    alice, bob = talk
    alice.composer.fill("x" * 10_004)
    expect(alice.page.locator("#count")).to_have_text("4 characters too many")
    alice.composer.press("Enter")
    expect(alice.composer).to_have_value("x" * 10_004)
    alice.composer.fill("x" * 10_000)
    alice.composer.press("Enter")
    expect(bob.sees("xxx")).to_have_class(re.compile("folded"))
    bob.last.get_by_role("button", name="Show more").click()
    expect(bob.last).not_to_have_class(re.compile("folded"))


def test_formatting_wraps_what_is_selected(talk):
    alice, bob = talk
    alice.composer.fill("bold")
    alice.composer.press("ControlOrMeta+a")
    alice.composer.press("ControlOrMeta+b")
    expect(alice.composer).to_have_value("**bold**")
    alice.composer.press("Enter")
    expect(bob.sees("bold").locator("strong")).to_have_text("bold")


def test_a_card_opens_from_a_name_and_closes_with_escape(talk):
    alice, bob = talk
    alice.sends("Who am I?")
    bob.sees("Who am I?").locator(".who").click()
    card = bob.page.locator("#card")
    expect(card).to_contain_text("alice")
    bob.page.keyboard.press("Escape")
    expect(card).not_to_be_visible()
    expect(bob.last.locator(".who")).to_be_focused()


def test_an_archived_room_can_be_read_but_not_written_in(talk):
    alice, bob = talk
    alice.sends("Last words")
    bob.sees("Last words")
    alice.visit(f"{alice.page.url.removeprefix(alice.url)}edit/")
    alice.page.locator("form[action*=archive] button").click()
    expect(bob.page.locator(".read-only")).to_be_visible()
    expect(bob.composer).not_to_be_visible()


def test_a_room_that_one_has_left_elsewhere_is_covered(talk):
    _, bob = talk
    second = bob.page.context.new_page()
    second.goto(bob.page.url)
    second.locator(".room-head summary").click()
    second.locator("button[formaction*=leave]").click()
    expect(bob.page.get_by_role("alert")).to_contain_text("not in this room any more")
    expect(bob.messages()).to_have_count(0)


def test_a_quote_says_what_its_original_says_now(talk):
    alice, bob = talk
    alice.sends("The train leaves at noon")
    bob.does("reply", bob.sees("The train leaves at noon"))
    bob.sends("I will be there")
    quote = bob.sees("I will be there").locator(".quote")
    expect(quote).to_have_text("alice The train leaves at noon")
    original = alice.messages().first
    alice.does("edit", original)
    alice.page.locator(".edit textarea").fill("The train leaves at one")
    alice.page.locator(".edit textarea").press("Enter")
    expect(quote).to_have_text("alice The train leaves at one")
    alice.deletes(original)
    expect(quote).to_have_text("alice")


def test_the_toolbar_leaves_the_button_of_code_free(alice, room):
    for text in ("```\nfirst()\n```", "```\nsecond()\n```"):
        alice.sends(text)
    alice.has_sent_everything()
    row = alice.sees("second()")
    alice.points_at(row)
    toolbar = row.locator(".actions").bounding_box()
    button = row.locator(".copy-code").bounding_box()
    assert toolbar["y"] + toolbar["height"] <= button["y"]
