"""Sixteen people post in one room at once: revisions are contiguous, and nobody ever sees a gap."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from chat import limits
from chat.models import Message, Room

pytestmark = pytest.mark.django_db(transaction=True)

POSTERS, POSTS = 16, 6


@pytest.fixture
def posters(new_user, room):
    people = [new_user(f"poster{number}") for number in range(POSTERS)]
    for person in people:
        room.admit(person)
    return people


def test_no_gap_is_ever_to_be_seen(room, posters):
    start, done = threading.Barrier(POSTERS + 2), threading.Event()
    gaps, looks = [], []

    def talk(person) -> None:
        try:
            start.wait(30)
            with limits.lifted():
                for number in range(POSTS):
                    message = Room.objects.get(pk=room.pk).post(person, f"{person} {number}")
                    if number == 2:
                        message.edit(person, "Changed")
        finally:
            connections.close_all()

    def read() -> None:
        """What is to be seen is always all there is up to some revision, changed rows aside."""
        try:
            start.wait(30)
            while not done.is_set():
                seen = set(room.messages.values_list("revision", flat=True))
                latest = max(seen, default=0)
                # An edited message has left its first revision for a later one.
                edited = room.messages.filter(body="Changed").count()
                looks.append(latest)
                if len(seen) + edited < latest:
                    gaps.append(sorted(seen))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(POSTERS + 2) as threads:
        talks = [threads.submit(talk, person) for person in posters]
        reads = [threads.submit(read) for _ in range(2)]
        for future in talks:
            future.result(120)
        done.set()
        for future in reads:
            future.result(30)
    room.refresh_from_db()
    assert room.revision == POSTERS * (POSTS + 1)
    assert Message.objects.count() == POSTERS * POSTS
    assert len({m.revision for m in room.messages.all()}) == POSTERS * POSTS
    assert gaps == []
    assert len(set(looks)) > 3, "The reader was there while it happened"


def test_ids_and_revisions_grow_together(room, posters):
    """So that history by id and catching up by revision agree on the order."""

    def talk(person) -> None:
        try:
            with limits.lifted():
                for number in range(POSTS):
                    Room.objects.get(pk=room.pk).post(person, str(number))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(POSTERS) as threads:
        list(threads.map(talk, posters))
    revisions = list(room.messages.order_by("pk").values_list("revision", flat=True))
    assert revisions == list(range(1, POSTERS * POSTS + 1))


def test_the_same_post_sent_at_once_from_many_sides_is_one_message(room, alice):
    nonce, start = "00000000-0000-4000-8000-000000000000", threading.Barrier(8)

    def talk(_) -> int:
        try:
            start.wait(30)
            return Room.objects.get(pk=room.pk).post(alice, "Once", nonce=nonce).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        ids = set(threads.map(talk, range(8)))
    assert len(ids) == Message.objects.count() == 1
