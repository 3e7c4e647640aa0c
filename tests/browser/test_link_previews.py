import re

import pytest
from playwright.sync_api import expect

from tests.linked_pages import LinkedSite, page, tag

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def linked():
    with LinkedSite() as site:
        yield site


def test_two_people_see_the_page_behind_a_link_until_its_author_removes_it(talk, linked):
    alice, bob = talk
    linked.shows("/pot.png")
    escaped = HOSTILE.replace("<", "&lt;")
    head = tag("og:title", escaped) + tag("og:image", "/pot.png")
    alice.sends(linked.says("/tea", page("Tea", head)))
    for person in talk:
        card = person.last.locator(".linked")
        expect(card.locator(".title")).to_have_text(HOSTILE)
        expect(card.locator("img")).to_have_js_property("naturalWidth", 800)
        expect(card.locator("img")).to_have_attribute("src", re.compile("^/previews/"))
    bob.page.reload()
    expect(bob.last.locator(".linked .title")).to_have_text(HOSTILE)
    expect(bob.last.locator(".linked > button")).to_be_hidden()
    alice.last.hover()
    alice.last.get_by_role("button", name="Remove this preview").click()
    for person in talk:
        expect(person.last.locator(".linked")).to_have_count(0)
        expect(person.last.locator(".body a")).to_have_attribute("href", linked.url + "/tea")
