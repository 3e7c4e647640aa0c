import io

import pytest
from django.core.cache import cache
from django.db import transaction
from PIL import Image

from accounts.models import User
from chat import broadcasts, limits
from tests.accounts.people import PASSWORD


@pytest.fixture(autouse=True)
def fresh_limits():
    """Nobody has tried anything yet."""
    cache.clear()
    limits.limiter.cache_clear()


@pytest.fixture(autouse=True)
def quick_and_clean(settings, tmp_path):
    """Passwords that are not slow on purpose, and uploads of this test's own."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def alice(db):
    return User.objects.create_user("alice", "alice@example.org", PASSWORD)


@pytest.fixture
def bob(db):
    return User.objects.create_user("bob", "bob@example.org", PASSWORD)


@pytest.fixture
def browser(client):
    """Another word for Django's client, where there are several."""
    return client


@pytest.fixture
def new_browser():
    from django.test import Client

    return Client


@pytest.fixture
def told(monkeypatch):
    """What was published, as (group, order or frame), without waiting for a commit."""
    published = []

    def publish(group, *, order=None, text=None, revision=None):
        published.append((group, order or text))

    monkeypatch.setattr(broadcasts, "publish", publish)
    monkeypatch.setattr(transaction, "on_commit", lambda callback, **_: callback())
    return published


@pytest.fixture
def picture():
    """The bytes of a picture in a format of Pillow's, with what `save` is told."""

    def make(kind="PNG", size=(640, 480), colour="#4a6", **save) -> bytes:
        out = io.BytesIO()
        Image.new("RGB", size, colour).save(out, kind, **save)
        return out.getvalue()

    return make
