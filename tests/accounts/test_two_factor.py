import re

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)

from tests.accounts.people import prove_it, sign_in, who

pytestmark = pytest.mark.django_db
ACTIVATE = "/accounts/2fa/totp/activate/"


def code_for(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


@pytest.fixture
def secret(browser, alice) -> str:
    """alice has just switched the second factor on; this is the secret in her app."""
    sign_in(browser, "alice")
    prove_it(browser)
    page = browser.get(ACTIVATE)
    secret = page.context["form"].secret
    browser.post(ACTIVATE, {"code": code_for(secret)})
    return secret


def test_the_qr_code_is_an_image_that_the_policy_lets_through(browser, alice):
    sign_in(browser, "alice")
    prove_it(browser)
    page = browser.get(ACTIVATE)
    assert 'src="data:image/svg+xml;base64,' in page.content.decode()
    assert re.search(r"img-src [^;]*data:", page["Content-Security-Policy"])


def test_switching_it_on_asks_for_the_password_again(browser, alice):
    sign_in(browser, "alice")
    assert "/reauthenticate/" in browser.get(ACTIVATE)["Location"]


def test_a_wrong_code_switches_nothing_on(browser, alice):
    sign_in(browser, "alice")
    prove_it(browser)
    browser.get(ACTIVATE)
    assert "code" in browser.post(ACTIVATE, {"code": "000000"}).context["form"].errors
    assert not alice.authenticator_set.exists()


def test_from_then_on_the_password_is_half_of_it(new_browser, secret, settings):
    settings.MFA_TOTP_TOLERANCE = 1
    phone = new_browser()
    answer = sign_in(phone, "alice")
    assert answer["Location"].startswith("/accounts/2fa/authenticate/")
    assert who(phone) is None
    assert phone.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert who(phone) is None


def test_the_code_is_the_other_half(new_browser, secret):
    from django.core.cache import cache

    cache.clear()  # a code works once, and one was used a moment ago
    phone = new_browser()
    sign_in(phone, "alice")
    phone.post("/accounts/2fa/authenticate/", {"code": code_for(secret)})
    assert who(phone) == "alice"


def test_a_recovery_code_works_once(browser, new_browser, secret):
    codes = browser.get("/accounts/2fa/recovery-codes/").context["unused_codes"]
    for expected in ("alice", None):
        phone = new_browser()
        sign_in(phone, "alice")
        phone.post("/accounts/2fa/authenticate/", {"code": codes[0]})
        assert who(phone) == expected


def test_switching_it_off_asks_for_the_password_again(browser, secret, alice):
    session = browser.session
    session.pop("account_authentication_methods", None)
    session.save()
    answer = browser.post("/accounts/2fa/totp/deactivate/")
    assert "/reauthenticate/" in answer["Location"]
    assert alice.authenticator_set.filter(type="totp").exists()
    prove_it(browser)
    browser.post("/accounts/2fa/totp/deactivate/")
    assert not alice.authenticator_set.exists()


@pytest.mark.parametrize(
    "page", ["", "totp/deactivate/", "recovery-codes/", "recovery-codes/generate/"]
)
def test_its_pages_are_ours(browser, secret, page):
    answer = browser.get(f"/accounts/2fa/{page}")
    assert answer.status_code == 200
    assert "accounts/settings.html" in [template.name for template in answer.templates]
