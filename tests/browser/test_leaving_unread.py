"""Leaving something unread on purpose, and the marks at the side."""

from playwright.sync_api import expect


def link(person, room: str):
    return person.page.locator(f"#my-rooms a[href='{room}']")


def test_a_message_left_unread_is_so_in_all_tabs_and_after_coming_back(talk, room):
    alice, bob = talk
    for text in ["one", "@bob two", "three"]:
        alice.sends(text)
    bob.sees("three")
    bob.does("unread", bob.messages("two"))
    expect(bob.page.locator(".unread-mark + .message .body")).to_contain_text("two")
    bob.page.mouse.wheel(0, 100)
    expect(link(bob, room)).to_have_attribute("data-mentions", "1")
    bob.visit("/rooms/")
    bob.join_room(room)
    expect(bob.page.locator(".unread-mark + .message .body")).to_contain_text("two")


def test_mentions_are_counted_at_the_side_until_all_is_read(talk, room):
    alice, bob = talk
    bob.create_room("Where nothing is said")
    alice.sends("@bob one")
    alice.sends("just so")
    alice.sends("@bob two")
    expect(link(bob, room)).to_have_attribute("data-mentions", "2")
    bob.page.locator(".all-read").click()
    expect(link(bob, room)).not_to_have_attribute("data-unread", "")
    expect(link(bob, room)).not_to_have_attribute("data-mentions", "2")
    expect(bob.page.locator(".all-read")).to_be_hidden()
