import pytest
from django.core import mail
from django.core.management import call_command

from tests.accounts.people import PASSWORD, closed, sign_in, who

pytestmark = pytest.mark.django_db
NEW = "Quite-another-horse8"


def change(browser, old=PASSWORD, new=NEW):
    form = {"oldpassword": old, "password1": new, "password2": new}
    return browser.post("/accounts/password/change/", form)


def test_a_new_password_keeps_this_browser_in_and_puts_the_others_out(browser, new_browser, alice):
    other = new_browser()
    sign_in(browser, "alice"), sign_in(other, "alice")
    change(browser)
    assert (who(browser), who(other)) == ("alice", None)
    alice.refresh_from_db()
    assert alice.check_password(NEW)


def test_it_closes_all_sockets(browser, alice, told):
    sign_in(browser, "alice")
    change(browser)
    assert None in closed(told, alice)


def test_one_must_know_the_old_one(browser, alice, told):
    sign_in(browser, "alice")
    change(browser, old="wrong")
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)
    assert not closed(told, alice)


def test_a_forgotten_password_is_set_anew_by_letter(browser, new_browser, alice):
    other = new_browser()
    sign_in(other, "alice")
    browser.post("/accounts/password/reset/", {"email": "alice@example.org"})
    link = next(word for word in mail.outbox[0].body.split() if "/reset/key/" in word)
    page = browser.get(link.removeprefix("http://testserver"), follow=True)
    address = page.redirect_chain[-1][0]
    browser.post(address, {"password1": NEW, "password2": NEW})
    assert who(other) is None
    sign_in(browser, "alice", NEW)
    assert who(browser) == "alice"


def test_the_link_of_a_letter_works_once(browser, alice):
    browser.post("/accounts/password/reset/", {"email": "alice@example.org"})
    link = next(word for word in mail.outbox[0].body.split() if "/reset/key/" in word)
    link = link.removeprefix("http://testserver")
    page = browser.get(link, follow=True)
    browser.post(page.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
    browser.logout()
    assert browser.get(link).context["token_fail"]


def test_asking_for_a_letter_does_not_tell_who_has_an_account(browser, alice):
    answers = [
        browser.post("/accounts/password/reset/", {"email": email}, follow=True)
        for email in ("alice@example.org", "nobody@example.org")
    ]
    assert answers[0].redirect_chain == answers[1].redirect_chain


def test_a_password_set_on_the_command_line_ends_all_sessions_too(
    browser, alice, told, monkeypatch
):
    sign_in(browser, "alice")
    monkeypatch.setattr("getpass.getpass", lambda prompt: NEW)
    call_command("changepassword", "alice", verbosity=0)
    assert who(browser) is None
    assert None in closed(told, alice)


@pytest.mark.parametrize("poor", ["Sh0rt", "alice123", "password", "20260712"])
def test_a_poor_one_is_refused_in_the_language_of_the_page(browser, poor):
    form = {"username": "alice", "email": "", "password1": poor, "password2": poor}
    page = browser.post("/accounts/signup/", form, headers={"Accept-Language": "zh-CN"})
    refusals = page.context["form"].errors["password1"]
    assert refusals
    assert all(word.isascii() is False for word in refusals)


def test_the_way_to_a_new_one_is_shown_once(browser):
    page = browser.get("/accounts/login/").content.decode()
    assert page.count("/accounts/password/reset/") == 1
