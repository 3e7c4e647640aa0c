"""What a room page with 50 messages costs to load, in bytes before compression."""

import re
from urllib.parse import urljoin

import pytest

from tests.browser.people import PASSWORD

FIRST = "() => [...document.querySelectorAll('script[src]')].map(({ src }) => src)"
WORKER = "() => new URL(document.documentElement.dataset.worker, location).href"
AT_ONCE = re.compile(r"""(?:\bfrom|\bimport)\s*["'](\.[^"']+)["']""")
IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']+)["']""")

MESSAGES = f"""
from accounts.models import User
from chat.models import Room
dora = User.objects.create_user("dora", "dora@example.org", {PASSWORD!r})
room = Room.create(dora, "Fifty things")
for i in range(50):
    room.post(dora, f"Number {{i:02}}, and with it a few words to make sixty characters.")
"""


@pytest.fixture
def page(new_person, site):
    """Of somebody who is in no other room: what a list of many rooms weighs is another matter."""
    site.shell(MESSAGES)
    return new_person().sign_in("dora").join_room("/rooms/fifty-things/").page


def scripts(page, imported: re.Pattern = IMPORTED) -> dict[str, str]:
    """All JavaScript that the page can ever load, by address: now, lazily and in the worker."""
    found: dict[str, str] = {}
    waiting = [*page.evaluate(FIRST), page.evaluate(WORKER)]
    while waiting:
        url = waiting.pop()
        if url not in found:
            found[url] = page.request.get(url).text()
            waiting += [urljoin(url, name) for name in imported.findall(found[url])]
    return found


def weight(scripts: dict[str, str]) -> int:
    return sum(len(code.encode()) for code in scripts.values())


def test_a_room_page_is_light(page):
    assert len(page.request.get(page.url).body()) < 80 * 1024
    at_once, everything = scripts(page, AT_ONCE), scripts(page)
    assert any("completion" in url for url in everything)
    assert not any("completion" in url for url in at_once)
    assert weight(at_once) < 60 * 1024
    assert weight(everything) < 134 * 1024


def test_what_a_page_needs_is_kept_by_the_browser_for_ever(alice, room):
    """So the next page costs nothing, and the one that is shown offline has its style."""
    page = alice.page
    files = page.eval_on_selector_all(
        "script[src], link[rel=stylesheet]", "all => all.map((one) => one.src || one.href)"
    )
    assert len(files) > 2
    for url in files:
        assert "immutable" in page.request.get(url).headers["cache-control"], url
