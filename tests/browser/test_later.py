"""Sending later and being reminded, from the composer and the menu of a message."""

from playwright.sync_api import expect

from tests import files

LETS_GO = """(button, finger) => {
  button.dispatchEvent(new PointerEvent("pointerup", { bubbles: true, ...finger }));
  button.click();
}"""


def test_what_is_written_is_sent_later_or_now(talk):
    alice, bob = talk
    alice.composer.fill("See you tomorrow")
    alice.page.locator(".composer .send").click(button="right")
    when = alice.page.locator("dialog.when")
    expect(when).to_contain_text("Send later")
    when.get_by_text("Tomorrow morning").click()
    expect(alice.page.locator("#status")).to_contain_text("It will be sent")
    expect(alice.composer).to_have_value("")
    alice.visit("/later/")
    item = alice.page.locator(".later-item", has_text="See you tomorrow")
    item.get_by_text("Edit").click()
    alice.page.fill("[name=body]", "See you on Monday")
    alice.page.get_by_role("button", name="Save").click()
    item = alice.page.locator(".later-item", has_text="See you on Monday")
    item.get_by_role("button", name="Send now").click()
    bob.sees("See you on Monday")


def test_a_finger_that_rests_on_send_asks_when(talk):
    alice, _ = talk
    alice.composer.fill("Not yet")
    send = alice.page.locator(".composer .send")
    finger = {"pointerType": "touch", "isPrimary": True, "clientX": 0, "clientY": 0}
    when = alice.page.locator("dialog.when")
    send.dispatch_event("pointerdown", finger)
    expect(when).to_be_visible()
    # At once: what presses a moment later is another finger.
    send.evaluate(LETS_GO, finger)
    expect(when).to_be_visible()
    expect(alice.composer).to_have_value("Not yet")


def test_a_time_that_is_over_is_refused_and_nothing_is_lost(talk):
    alice, _bob = talk
    alice.composer.fill("Yesterday")
    alice.page.locator(".composer .send").click(button="right")
    when = alice.page.locator("dialog.when")
    when.locator("input").fill("2020-01-01T09:00")
    when.get_by_role("button", name="Send then").click()
    expect(when.get_by_role("alert")).to_have_text("Choose a moment to come, within a year.")
    when.get_by_role("button", name="Cancel").click()
    expect(when).to_have_count(0)
    expect(alice.composer).to_have_value("Yesterday")


def test_one_is_reminded_of_a_message(talk):
    alice, bob = talk
    alice.sends("The key is under the mat")
    row = bob.sees("The key is under the mat")
    row.focus()
    bob.page.keyboard.press("Enter")
    bob.page.get_by_role("menuitem", name="Remind me").click()
    bob.page.locator("dialog.when").get_by_text("In an hour").click()
    expect(bob.page.locator("#status")).to_contain_text("You will be reminded")
    bob.visit("/later/")
    item = bob.page.locator(".later-item", has_text="The key is under the mat")
    item.get_by_role("button", name="Do not remind me").click()
    expect(item).to_have_count(0)


def test_it_goes_into_the_thread_with_its_files(talk):
    alice, bob = talk
    alice.sends("Shall we move the release?")
    bob.sees("Shall we move the release?")
    bob.does("thread", bob.last)
    side = bob.page.locator(".side")
    expect(side.locator("textarea")).to_be_focused()
    picture = {"name": "plan.png", "mimeType": "image/png", "buffer": files.picture()}
    expect(side.locator(".composer.takes-files")).to_be_attached()
    bob.page.set_input_files("#side-attach", picture)
    expect(side.locator(".tray-file.done")).to_have_count(1)
    side.locator("textarea").fill("The plan")
    side.locator(".send").click(button="right")
    bob.page.locator("dialog.when").get_by_text("Tomorrow morning").click()
    expect(bob.page.locator("#status")).to_contain_text("It will be sent")
    expect(side.locator(".tray-file")).to_have_count(0)
    bob.visit("/later/")
    item = bob.page.locator(".later-item", has_text="The plan")
    expect(item).to_contain_text("plan.png")
    item.get_by_role("button", name="Send now").click()
    expect(bob.page.locator(".side .message").last).to_contain_text("The plan")
    expect(bob.page.locator(".side .message").last.locator("img")).to_have_count(2)
