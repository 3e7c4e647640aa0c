"""The log of decisions only grows, whoever writes to the database."""

import pytest
from django.db import DatabaseError, connection, transaction

from chat.models import Decision, Room

pytestmark = pytest.mark.django_db


@pytest.fixture
def decision(alice, bob, room):
    return room.mute(alice, bob, reason="spam", words="Every minute")


CHANGES = {
    "update": "UPDATE chat_decision SET words = 'Kindly' WHERE id = %s",
    "another's name": "UPDATE chat_decision SET by_id = NULL WHERE id = %s",
    "delete": "DELETE FROM chat_decision WHERE id = %s",
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_no_line_is_changed_or_deleted(decision, change):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        connection.cursor().execute(change, [decision.pk])
    assert Decision.objects.get(pk=decision.pk).words == "Every minute"


def test_no_line_is_written_over(decision):
    again = {"sqlite": "INSERT OR REPLACE INTO", "postgresql": "INSERT INTO"}[connection.vendor]
    columns = "id, kind, reason, words, names, details, created_at"
    change = f"""{again} chat_decision ({columns})
        SELECT id, kind, reason, 'Kindly', names, details, created_at FROM chat_decision"""
    with pytest.raises(DatabaseError), transaction.atomic():
        connection.cursor().execute(change)
    assert Decision.objects.get().words == "Every minute"


def test_not_by_the_models_either(decision):
    with pytest.raises(DatabaseError), transaction.atomic():
        decision.delete()
    decision.words = "Kindly"
    with pytest.raises(DatabaseError), transaction.atomic():
        decision.save()


def test_a_reversal_is_a_line_of_its_own(decision, alice):
    decision.reverse(alice, words="I was wrong")
    assert list(Decision.objects.order_by("pk").values_list("kind", "words")) == [
        ("muted", "Every minute"),
        ("reversed", "I was wrong"),
    ]


def test_it_outlives_the_room_and_keeps_its_name(decision, room, new_user):
    operator = new_user("operator", is_superuser=True)
    Room.objects.get(pk=room.pk).delete_for_good(operator)
    line = Decision.objects.with_names().get(kind="muted")
    assert line.room is None
    assert line.names == {"by": "alice", "person": "bob", "room": "Den"}
