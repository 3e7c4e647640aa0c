"""What a page that was cut off asks for: what no frame brings it any more."""

import pytest

from chat.models import Block, Room
from tests.sockets import client_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_gets_its_rooms_their_marks_and_the_blocks(room, alice, bob, charlie):
    Room.create(alice, "Gained").admit(bob)
    room.post(alice, "@bob while you were away")
    Block.put(bob, charlie)
    now = client_of(bob).get("/absence/").json()
    assert now["blocked"] == [charlie.pk]
    assert 'data-room="gained"' in now["html"]
    assert f'data-room="{room.slug}" data-unread data-mentions="1"' in now["html"]
    assert "aria-current" not in now["html"].partition("<footer")[0]


def test_who_is_signed_out_gets_nothing(client):
    assert client.get("/absence/").status_code == 302
