"""What a room page with 50 messages costs to load, in bytes before compression."""

import pytest

SIZES = """() => Object.fromEntries(performance.getEntriesByType("resource")
    .filter(({ name }) => name.endsWith(".js"))
    .map(({ name, decodedBodySize }) => [name, decodedBodySize]))"""

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


def test_a_room_page_is_light(page):
    assert len(page.request.get(page.url).body()) < 80 * 1024
    scripts = page.evaluate(SIZES)
    assert len(scripts) > 20
    assert sum(scripts.values()) < 60 * 1024
