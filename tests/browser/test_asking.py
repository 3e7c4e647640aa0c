"""What cannot be undone asks first, and a hasty Enter keeps things as they are."""

import pytest
from playwright.sync_api import expect


@pytest.fixture
def question(alice):
    return alice.page.locator("#confirm")


def test_deleting_a_message(alice, room, question):
    alice.sends("Said in haste")
    alice.has_sent_everything()
    alice.does("delete", alice.messages("Said in haste"))
    expect(question.get_by_role("button", name="Keep it")).to_be_focused()
    alice.page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    alice.sees("Said in haste")


def test_removing_a_member(talk, room, question):
    alice, bob = talk
    alice.visit(f"{room}members/")
    row = alice.page.locator(".member", has_text="bob")
    row.locator("summary").click()
    row.get_by_role("button", name="Remove from the room").click()
    expect(question).to_contain_text("Remove bob from the room?")
    alice.page.keyboard.press("Enter")
    expect(question).to_be_hidden()
    row.locator("summary").click()
    row.get_by_role("button", name="Remove from the room").click()
    question.get_by_role("button", name="Remove").click()
    expect(alice.page.locator(".notice")).to_contain_text("bob is no longer a member")
    expect(bob.page.locator(".removed")).to_be_visible()


def test_revoking_an_invitation(alice, room, question):
    alice.visit(f"{room}invitations/")
    alice.page.get_by_role("button", name="Make a link").click()
    alice.page.get_by_role("button", name="Revoke").first.click()
    expect(question).to_contain_text("Revoke this invitation?")
    alice.page.keyboard.press("Escape")
    expect(question).to_be_hidden()
    alice.page.get_by_role("button", name="Revoke").first.click()
    question.get_by_role("button", name="Revoke").click()
    expect(alice.page.locator(".notice")).to_contain_text("Its link lets nobody in any more")
