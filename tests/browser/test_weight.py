"""What a room page with 50 messages costs to load, in bytes before compression."""

import re
from urllib.parse import urljoin

import pytest

FIRST = "() => [...document.querySelectorAll('script[src]')].map(({ src }) => src)"
WORKER = "() => new URL(document.documentElement.dataset.worker, location).href"
IMPORTED = re.compile(r"""(?:\bfrom|\bimport)\s*\(?\s*["'](\.[^"']+)["']""")

MESSAGES = """
from accounts.models import User
from chat.models import Room
alice = User.objects.get(username="alice")
room = Room.create(alice, "Fifty things")
for i in range(50):
    room.post(alice, f"Number {i:02}, and with it a few words to make sixty characters.")
"""


@pytest.fixture
def page(alice, site):
    site.shell(MESSAGES)
    return alice.join_room("/rooms/fifty-things/").page


def scripts(page) -> dict[str, str]:
    """All JavaScript that the page can ever load, by address: now, lazily and in the worker."""
    found: dict[str, str] = {}
    waiting = [*page.evaluate(FIRST), page.evaluate(WORKER)]
    while waiting:
        url = waiting.pop()
        if url not in found:
            found[url] = page.request.get(url).text()
            waiting += [urljoin(url, name) for name in IMPORTED.findall(found[url])]
    return found


def test_a_room_page_is_light(page):
    assert len(page.request.get(page.url).body()) < 80 * 1024
    everything = scripts(page)
    assert any("completion" in url for url in everything)
    assert sum(len(code.encode()) for code in everything.values()) < 60 * 1024
