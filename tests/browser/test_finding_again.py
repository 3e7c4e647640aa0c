"""Links to messages, the board of a room, and what messages said before."""

import re

from playwright.sync_api import expect

LATER = """
from datetime import timedelta
from chat.models import Message
message = Message.objects.order_by("-pk").first()
Message.objects.filter(pk=message.pk).update(created_at=message.created_at - timedelta(minutes=5))
"""
MANY = """
from chat import limits
from chat.models import Message
message = Message.objects.order_by("-pk").first()
with limits.lifted():
    for number in range(120):
        message.room.post(message.author, f"Number {number}")
"""


def test_what_is_pinned_is_marked_and_found_on_the_board(talk):
    alice, bob = talk
    bob.sends("The rules of the house")
    alice.sees("The rules of the house")
    alice.does("pin", alice.last)
    expect(bob.last.locator(".pinned")).to_be_visible()
    bob.page.locator(".room-head summary").click()
    bob.page.get_by_role("link", name="Pinned messages").click()
    bob.page.get_by_role("link", name="The rules of the house").click()
    expect(bob.messages("The rules").first).to_have_class(re.compile("shown"))
    alice.does("unpin", alice.last)
    expect(bob.last.locator(".pinned")).to_have_count(0)


def test_a_member_who_does_not_moderate_cannot_pin(talk):
    alice, bob = talk
    alice.sends("Mine")
    bob.sees("Mine").focus()
    bob.page.keyboard.press("Enter")
    expect(bob.page.locator(".message-menu [data-action=link]")).to_be_visible()
    expect(bob.page.locator(".message-menu [data-action=pin]")).not_to_be_visible()


def test_the_mark_shows_what_was_said_before(talk, site):
    alice, bob = talk
    alice.sends("Tea at five")
    bob.sees("Tea at five")
    site.shell(LATER)
    alice.composer.press("ArrowUp")
    alice.page.locator(".edit textarea").fill("Tea at six")
    alice.page.keyboard.press("Enter")
    bob.sees("Tea at six").locator(".edited").click()
    expect(bob.page.locator("dialog.edits")).to_contain_text("Tea at five")
    bob.page.keyboard.press("Escape")
    expect(bob.page.locator("dialog.edits")).not_to_be_visible()


def test_a_link_is_copied_and_leads_to_an_old_message(talk, site, chromium):
    alice, bob = talk
    bob.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    alice.sends("Long ago")
    bob.sees("Long ago")
    bob.does("link", bob.last)
    link = bob.page.evaluate("navigator.clipboard.readText()")
    site.shell(MANY)
    bob.page.goto(link)
    expect(bob.messages("Long ago").first).to_have_class(re.compile("shown"))
    expect(bob.messages("Long ago").first).to_be_in_viewport()


def test_a_link_to_a_deleted_message_shows_where_it_was(talk):
    alice, bob = talk
    alice.sends("Not for long")
    bob.sees("Not for long")
    expect(alice.page.locator(".event")).to_be_visible()  # bob came in: nothing moves any more
    alice.sees("Not for long")
    link = bob.last.locator(".time").evaluate("link => link.href")
    alice.deletes(alice.last)
    bob.page.goto(link)
    expect(bob.last).to_have_attribute("data-deleted", "")


def test_a_link_into_a_room_that_is_not_ones_own_leads_nowhere(alice, charlie, complaints):
    alice.visit("/rooms/new/")
    alice.page.fill("[name=name]", "Only us")
    alice.page.check("[name=kind][value=private]")
    alice.page.press("[name=name]", "Enter")
    alice.is_connected()
    alice.sends("Between us")
    alice.sees("Between us")
    answer = charlie.page.goto(alice.last.locator(".time").evaluate("link => link.href"))
    assert answer.status == 404
    complaints.excuse("404")


def test_a_reply_to_what_was_said_long_ago_leads_there(talk, site):
    alice, bob = talk
    alice.sends("Tea or coffee?")
    bob.sees("Tea or coffee?")
    site.shell(MANY)
    link = bob.messages("Tea or coffee?").locator(".time").evaluate("link => link.href")
    alice.visit(link.removeprefix(alice.url))
    alice.does("reply", alice.messages("Tea or coffee?").first)
    alice.sends("Tea, after all")
    quote = bob.sees("Tea, after all").locator(".quote")
    expect(quote).to_contain_text("Tea or coffee?")
    bob.page.reload()
    bob.sees("Tea, after all").locator(".quote").click()
    expect(bob.messages("Tea or coffee?").first).to_have_class(re.compile("shown"))


def test_a_reply_says_what_the_other_says_now_also_after_a_reload(talk):
    alice, bob = talk
    alice.sends("Tea or coffe?")
    bob.sees("Tea or coffe?")
    bob.does("reply", bob.last)
    bob.sends("Tea")
    quote = alice.sees("Tea").locator(".quote")
    alice.does("edit", alice.messages("Tea or coffe?").first)
    alice.page.locator(".edit textarea").fill("Tea or juice?")
    alice.page.keyboard.press("Enter")
    expect(quote).to_contain_text("Tea or juice?")
    alice.page.reload()
    expect(quote).to_contain_text("Tea or juice?")
    alice.is_connected()
    alice.deletes(alice.messages("Tea or juice?").first)
    for person in talk:
        expect(person.last.locator(".quote")).not_to_contain_text("juice")
    bob.page.reload()
    expect(bob.last.locator(".quote")).not_to_contain_text("juice")
    bob.last.locator(".quote").click()
    expect(bob.messages().first).to_have_class(re.compile("shown"))


def test_a_link_to_a_message_that_is_not_there_says_so(talk):
    alice, _ = talk
    alice.sends("The newest")
    alice.sees("The newest")
    path = alice.page.url.removeprefix(alice.url)
    alice.visit(f"{path}?around=99999999")
    expect(alice.page.locator("#status")).to_contain_text("That message is not here any more")


def test_what_is_deleted_is_gone_from_quotes_also_where_it_is_not_on_the_page(talk, site):
    alice, bob = talk
    alice.sends("A secret")
    original = bob.sees("A secret")
    number = original.get_attribute("data-id")
    site.shell(MANY)
    bob.does("reply", bob.page.locator(f"#log [data-id='{number}']"))
    bob.sends("Really?")
    bob.sees("Really?")
    alice.page.reload()
    alice.is_connected()
    expect(alice.page.locator(f"#log [data-id='{number}']")).to_have_count(0)
    quote = alice.last.locator(".quote")
    expect(quote).to_contain_text("A secret")
    site.shell(
        f"from chat.models import Message; m = Message.objects.get(pk={number}); m.remove(m.author)"
    )
    expect(quote).not_to_contain_text("A secret")
