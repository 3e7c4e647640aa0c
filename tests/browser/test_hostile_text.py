"""Text ends as text: in the live view, after reload, in names and titles."""

import pytest
from playwright.sync_api import expect

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<a href='javascript:alert(1)'>press</a>",
    "[press](javascript:alert(1))",
    "[press](  JaVaScRiPt:alert(1))",
    "[press](data:text/html,<script>alert(1)</script>)",
    "![picture](x onerror=alert(1))",
    "<javascript:alert(1)>",
    "`<img src=x onerror=alert(1)>`",
    "```\n</code></pre><script>alert(1)</script>\n```",
    "```html\n<script>alert(1)</script>\n```",
    "> <iframe src=javascript:alert(1)></iframe>",
    '"><script>alert(1)</script>',
    "</article><script>alert(1)</script>",
    "<style>*{display:none}</style>",
    "<form action=/accounts/logout/ method=post><button>press</button></form>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    'https://example.org/"onmouseover="alert(1)',
    "<b class=button style=position:fixed>press</b>",
    "\u202egnihtemos",
    "{{ config }} {% now 'Y' %}",
    "${alert(1)}",
]

UNSAFE = """log => [...log.querySelectorAll("*")].filter(
    (element) => element.matches("script, style, iframe, form, svg, object, .body img")
        || [...element.attributes].some(({name}) => name.startsWith("on") || name === "style")
        || /^(?!https?:|mailto:)/.test(element.protocol ?? "https:")
).map((element) => element.outerHTML)"""


def nothing_unsafe(person) -> None:
    assert person.page.locator("#log").evaluate(UNSAFE) == []
    assert person.page.evaluate("window.hacked") is None


def test_hostile_messages_are_text_live_and_after_reload(talk):
    alice, bob = talk
    for number, text in enumerate(HOSTILE):
        alice.sends(f"{number}. {text}")
        expect(alice.page.locator("#outbox .message")).to_have_count(0)
    expect(bob.messages()).to_have_count(len(HOSTILE))
    nothing_unsafe(bob)
    live = bob.page.locator("#log .body").all_inner_texts()
    bob.page.reload()
    bob.is_connected()
    nothing_unsafe(bob)
    assert bob.page.locator("#log .body").all_inner_texts() == live
    assert "<script>alert(1)</script>" in live[0]


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", '"><script>alert(1)</script>'])
def test_hostile_names_of_rooms_are_text(alice, bob, text):
    path = alice.create_room(f"Room {text}", topic=text)
    for page_path in (path, "/rooms/", "/"):
        alice.visit(page_path)
        expect(alice.page.locator("main")).to_contain_text(text)
    bob.join_room(path)
    expect(bob.page.locator("#room-name")).to_have_text(f"Room {text}")
    expect(bob.page.locator("#topic")).to_have_text(text)
    assert f"Room {text}" in bob.page.title()


def test_a_hostile_name_of_a_person_is_text(new_person, talk, site):
    alice, _ = talk
    name = "<img src=x onerror=alert(1)>"
    site.shell(
        "from accounts.models import User\n"
        "from tests.browser.people import PASSWORD\n"
        "mallory = User.objects.create_user('mallory', 'm@example.org', PASSWORD)\n"
        f"User.objects.filter(pk=mallory.pk).update(display_name={name!r})\n"
    )
    mallory = new_person().sign_in("mallory")
    mallory.join_room(alice.page.url.removeprefix(alice.url))
    expect(alice.page.locator("#people")).to_contain_text(name)
    expect(alice.page.locator(".event").last).to_contain_text(name)
    mallory.writes("x")
    expect(alice.page.locator("#typing")).to_contain_text(name)
    mallory.composer.press("Enter")
    expect(alice.sees("x").locator(".who")).to_have_text(name)
    nothing_unsafe(alice)
