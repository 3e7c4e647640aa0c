import pytest
from limits import parse

from accounts.models import User
from chat import limits
from chat.models import Room
from tests.accounts.people import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob_looks(browser, alice, bob, open_room):
    sign_in(browser, "bob")
    return lambda person, query="": browser.get(f"/people/{person.pk}/{query}")


def test_a_card_says_who_somebody_is(bob_looks, alice):
    alice.edit_profile(
        display_name="Alice Wong",
        about="Compilers",
        language="",
        time_zone="Asia/Tokyo",
        theme="dark",
    )
    html = bob_looks(alice, "?card").content.decode()
    for words in ("Alice Wong", "@alice", "Compilers", "Tokyo", alice.avatar_url):
        assert words in html
    assert "<html" not in html
    assert "<html" in bob_looks(alice).content.decode()


def test_only_rooms_that_both_are_in_are_named(bob_looks, alice, bob):
    shared, hers = Room.create(alice, "Yard"), Room.create(alice, "Attic", kind="private")
    shared.join(bob)
    html = bob_looks(alice, "?card").content.decode()
    assert "Yard" in html and "Attic" not in html
    hers.admit(bob)
    assert "Attic" in bob_looks(alice, "?card").content.decode()


def test_what_people_write_is_text(bob_looks, alice):
    User.objects.filter(pk=alice.pk).update(
        display_name="<img src=x>", about="<script>alert(1)</script>"
    )
    for query in ("", "?card"):
        html = bob_looks(alice, query).content.decode()
        assert "<img src=x>" not in html and "<script>alert" not in html
        assert "&lt;script&gt;alert(1)" in html


def test_guests_are_marked_and_their_technical_name_is_not_shown(bob_looks, open_room):
    guest = User.objects.enter_as_guest("Zoe")
    open_room.join(guest)
    html = bob_looks(guest, "?card").content.decode()
    assert ">guest<" in html and guest.username not in html


def test_an_address_is_nobodys_business(bob_looks, alice):
    assert "alice@example.org" not in bob_looks(alice).content.decode()


def test_strangers_see_nobody(browser, alice):
    assert browser.get(f"/people/{alice.pk}/?card")["Location"].startswith("/accounts/login/")


def test_a_guest_sees_only_those_of_their_rooms(browser, guest, alice, charlie, open_room):
    browser.force_login(guest)
    assert browser.get(f"/people/{guest.pk}/").status_code == 200
    assert browser.get(f"/people/{alice.pk}/").status_code == 404
    open_room.join(guest)
    assert browser.get(f"/people/{alice.pk}/").status_code == 200
    assert browser.get(f"/people/{charlie.pk}/").status_code == 404
    open_room.join(charlie)
    open_room.post(charlie, "I was here")
    open_room.leave(charlie)
    assert browser.get(f"/people/{charlie.pk}/").status_code == 200


def test_who_is_only_in_private_rooms_of_others_is_not_there(bob_looks, alice, charlie):
    Room.create(charlie, "Hideout", kind="private")
    assert bob_looks(charlie).status_code == 404
    Room.create(charlie, "Square")
    assert bob_looks(charlie).status_code == 200


def test_changing_oneself_is_limited(browser, bob, monkeypatch):
    monkeypatch.setattr(limits, "limit_for", lambda _: parse("1 per minute"))
    sign_in(browser, "bob")
    form = {"display_name": "Bob", "theme": "dark"}
    assert browser.post("/accounts/profile/", form).status_code == 302
    refused = browser.post("/accounts/profile/", form | {"display_name": "Rob"})
    assert "That was too fast" in refused.content.decode()
    bob.refresh_from_db()
    assert bob.name == "Bob"


def test_who_is_not_there(browser, bob_looks):
    assert browser.get("/people/999999/").status_code == 404
    assert browser.get(f"/people/{10**30}/").status_code == 404
