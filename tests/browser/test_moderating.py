"""Moderating in two browsers: what one decides, the other sees at once."""

import re

from playwright.sync_api import expect


def decides(person, lasts: str | None = None, words: str = "Enough"):
    dialog = person.page.locator("dialog.asks")
    dialog.get_by_text("Spam or advertising").click()
    if lasts:
        dialog.locator("[name=lasts]").select_option(lasts)
    dialog.locator("[name=words]").fill(words)
    dialog.locator("button.danger").click()
    expect(dialog).to_have_count(0)


def test_a_mute_closes_the_composer_says_why_and_is_lifted(talk, room):
    alice, bob = talk
    bob.sends("Anchors! Cheap!")
    alice.sees("Anchors!")
    alice.does("mute", alice.messages("Anchors!"))
    decides(alice, lasts="1h")
    held = bob.page.locator("#held")
    expect(held).to_contain_text("alice muted you")
    expect(held).to_contain_text("Spam or advertising · Enough")
    expect(bob.composer).to_be_hidden()
    held.get_by_role("link").click()
    mute = bob.page.get_by_role("listitem").filter(has_text="alice muted you")
    mute.get_by_role("link", name="Appeal").click()
    bob.page.fill("[name=words]", "I was quoting")
    bob.page.locator("main form button").click()
    expect(bob.page.get_by_text("your appeal waits")).to_be_visible()
    expect(alice.page.locator("summary [data-waiting]")).to_be_visible()
    bob.visit(room)
    bob.is_connected()
    expect(held).to_be_visible()
    alice.visit(f"{room}moderation/")
    alice.page.get_by_role("link", name="Take the decision back…").click()
    alice.page.locator("main form button.primary").click()
    expect(held).to_be_hidden()
    bob.sends("Thank you")
    bob.has_sent_everything()


def test_a_report_leads_to_a_tombstone_and_back(talk, room):
    alice, bob = talk
    alice.sends("Rude words")
    bob.sees("Rude words")
    bob.does("report", bob.last)
    dialog = bob.page.locator("dialog.asks")
    dialog.get_by_text("Insults, threats or hatred").click()
    dialog.locator("button.primary").click()
    expect(bob.page.locator("#status")).to_contain_text("Somebody will look at it")
    bob.sends("And mine is worse")
    alice.sees("worse")
    alice.does("remove", alice.last)
    decides(alice)
    expect(bob.last).to_have_attribute("data-removed", "")
    assert not bob.page.locator(".undo").is_visible()
    expect(bob.last).to_contain_text("alice")
    expect(bob.page.locator(".told")).to_contain_text("alice removed a message of yours")
    alice.last.locator(".restore").click()
    alice.page.locator("dialog.asks button.primary").click()
    bob.sees("And mine is worse")


def test_a_lock_and_slow_mode_reach_the_composer(talk, room):
    alice, bob = talk
    alice.visit(f"{room}moderation/")
    alice.page.locator("[name=seconds]").select_option("30")
    alice.page.get_by_role("button", name="Set").click()
    slow = bob.page.locator("#slow")
    expect(slow).to_contain_text("one message every 30 seconds")
    bob.sends("One")
    expect(slow).to_contain_text(re.compile(r"next message in (30|2\d) seconds"))
    bob.does("thread", bob.last)
    expect(bob.page.locator(".side .held-back")).to_be_hidden()
    alice.page.locator("[name=words]").fill("Until the talk is over")
    alice.page.get_by_role("button", name="Lock").click()
    expect(bob.page.locator("#held")).to_contain_text("Until the talk is over")
    beside = bob.page.locator(".side .held-back")
    expect(beside).to_contain_text("Until the talk is over")
    bob.page.reload()
    expect(beside).to_contain_text("Until the talk is over")
    alice.page.get_by_role("button", name="Unlock").click()
    expect(bob.composer).to_be_visible()
    expect(beside).to_be_hidden()


def test_a_ban_shows_the_door_and_why(talk, room, complaints):
    alice, bob = talk
    bob.sends("Threats")
    alice.sees("Threats")
    alice.messages("Threats").locator(".who").click()
    alice.page.locator(".profile-card").get_by_role("link", name="Ban…").click()
    decides(alice, lasts="1d", words="Threats")
    removed = bob.page.locator(".removed")
    expect(removed).to_contain_text("alice banned you")
    expect(removed).to_contain_text("Threats")
    bob.visit(room)
    expect(bob.page.locator("main")).to_contain_text("alice banned you")
    complaints.excuse("403")
