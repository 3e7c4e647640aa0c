"""Signing in with an OpenID Connect provider, against one on loopback."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount

from accounts.models import User
from tests.accounts.people import PASSWORD, is_mona, set_out, way_back, who
from tests.oidc_server import Provider

pytestmark = pytest.mark.django_db

CALLBACK = "/accounts/oidc/sso/login/callback/"


@pytest.fixture
def provider(settings):
    with Provider() as server:
        app = {"provider_id": "sso", "name": "Our school"}
        app |= {"client_id": server.client_id, "secret": server.client_secret}
        app["settings"] = {"server_url": server.url, "oauth_pkce_enabled": True}
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {"APPS": [app], "OAUTH_PKCE_ENABLED": True}
        }
        settings.OIDC_ISSUER_URL = server.url
        server.claims = {
            "sub": "9b0c",
            "preferred_username": "mona",
            "name": "Mona Lisa",
            "email": "mona@example.org",
            "email_verified": True,
        }
        yield server


def go(browser) -> str:
    return set_out(browser, "oidc/sso")


def come_back(address: str) -> str:
    """The path to which the provider sends the browser back."""
    back = way_back(requests.get(address, allow_redirects=False, timeout=5))
    assert back.startswith(f"{CALLBACK}?")
    return back


def sign_in(browser):
    return browser.get(come_back(go(browser)))


def test_the_first_login_makes_the_person(browser, provider):
    answer = sign_in(browser)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert who(browser) == "mona"
    is_mona(User.objects.get())


def test_the_second_finds_them_whatever_they_are_called_now(browser, new_browser, provider):
    sign_in(browser)
    provider.claims |= {"preferred_username": "lisa", "email": "lisa@example.org"}
    other = new_browser()
    sign_in(other)
    assert who(other) == "mona"
    assert User.objects.count() == SocialAccount.objects.count() == 1


def test_the_way_is_the_one_that_the_provider_tells(browser, provider):
    asked = parse_qs(urlsplit(go(browser)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["state"] and asked["code_challenge"]
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    assert "/.well-known/openid-configuration" in provider.asked


def test_a_stolen_code_is_worth_nothing_in_another_browser(browser, new_browser, provider):
    back = come_back(go(browser))
    thief = new_browser()
    assert thief.get(back).status_code == 401
    assert who(thief) is None and not User.objects.exists()


@pytest.mark.parametrize(
    "wrong", [{"aud": "another-site"}, {"iss": "https://evil.example"}, {"exp": 1}]
)
def test_an_id_token_for_somebody_else_lets_nobody_in(browser, provider, wrong):
    provider.wrong = wrong
    answer = sign_in(browser)
    assert answer.status_code == 401
    assert "Our school did not confirm" in answer.content.decode()
    assert not User.objects.exists()


def test_an_id_token_about_another_person_lets_nobody_in(browser, provider):
    """What userinfo says counts only for the person of the id_token (OpenID Connect 5.3.2)."""
    provider.wrong = {"sub": "another"}
    assert sign_in(browser).status_code == 401
    assert not User.objects.exists()


def test_a_wrong_secret_is_a_page_of_ours(browser, provider):
    provider.client_secret = "changed"
    assert sign_in(browser).status_code == 401


@pytest.mark.parametrize("verified", [True, False])
def test_an_address_does_not_open_somebody_elses_account(browser, provider, alice, verified):
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    provider.claims |= {"email": alice.email, "email_verified": verified}
    assert sign_in(browser)["Location"] == "/accounts/3rdparty/signup/"
    assert who(browser) is None
    assert not SocialAccount.objects.exists()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


@pytest.mark.parametrize("claim", [{"email_verified": False}, {"email_verified": "false"}, {}])
def test_an_address_that_is_not_verified_is_not_taken_for_verified(browser, provider, claim):
    del provider.claims["email_verified"]
    provider.claims |= claim
    assert sign_in(browser)["Location"] == "/"
    assert not EmailAddress.objects.get().verified
