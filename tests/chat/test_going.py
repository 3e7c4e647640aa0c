"""What pages outside the room fetch to lead elsewhere by key."""

import pytest

from chat.models import Room

pytestmark = pytest.mark.django_db


def test_it_has_one_s_own_rooms_and_conversations(client_of, alice, bob, room):
    Room.create(alice, "Elsewhere")
    Room.between(bob, [alice])
    page = client_of(bob).get("/going/").content.decode()
    assert f'data-room="{room.slug}"' in page
    assert 'data-room="elsewhere"' not in page
    assert page.count("data-room=") == 2
    assert 'id="switcher"' in page


def test_who_is_signed_out_has_none(client):
    assert client.get("/going/").status_code == 302
