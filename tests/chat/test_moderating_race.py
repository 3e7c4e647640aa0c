"""What is decided while somebody waits for their turn in the room holds for what they do."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections

from chat.errors import Locked, Muted, NotAllowed, NotFound
from chat.models import Appeal, Decision, Report
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


def after_waiting(room, late, first):
    """What `late` gives, in another thread that waits for the room until `first` is done there."""

    def wait():
        try:
            return late()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as other:
        with room.locked():
            waiting = other.submit(wait)
            wait_until(somebody_waits, "another who waits for the room")
            first()
        return waiting.result(30)


@pytest.fixture
def dora(new_user, room):
    """A moderator of the room."""
    dora = new_user("dora")
    room.admit(dora, "moderator")
    return dora


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
    with pytest.raises(refusal):
        after_waiting(room, written.write, lambda: decide(room, alice, bob))
    assert not room.messages.exists()


def test_a_mute_put_anew_outlives_the_one_that_is_lifted(room, alice, bob, dora):
    lifted = room.mute(alice, bob)
    with pytest.raises(NotAllowed):
        after_waiting(room, lambda: lifted.reverse(alice), lambda: room.mute(dora, bob))
    with pytest.raises(Muted):
        room.post(bob, "But")


def test_an_owner_stays_when_two_lose_that_role_at_once(room, root, alice, bob, dora):
    for person in (bob, dora):
        room.set_role(alice, person, "owner")
    room.leave(alice)
    of_bob, of_dora = Decision.objects.filter(kind=Decision.Kind.ROLE).order_by("pk")
    with pytest.raises(NotAllowed):
        after_waiting(room, lambda: of_dora.reverse(root), lambda: of_bob.reverse(root))
    assert room.memberships.get(role="owner").user == dora


def test_an_appeal_granted_while_the_room_is_held_waits_for_it(room, alice, bob, dora):
    appeal = room.mute(alice, bob).appeal_by(bob, "I was quoting")
    with pytest.raises(NotAllowed):
        after_waiting(room, lambda: appeal.grant(alice), lambda: room.mute(dora, bob))
    assert Appeal.objects.open().exists()


def test_a_report_dismissed_while_its_message_is_removed_is_decided_once(room, alice, bob, dora):
    message = room.post(bob, "Rude")
    report = Report.file(dora, message=message, reason="insults")
    with pytest.raises(NotAllowed):
        after_waiting(room, lambda: report.dismiss(alice), lambda: message.remove(dora))
    report.refresh_from_db()
    assert report.decision.kind == Decision.Kind.REMOVED
