"""Tabs through the whole application, with a hub and a channel layer of the test's own."""

from datetime import timedelta

import channels.layers
import pytest
from django.conf import settings

from chat import audience, hub, limits, presence, watch
from chat.threads import in_thread
from tests.sockets import Tab, session_of


def pytest_collection_modifyitems(config, items):
    """The embedded layer's outage is played; a real Redis is really stopped, in tests/cluster."""
    if settings.REDIS_URL:
        played = [item for item in items if "outage" in item.fixturenames]
        config.hook.pytest_deselected(items=played)
        items[:] = [item for item in items if item not in played]


@pytest.fixture
async def live(monkeypatch):
    """The parts of the application that go with an event loop; what waits, waits less long."""
    monkeypatch.setattr(audience, "PAUSE", 0.05)
    monkeypatch.setattr(presence, "GRACE", 0.2)
    channels.layers.channel_layers.backends.clear()
    yield
    for task in (*hub.running_hub().tasks, *watch.running_watch().tasks):
        task.cancel()
    audience.Audience.open.clear()
    hub._hub = watch._watch = None
    layer = channels.layers.get_channel_layer()
    if hasattr(layer, "flush"):
        await layer.flush()


@pytest.fixture
async def tab_of(live):
    """tab_of(user, room, ...) -> a Tab of theirs, welcomed, with these rooms open."""
    tabs = []

    async def tab_of(user, *rooms, cookie=None, **options) -> Tab:
        tab = Tab(cookie or await in_thread(session_of, user), **options)
        tabs.append(tab)
        assert await tab.connect() == "websocket.accept"
        tab.me = (await tab.receive("welcome"))["user"]
        for room in rooms:
            assert (await tab.ask("join_room", room=room.slug))["type"] == "ack"
        return tab

    yield tab_of
    for tab in tabs:
        if not tab.connection.future.done():
            await tab.disconnect()


@pytest.fixture
def says():
    """says(user, room, text) -> the Message, posted without a socket."""

    async def says(user, room, body: str, **more):
        with limits.lifted():
            return await in_thread(room.post, user, body, **more)

    return says


@pytest.fixture
def no_grace(monkeypatch):
    """Each edit leaves its mark, however soon it comes."""
    from chat.models import Message

    monkeypatch.setattr(Message, "GRACE", timedelta(0))


@pytest.fixture
def limit(settings):
    """limit(message="2 per minute") for this test only."""

    def limit(**words: str) -> None:
        settings.LIMITS = settings.LIMITS | words
        limits.limit_for.cache_clear()

    yield limit
    limits.limit_for.cache_clear()
