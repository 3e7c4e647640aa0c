import pytest

from accounts.models import User
from tests.accounts.people import PASSWORD, closed, sign_in, who

pytestmark = pytest.mark.django_db


@pytest.fixture
def guest(browser):
    browser.post("/accounts/guest/", {"nickname": "Dora"})
    return User.objects.get(display_name="Dora")


def claim(browser, username="dora", **more):
    form = {"username": username, "email": "dora@example.org"}
    form |= {"password1": PASSWORD, "password2": PASSWORD, **more}
    return browser.post("/accounts/signup/", form)


def test_a_guest_stays_who_they_are(browser, guest):
    page = browser.get("/accounts/signup/")
    assert page.status_code == 200
    assert "You stay Dora" in page.content.decode()
    claim(browser)
    claimed = User.objects.get()
    assert (claimed.pk, claimed.username, claimed.name) == (guest.pk, "dora", "Dora")
    assert (claimed.is_guest, claimed.email) == (False, "dora@example.org")
    assert who(browser) == "dora"


def test_what_they_wrote_stays_theirs(browser, guest, alice):
    from chat.models import Room

    room = Room.create(alice, "Garden", guests_allowed=True)
    room.join(guest)
    message = room.post(guest, "I was here as a guest")
    claim(browser)
    message.refresh_from_db()
    assert message.author.username == "dora"
    assert room.membership_of(User.objects.get(username="dora"))


def test_they_can_come_back_from_anywhere_and_their_session_lasts(browser, new_browser, guest):
    claim(browser)
    assert browser.session.get_expiry_age() > 7 * 86400
    other = new_browser()
    sign_in(other, "dora@example.org")
    assert who(other) == "dora"


def test_the_guests_sockets_are_closed_and_open_again_as_a_member(browser, guest, told):
    before = browser.session.session_key
    claim(browser)
    assert None in closed(told, guest)
    assert browser.session.session_key != before
    assert User.objects.signed_in(guest.pk, before) is None
    assert User.objects.signed_in(guest.pk, browser.session.session_key) == guest


def test_a_form_that_fails_changes_nothing(browser, guest, alice):
    assert claim(browser, "alice").status_code == 200
    assert claim(browser, "dora", password2="Other-horse9").status_code == 200
    guest.refresh_from_db()
    assert guest.is_guest and guest.username.startswith("guest-")
    assert who(browser) == guest.username


def test_nobody_else_can_take_a_guests_name(browser, new_browser, guest):
    assert claim(new_browser(), "dora").status_code == 200
    assert User.objects.count() == 1


def test_a_guest_does_not_become_somebodys_twin(browser, guest, alice):
    alice.edit_profile(display_name="Lili")
    answer = claim(browser, "аlice")
    assert "looks too much like" in answer.context["form"].errors["username"][0]
    guest.refresh_from_db()
    assert guest.is_guest


def test_who_has_an_account_does_not_get_a_second_one(browser, alice):
    browser.force_login(alice)
    assert claim(browser)["Location"] == "/"
    assert User.objects.get() == alice


def test_a_guest_who_has_an_account_signs_in_to_it(browser, guest, alice, told):
    before = browser.session.session_key
    assert browser.get("/accounts/login/").status_code == 200
    sign_in(browser, "alice", "wrong")
    assert who(browser) == guest.username
    sign_in(browser, "alice")
    assert who(browser) == "alice"
    assert closed(told, guest) == [before]
    guest.refresh_from_db()
    assert guest.is_guest


def test_who_is_signed_in_is_sent_on_from_the_doors(browser, alice):
    browser.force_login(alice)
    for page in ("login", "signup"):
        assert browser.get(f"/accounts/{page}/")["Location"] == "/"
