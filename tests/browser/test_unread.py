"""What one has not read yet: where it begins, and how to get there."""

import re

import pytest
from playwright.sync_api import expect

POSTS = """
from accounts.models import User
from chat.models import Room
alice, room = User.objects.get(username="alice"), Room.objects.get(slug={slug!r})
room.membership_of(User.objects.get(username="bob")).read_up_to(room.last_message_id)
for number in range({count}):
    room.post(alice, f"Number {{number:02}}")
"""


@pytest.fixture
def bob_comes_back(talk, room, site):
    """bob_comes_back(count) -> bob, who finds so many new messages."""
    alice, bob = talk
    alice.sends("Read already")
    bob.sees("Read already")

    def bob_comes_back(count: int):
        alice.visit("/rooms/")
        bob.visit("/rooms/")
        site.shell(POSTS.format(slug=room.split("/")[2], count=count))
        return bob.join_room(room)

    return bob_comes_back


def begins_with(bob, text: str) -> None:
    expect(bob.page.locator(".unread-mark + .message .body")).to_have_text(text)


def test_the_mark_stands_before_the_first_unread(bob_comes_back):
    bob = bob_comes_back(30)
    begins_with(bob, "Number 00")
    expect(bob.page.locator(".unread-mark")).to_be_in_viewport()
    expect(bob.page.locator("#above")).to_be_hidden()


def test_what_begins_above_the_page_is_counted_and_led_to(bob_comes_back):
    bob = bob_comes_back(200)
    above = bob.page.locator("#above")
    # The page above may be there already.
    expect(above).to_have_text(re.compile(r"^(50|100)\+ new messages$"))
    expect(bob.last).to_be_in_viewport()
    above.click()
    begins_with(bob, "Number 00")
    expect(bob.page.locator(".unread-mark")).to_be_in_viewport()
    expect(above).to_be_hidden()
    bob.page.locator("#jump").click()
    bob.sees("Number 199")


def test_it_is_found_by_scrolling_too(bob_comes_back):
    bob = bob_comes_back(70)
    expect(bob.page.locator("#above")).to_be_visible()
    bob.scrolls_to(0)
    begins_with(bob, "Number 00")
    bob.page.locator(".unread-mark").scroll_into_view_if_needed()
    expect(bob.page.locator("#above")).to_be_hidden()
