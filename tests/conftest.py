"""The people and rooms of the tests. alice runs things, bob takes part, charlie is an outsider."""

import threading
from importlib import import_module

import pytest
from asgiref.sync import SyncToAsync
from django.core.cache import cache
from django.db import connection, connections
from redis import Redis

from chat import limits, presence, rendering
from chatsite.serve import compile_words
from tests import sockets

PASSWORD = "Correct-horse7"


@pytest.fixture(autouse=True)
def clean_slate(settings, tmp_path):
    """Nothing is cached, nobody is here, nobody has tried anything; uploads of this test's own."""
    settings.MEDIA_ROOT = tmp_path / "media"
    if settings.REDIS_URL:
        Redis.from_url(settings.REDIS_URL).flushdb()
    cache.clear()
    limits.limiter.cache_clear()
    limits.own_limiter.cache_clear()
    presence._store.cache_clear()
    rendering._fragment.cache_clear()


@pytest.fixture(scope="session", autouse=True)
def words():
    """The pages speak Chinese, as ./run would have it."""
    compile_words()


@pytest.fixture(scope="session", autouse=True)
def released_database(django_db_setup, django_db_blocker):
    """The application's threads let go of the database, so that it can be dropped."""
    yield
    from chat.threads import PAGES, UPLOADS, VERBS

    # The last is where channels reads sessions.
    for threads in (PAGES, UPLOADS, VERBS, SyncToAsync.single_thread_executor):
        let_all_go(threads, django_db_blocker)


def let_all_go(threads, django_db_blocker):
    barrier = threading.Barrier(threads._max_workers + 1)

    def let_go():
        barrier.wait(10)
        with django_db_blocker.unblock():
            connections.close_all()

    for _ in range(threads._max_workers):
        threads.submit(let_go)
    barrier.wait(10)
    threads.shutdown()


@pytest.fixture(autouse=True)
def emptied_log(request):
    """After a test that commits, all tables are emptied, which the log of decisions forbids."""
    marker = request.node.get_closest_marker("django_db")
    if not (marker and marker.kwargs.get("transaction")):
        yield
        return
    request.getfixturevalue("transactional_db")
    yield
    from chat.models import Decision

    if connection.vendor == "sqlite" and Decision.objects.exists():
        triggers = import_module("chat.migrations.0017_moderation")
        with connection.schema_editor() as editor:
            triggers.free(None, editor)
            for table in ("appeal", "removal", "restraint", "decision"):
                editor.execute(f"DELETE FROM chat_{table}")
            triggers.keep(None, editor)


@pytest.fixture
def new_user(db, django_user_model):
    def new_user(name: str, **fields):
        return django_user_model.objects.create_user(
            name, f"{name}@example.org", PASSWORD, **fields
        )

    return new_user


@pytest.fixture
def alice(new_user):
    return new_user("alice")


@pytest.fixture
def bob(new_user):
    return new_user("bob")


@pytest.fixture
def charlie(new_user):
    """The outsider: a member of nothing."""
    return new_user("charlie")


@pytest.fixture
def guest(db, django_user_model):
    return django_user_model.objects.enter_as_guest("Wanderer")


@pytest.fixture
def room(alice, bob):
    """A private room, alice's, with bob in it."""
    from chat.models import Room

    room = Room.create(alice, "Den", kind=Room.Kind.PRIVATE)
    room.admit(bob)
    return room


@pytest.fixture
def open_room(alice, bob):
    """A public room, alice's, with bob in it, where guests may enter."""
    from chat.models import Room

    room = Room.create(alice, "Garden", guests_allowed=True)
    room.admit(bob)
    return room


@pytest.fixture
def client_of():
    return sockets.client_of
