"""What is decided while a post waits for its turn holds for that post."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from chat.errors import Locked, Muted, NotFound
from tests.services import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


def somebody_waits() -> bool:
    """Whether another connection waits for what this transaction holds."""
    if not connection.features.has_select_for_update:
        return True  # there is one writer at a time, and nobody has begun before it is their turn
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks"
            " WHERE NOT granted AND transactionid = pg_current_xact_id()::xid"
        )
        return cursor.fetchone()[0] > 0


@pytest.mark.parametrize(
    ("decide", "refusal"),
    [
        (lambda room, alice, bob: room.mute(alice, bob), Muted),
        (lambda room, alice, bob: room.ban(alice, bob), NotFound),
        (lambda room, alice, bob: room.remove_member(alice, bob), NotFound),
        (lambda room, alice, bob: room.lock(alice), Locked),
    ],
    ids=["mute", "ban", "remove", "lock"],
)
def test_a_post_that_waited_for_a_decision_obeys_it(room, alice, bob, decide, refusal):
    written = room.prepare_post(bob, "Too late")

    def write():
        try:
            return written.write()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            decide(room, alice, bob)
            posting = other.submit(write)
            wait_until(somebody_waits, "a post that waits for the room")
        with pytest.raises(refusal):
            posting.result(30)
    assert not room.messages.exists()
