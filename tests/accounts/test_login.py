import pytest

from tests.accounts.people import PASSWORD, sign_in, who

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("login", ["alice", "Alice", "alice@example.org", "ALICE@example.org"])
def test_by_username_or_address(browser, alice, login):
    sign_in(browser, login)
    assert who(browser) == "alice"


@pytest.mark.parametrize("login", ["alice", "alice@example.org", "nobody", "nobody@example.org"])
def test_a_wrong_password_does_not_tell_whether_the_account_exists(browser, alice, login):
    answer = sign_in(browser, login, "wrong")
    assert who(browser) is None
    known = sign_in(browser, "alice@example.org" if "@" in login else "alice", "wrong")
    assert answer.context["form"].errors == known.context["form"].errors


def test_who_was_deactivated_is_told_and_kept_out(browser, alice):
    alice.deactivate()
    sign_in(browser, "alice")
    assert who(browser) is None


def test_five_wrong_passwords_close_the_door_for_the_right_one(browser, alice):
    for _ in range(5):
        sign_in(browser, "alice", "wrong")
    answer = sign_in(browser, "alice")
    assert who(browser) is None
    assert "Too many" in str(answer.context["form"].errors)


def test_other_people_are_not_kept_out_by_that(browser, alice, bob):
    for _ in range(5):
        sign_in(browser, "alice", "wrong")
    sign_in(browser, "bob")
    assert who(browser) == "bob"


def test_tries_beyond_all_measure_are_a_429_page(browser, alice, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login": "3/m/ip"}
    statuses = [sign_in(browser, "alice", "wrong").status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


def test_the_limit_looks_through_the_proxies_that_are_trusted(browser, alice, bob, settings):
    settings.TRUSTED_PROXIES = 1
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"login": "1/m/ip"}
    statuses = [
        sign_in(browser, "alice", "wrong", headers={"X-Forwarded-For": f"{invented}, {real}"})
        for invented, real in [
            ("6.6.6.1", "1.1.1.1"),
            ("6.6.6.2", "1.1.1.1"),
            ("6.6.6.2", "2.2.2.2"),
        ]
    ]
    assert [answer.status_code for answer in statuses] == [200, 429, 200]


def test_next_leads_only_into_this_site(browser, alice):
    for goal, leads_to in [
        ("/rooms/", "/rooms/"),
        ("//evil.example/", "/"),
        ("https://e.vil", "/"),
    ]:
        form = {"login": "alice", "password": PASSWORD, "next": goal}
        assert browser.post("/accounts/login/", form)["Location"] == leads_to
        browser.logout()


def test_the_admin_has_no_door_of_its_own(browser):
    answer = browser.get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next=")


def test_signing_out_needs_a_button(browser, alice):
    browser.force_login(alice)
    browser.get("/accounts/logout/")
    assert who(browser) == "alice"
    assert browser.post("/accounts/logout/")["Location"] == "/"
    assert who(browser) is None


@pytest.mark.parametrize("page", ["login/", "signup/", "guest/", "password/reset/"])
def test_pages_in_front_of_the_door_have_no_inline_script_or_style(browser, page):
    answer = browser.get(f"/accounts/{page}")
    html = answer.content.decode()
    assert answer.status_code == 200
    assert "style=" not in html and "<style" not in html and " onclick" not in html
    assert html.count("<script") == html.count('<script type="module" src=')
