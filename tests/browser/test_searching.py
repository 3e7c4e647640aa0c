"""From the room to the search, and from what was found back to its place."""

import re

import pytest
from playwright.sync_api import expect

MANY = """
from chat import limits
from chat.models import Message
message = Message.objects.order_by("-pk").first()
with limits.lifted():
    for number in range(120):
        message.room.post(message.author, f"Number {number}")
"""


@pytest.mark.parametrize("key", ["/", "Control+Shift+F"])
def test_a_key_leads_to_the_search_and_a_hit_to_its_place(talk, site, key):
    alice, bob = talk
    alice.sends("我们明天喝茶")
    bob.sees("喝茶")
    site.shell(MANY)
    bob.page.locator("#scroller").focus()
    bob.page.keyboard.press(key)
    field = bob.page.get_by_role("searchbox")
    expect(field).to_be_focused()
    bob.page.keyboard.type("喝茶")
    bob.page.keyboard.press("Enter")
    expect(bob.page.locator("mark")).to_have_text("喝茶")
    bob.page.get_by_role("link", name="我们明天喝茶").click()
    expect(bob.messages("喝茶").first).to_have_class(re.compile("shown"))
    expect(bob.messages("喝茶").first).to_be_in_viewport()


def test_a_slash_in_the_composer_is_a_slash(talk):
    alice, _ = talk
    alice.composer.press("/")
    expect(alice.composer).to_have_value("/")
