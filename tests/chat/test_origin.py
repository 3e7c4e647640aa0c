"""Only our own pages open a socket: browsers send the cookie along from any page."""

import pytest
from django.conf import settings

from chat.threads import in_thread
from tests.sockets import Tab, session_of

pytestmark = pytest.mark.django_db(transaction=True)


async def answer_to(user, origin) -> str:
    tab = Tab(await in_thread(session_of, user), origin=origin)
    answer = await tab.connect()
    await tab.disconnect()
    return answer


@pytest.mark.parametrize("origin", settings.ALLOWED_ORIGINS)
async def test_our_own_pages_may(live, alice, origin):
    assert await answer_to(alice, origin) == "websocket.accept"


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://evil.example",
        "http://127.0.0.1",  # another port
        "http://127.0.0.1:8001",
        "https://127.0.0.1:8000",  # another scheme
        "http://127.0.0.1:8000.evil.example",
        "http://evil.example/http://127.0.0.1:8000",
        "http://127.0.0.1:8000@evil.example",
        "http://localhost.evil.example:8000",
        "http://[evil.example",
        "http://127.0.0.1:99999",
        "file://",
        "\u00ff",
    ],
)
async def test_others_may_not(live, alice, origin):
    assert await answer_to(alice, origin) == "websocket.close"
