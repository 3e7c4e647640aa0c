import pytest

from accounts.models import User
from chat.models import Room
from tests.accounts.people import sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def bob_looks(browser, bob):
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
    shared, hers = Room.create(alice, "Garden"), Room.create(alice, "Attic", kind="private")
    shared.join(bob)
    html = bob_looks(alice, "?card").content.decode()
    assert "Garden" in html and "Attic" not in html
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


def test_guests_are_marked_and_their_technical_name_is_not_shown(bob_looks):
    guest = User.objects.enter_as_guest("Zoe")
    html = bob_looks(guest, "?card").content.decode()
    assert ">guest<" in html and guest.username not in html


def test_an_address_is_nobodys_business(bob_looks, alice):
    assert "alice@example.org" not in bob_looks(alice).content.decode()


def test_strangers_see_nobody(browser, alice):
    assert browser.get(f"/people/{alice.pk}/?card")["Location"].startswith("/accounts/login/")


def test_who_is_not_there(browser, bob_looks):
    assert browser.get("/people/999999/").status_code == 404
    assert browser.get(f"/people/{10**30}/").status_code == 404
