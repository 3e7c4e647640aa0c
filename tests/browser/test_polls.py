from playwright.sync_api import Locator, expect

from tests.browser.test_phone import PHONE


def asks(person, question: str, *choices: str, several=False) -> None:
    page = person.page
    page.locator(".format").click()
    page.locator(".asks").click()
    form = page.locator(".poll-form")
    form.locator("[name=question]").fill(question)
    for _ in choices[2:]:
        form.locator(".adds").click()
    for field, choice in zip(form.locator("[name=choice]").all(), choices, strict=True):
        field.fill(choice)
    if several:
        form.locator("[name=several]").check()
    form.locator(".primary").click()


def choice(message: Locator, text: str) -> Locator:
    return message.locator(".choice").filter(has_text=text)


def test_two_people_vote_and_see_it_live_and_after_a_reload(talk):
    alice, bob = talk
    asks(alice, "Tea?", "Green", "Black", "None")
    bob.sees("Tea?")
    choice(bob.last, "Black").click()
    expect(choice(alice.last, "Black").locator(".number")).to_have_text("1")
    expect(choice(bob.last, "Black")).to_have_attribute("aria-pressed", "true")
    expect(choice(alice.last, "Black")).to_have_attribute("aria-pressed", "false")
    choice(alice.last, "Black").click()
    expect(bob.last.locator(".about")).to_contain_text("2 people voted")
    choice(alice.last, "Green").click()
    expect(choice(bob.last, "Green").locator(".number")).to_have_text("1")
    bob.page.reload()
    expect(choice(bob.last, "Black")).to_have_attribute("aria-pressed", "true")
    expect(choice(bob.last, "Black").locator(".number")).to_have_text("1")


def test_several_choices_and_ones_vote_back(talk):
    alice, bob = talk
    asks(alice, "Biscuits?", "Ginger", "Oat", several=True)
    bob.sees("Biscuits?")
    for text in ("Ginger", "Oat"):
        choice(bob.last, text).click()
        expect(choice(bob.last, text)).to_have_attribute("aria-pressed", "true")
    choice(bob.last, "Ginger").click()
    expect(choice(alice.last, "Ginger").locator(".number")).to_have_text("0")
    expect(choice(alice.last, "Oat").locator(".number")).to_have_text("1")


def test_who_asked_closes_it(talk):
    _, bob = talk
    asks(bob, "Tea?", "Green", "Black")
    bob.sees("Tea?")
    bob.does("close", bob.last)
    for person in talk:
        expect(person.last.locator(".about")).to_contain_text("closed")
        expect(choice(person.last, "Green")).to_have_css("pointer-events", "none")
        expect(person.last.locator(".poll")).to_have_css("display", "flex")
        assert choice(person.last, "Green").bounding_box()["width"] > 200


def test_choices_that_are_the_same_are_told_before_it_is_sent(talk):
    alice, _ = talk
    asks(alice, "Tea?", "Green", "Green")
    note = alice.page.locator(".poll-form .note")
    expect(note).to_contain_text("must be different")
    alice.page.locator(".poll-form .adds").click()
    alice.page.locator(".poll-form [name=choice]").last.fill("Black")
    expect(note).to_be_empty()
    alice.page.get_by_role("button", name="Take this choice out").click()
    expect(alice.page.locator(".poll-form [name=choice]")).to_have_count(2)
    alice.page.keyboard.press("Escape")
    expect(alice.page.locator(".poll-form")).to_have_count(0)


def test_a_poll_says_why_it_stays(talk):
    alice, bob = talk
    asks(bob, "Tea?", "Yes", "No")
    alice.sees("Tea?")
    alice.does("forward", alice.last)
    expect(alice.page.locator("#status")).to_contain_text("A poll stays where it was asked")


def test_a_tap_does_not_cover_the_choices_with_who_voted(new_person, cookies, talk):
    alice, _ = talk
    asks(alice, "Coffee?", "Now", "Later")
    alice.sees("Coffee?")
    phone = new_person(storage_state=cookies("bob"), **PHONE)
    phone.join_room(alice.page.url.removeprefix(alice.url))
    choice(phone.last, "Now").tap()
    expect(choice(alice.last, "Now").locator(".number")).to_have_text("1")
    choice(phone.last, "Later").focus()
    expect(choice(phone.last, "Later").locator(".number")).to_have_text("0")
    expect(phone.page.locator(".who-note")).not_to_be_visible()
