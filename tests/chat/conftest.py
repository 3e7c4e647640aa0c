"""Tabs through the whole application, with a hub and a channel layer of the test's own."""

import sqlite3
from contextlib import contextmanager
from datetime import timedelta

import channels.layers
import pytest
from django.conf import settings
from django.db import connection
from django.db.models import F
from django_tasks_db.models import DBTaskResult

from chat import audience, broadcasts, hub, limits, presence, push, watch
from chat.models import Message, PushDevice
from chat.threads import in_thread
from chat.worker import Worker
from tests.admin_site import Told, member_of
from tests.linked_pages import LinkedSite
from tests.push_service import PushService
from tests.sockets import Tab, session_of
from tests.uploading import send_file


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
        tab.welcome = await tab.receive("welcome")
        tab.me = tab.welcome["user"]
        for room in rooms:
            assert (await tab.ask("join_room", room=room.slug))["type"] == "ack"
        return tab

    yield tab_of
    for tab in tabs:
        if not tab.connection.future.done():
            await tab.disconnect()


@pytest.fixture
def sign_in(client):
    """sign_in(person) -> the client, in which they are signed in now."""

    def sign_in(person):
        client.force_login(person)
        return client

    return sign_in


@pytest.fixture
def as_alice(sign_in, alice):
    return sign_in(alice)


@pytest.fixture
def says():
    """says(user, room, text) -> the Message, posted without a socket."""

    async def says(user, room, body: str, **more):
        with limits.lifted():
            return await in_thread(room.post, user, body, **more)

    return says


@pytest.fixture
def uploaded():
    """uploaded(user, room, ...) -> the AttachmentData as JSON."""

    def uploaded(user, room, data=None, name="picture.png", **fields) -> dict:
        answer = send_file(user, room, data, name, **fields)
        assert answer.status_code == 201, answer.content
        return answer.json()

    return uploaded


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


@pytest.fixture
def long_thread(room, alice, bob):
    """A message of alice's with more answers than SQLite takes values in one statement."""
    root = room.post(alice, "Names for the boat?")
    with room.locked() as locked:
        said = [
            Message(room=room, author=bob, thread=root, body="x", html="x", revision=1 + number)
            for number in range(1, 1601)
        ]
        Message.objects.bulk_create(said)
        locked.revision += len(said)
        locked.save(update_fields=["revision"])
        root.room = locked
        root.recount_thread()
    if connection.vendor == "sqlite":  # which takes as many as it was built for
        most = sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER
        before = connection.connection.setlimit(most, 1500)
    yield root
    if connection.vendor == "sqlite":
        connection.connection.setlimit(most, before)


# Background work --------------------------------------------------------------------------------


@pytest.fixture
def bucket(settings, monkeypatch):
    """A bucket of S3, in memory."""
    import boto3  # slow, and for few tests
    from moto import mock_aws

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "of a test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with mock_aws():
        boto3.client("s3").create_bucket(Bucket="chatsite")
        options = {"bucket_name": "chatsite"}
        default = {"BACKEND": "chatsite.bucket.Bucket", "OPTIONS": options}
        settings.STORAGES = settings.STORAGES | {"default": default}
        yield boto3.resource("s3").Bucket("chatsite")


@pytest.fixture
def work(db):
    """work() does all that is due; work(seconds=5) what will be by then."""
    worker = Worker(threads=1)

    def work(**ahead: float) -> None:
        if ahead:
            waiting = DBTaskResult.objects.filter(status="READY")
            waiting.update(run_after=F("run_after") - timedelta(**ahead))
        while worker.do_next("default") or worker.do_next("outside"):
            pass

    return work


@pytest.fixture
def linked(settings):
    """A site on loopback that people link to."""
    settings.REACHES_LOOPBACK = True
    with LinkedSite() as site:
        yield site


@pytest.fixture
def push_service(settings, tmp_path):
    """The push service of a browser's maker, on loopback."""
    settings.REACHES_LOOPBACK = True
    settings.PUSH_KEY_FILE = tmp_path / "push.pem"
    for cached in (push._key, push.public_key):
        cached.cache_clear()
    push.make_key()
    with PushService() as service:
        yield service
    for cached in (push._key, push.public_key):
        cached.cache_clear()


@pytest.fixture
def device_of(push_service):
    """device_of(user) -> a new device of theirs, signed in, with `its` browser at the service."""

    def device_of(user, name: str = "Firefox on Linux") -> PushDevice:
        browser = push_service.browser()
        device = PushDevice.subscribe(user, session_of(user), browser.subscription, name)
        device.browser = browser
        return device

    return device_of


# The admin --------------------------------------------------------------------------------------


@pytest.fixture
def root(db, django_user_model):
    return django_user_model.objects.create_superuser("overseer")


@pytest.fixture
def admin(root, sign_in):
    return sign_in(root)


@pytest.fixture
def moderator(db):
    return member_of("Moderator", "mira")


@pytest.fixture
def administrator(db):
    return member_of("Administrator", "adele")


@pytest.fixture
def desk(sign_in, moderator):
    """The moderator's browser."""
    return sign_in(moderator)


@pytest.fixture
def unhurried():
    """Whoever writes or reports may do so as often as they like."""
    with limits.lifted():
        yield


@pytest.fixture
def listening(monkeypatch, django_capture_on_commit_callbacks):
    """`with listening() as told`: afterwards, what open browsers were told in the meantime."""

    @contextmanager
    def listening():
        told = Told()
        monkeypatch.setattr(broadcasts, "publish", told.publish)
        with django_capture_on_commit_callbacks(execute=True):
            yield told

    return listening
