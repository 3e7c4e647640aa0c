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


def test_a_page_that_lost_frames_asks_in_which_threads_there_is_something_new(room, alice, bob):
    roots = [room.post(bob, text) for text in ("Coming?", "When?")]
    client = client_of(bob)
    assert client.get("/threads/unread/").json() == {"threads": []}
    room.post(alice, "Yes", thread=roots[0].pk)
    assert client.get("/threads/unread/").json() == {"threads": [roots[0].pk]}
