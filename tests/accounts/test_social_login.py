"""Signing in with another service, against a GitHub on loopback."""

import re
import socket
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter

from accounts import portraits
from accounts.models import User
from chat.fetching import Unavailable
from tests.accounts.people import PASSWORD, is_mona, prove_it, set_out, sign_in, way_back, who
from tests.github_server import Email, GitHub, Person

pytestmark = pytest.mark.django_db


@pytest.fixture
def github(settings, monkeypatch):
    with GitHub() as server:
        app = {"client_id": server.client_id, "secret": server.client_secret}
        settings.GITHUB_URL = server.url
        settings.SOCIALACCOUNT_PROVIDERS = {
            "github": {"APPS": [app], "OAUTH_PKCE_ENABLED": True, "GITHUB_URL": server.url}
        }
        # allauth reads GITHUB_URL once, when it is imported.
        for name in ("access_token_url", "authorize_url"):
            path = urlsplit(getattr(GitHubOAuth2Adapter, name)).path
            monkeypatch.setattr(GitHubOAuth2Adapter, name, server.url + path)
        for name, path in (("profile_url", "/user"), ("emails_url", "/user/emails")):
            monkeypatch.setattr(GitHubOAuth2Adapter, name, f"{server.url}/api/v3{path}")
        server.person = Person("octocat", name="Mona Lisa", emails=[Email("mona@example.org")])
        yield server


def go(browser, **form) -> str:
    return set_out(browser, "github", **form)


def consent(address: str, decision="allow") -> str:
    """Press a button on GitHub's page; the path that it leads back to."""
    page = requests.get(address, timeout=5)
    assert page.status_code == 200, page.text
    form = dict(re.findall(r'name="(\w+)" value="([^"]*)"', page.text.replace("&amp;", "&")))
    form["decision"] = decision
    answer = requests.post(
        f"{address.partition('/login')[0]}/login/oauth/decide",
        form,
        allow_redirects=False,
        timeout=5,
    )
    return way_back(answer)


def sign_in_with_github(browser, **form):
    return browser.get(consent(go(browser, **form)))


def test_the_first_login_makes_the_person(browser, github):
    answer = sign_in_with_github(browser)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert who(browser) == "octocat"
    mona = User.objects.get()
    is_mona(mona)
    assert mona.avatar.name.startswith("avatars/")
    assert mona.avatar.read()[8:12] == b"WEBP"


def test_the_second_finds_them(browser, new_browser, github):
    sign_in_with_github(browser)
    other = new_browser()
    sign_in_with_github(other, next="/rooms/")
    assert who(other) == "octocat"
    assert User.objects.count() == SocialAccount.objects.count() == 1


def test_the_code_is_asked_for_with_pkce_and_state(browser, github):
    asked = parse_qs(urlsplit(go(browser)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["state"] and asked["code_challenge"]
    assert "user:email" in asked["scope"][0]
    assert asked["redirect_uri"] == ["http://testserver/accounts/github/login/callback/"]


def test_a_stolen_code_is_worth_nothing_in_another_browser(browser, new_browser, github):
    back = consent(go(browser))
    thief = new_browser()
    assert thief.get(back).status_code == 401
    assert who(thief) is None
    go(thief)
    state = next(iter(thief.session["socialaccount_states"]))
    answer = thief.get(re.sub(r"state=[^&]+", f"state={state}", back))
    assert answer.status_code == 401  # the verifier is not the one of the challenge
    assert who(thief) is None and not User.objects.exists()


def test_who_presses_cancel_is_told_that_nothing_has_happened(browser, github):
    answer = browser.get(consent(go(browser), "deny"), follow=True)
    assert "You are not signed in" in answer.content.decode()
    assert who(browser) is None


@pytest.mark.parametrize("trouble", ["codes_expire", "api_is_down"])
def test_trouble_on_the_way_is_a_page_of_ours(browser, github, trouble):
    setattr(github, trouble, True)
    answer = sign_in_with_github(browser)
    assert answer.status_code == 401
    assert "GitHub did not confirm who you are" in answer.content.decode()
    assert not User.objects.exists()


def test_a_wrong_secret_is_too(browser, github):
    github.client_secret = "changed"
    assert sign_in_with_github(browser).status_code == 401


@pytest.mark.parametrize("verified", [True, False])
def test_an_address_does_not_open_somebody_elses_account(browser, github, alice, verified):
    """Who says at GitHub that alice's address is theirs does not get into alice's account."""
    EmailAddress.objects.create(user=alice, email=alice.email, verified=True, primary=True)
    github.person = Person("mallory", emails=[Email(alice.email, verified=verified)])
    answer = sign_in_with_github(browser)
    assert answer["Location"] == "/accounts/3rdparty/signup/"
    assert who(browser) is None
    assert not SocialAccount.objects.filter(user=alice).exists()
    refused = browser.post(
        "/accounts/3rdparty/signup/", {"username": "mallory", "email": alice.email}
    )
    assert "email" in refused.context["form"].errors
    browser.post("/accounts/3rdparty/signup/", {"username": "mallory", "email": ""})
    assert who(browser) == "mallory"
    assert not SocialAccount.objects.filter(user=alice).exists()
    alice.refresh_from_db()
    assert alice.check_password(PASSWORD)


def test_an_address_that_is_not_verified_is_not_taken_for_verified(browser, github):
    github.person = Person("mallory", emails=[Email("who@example.org", verified=False)])
    sign_in_with_github(browser)
    assert not EmailAddress.objects.get().verified


def test_an_account_can_be_connected_and_disconnected_by_its_owner(browser, github, alice):
    sign_in(browser, "alice")
    asked = sign_in_with_github(browser, process="connect")
    assert asked["Location"] == "/accounts/reauthenticate/"
    assert not SocialAccount.objects.exists()
    prove_it(browser)
    connected = SocialAccount.objects.get()
    assert (connected.user, who(browser)) == (alice, "alice")
    browser.post("/accounts/3rdparty/", {"account": connected.pk})
    assert not SocialAccount.objects.exists()


@pytest.mark.parametrize(
    ("login", "name"),
    [("admin", "Root"), ("alice", "Alice"), ("Alice", "аlice"), ("a" * 39, "x" * 200), ("bob", "")],
)
def test_names_that_are_taken_or_reserved_are_replaced(browser, github, alice, login, name):
    github.person = Person(login, name=name, emails=[Email("new@example.org")])
    assert sign_in_with_github(browser)["Location"] == "/"
    new = User.objects.exclude(pk=alice.pk).get()
    assert new.name and len(new.name) <= User.NAME_LENGTH
    assert new.name not in {"admin", "Root", "alice", "Alice"}
    assert new.name_key != alice.name_key


def test_nor_does_the_username_look_like_somebodys(browser, github, alice):
    alice.edit_profile(display_name="Lili")
    github.person = Person("a1ice", name="Mona", emails=[Email("new@example.org")])
    assert sign_in_with_github(browser)["Location"] == "/"
    new = User.objects.exclude(pk=alice.pk).get()
    assert (new.name, new.username_look != alice.username_look) == ("Mona", True)


def test_a_name_taken_in_the_same_moment_is_replaced(browser, github, alice, monkeypatch):
    monkeypatch.setattr(User, "require_free_name", lambda *_: None)
    github.person = Person("mona", name="Alice", emails=[Email("new@example.org")])
    assert sign_in_with_github(browser)["Location"] == "/"
    assert User.objects.exclude(pk=alice.pk).get().name.startswith("Alice ")


def test_no_address_is_no_obstacle(browser, github):
    github.person = Person("octocat", emails=[])
    assert sign_in_with_github(browser)["Location"] == "/"
    assert User.objects.get().email == ""


@pytest.mark.parametrize("avatar", [b"", b"<svg onload=alert(1)>", b"\x89PNG" * 2_000_000])
def test_a_bad_picture_never_stands_in_the_way(browser, github, avatar):
    github.avatar = avatar
    sign_in_with_github(browser)
    assert who(browser) == "octocat"
    assert not User.objects.get().avatar


def test_a_guest_who_goes_on_with_github_stays_who_they_are(browser, github):
    browser.post("/accounts/guest/", {"nickname": "Dora"})
    guest = User.objects.get()
    sign_in_with_github(browser)
    claimed = User.objects.get()
    assert (claimed.pk, claimed.username, claimed.name) == (guest.pk, "octocat", "Dora")
    assert not claimed.is_guest
    assert who(browser) == "octocat"


def test_a_guest_who_has_an_account_becomes_its_owner(browser, new_browser, github):
    sign_in_with_github(new_browser())
    browser.post("/accounts/guest/", {"nickname": "Dora"})
    sign_in_with_github(browser)
    assert who(browser) == "octocat"
    assert User.objects.get(display_name="Dora").is_guest


def test_who_was_deactivated_stays_out(browser, github):
    sign_in_with_github(browser)
    User.objects.get().deactivate()
    answer = browser.get(consent(go(browser)), follow=True)
    assert "closed" in answer.content.decode()
    assert who(browser) is None


def test_the_button_is_there(browser, github):
    assert "/accounts/github/login/" in browser.get("/accounts/login/").content.decode()


def test_arriving_by_a_link_asks_first(browser, github):
    page = browser.get("/accounts/github/login/")
    assert page.status_code == 200 and "Refresh" not in page.headers
    assert not github.asked


PAGES = ["github/login/", "github/login/callback/", "google/login/", "google/login/callback/"]
PAGES += ["oidc/sso/login/", "oidc/sso/login/callback/", "oidc/x/login/"]


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_is_not_set_up_does_not_exist(browser, settings, page, method):
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert getattr(browser, method)(f"/accounts/{page}").status_code == 404
    assert f"/accounts/{page}" not in browser.get("/accounts/login/").content.decode()


def test_a_provider_that_cannot_be_reached_is_a_page_of_ours(browser, settings):
    app = {"provider_id": "sso", "name": "Our school", "client_id": "a", "secret": "b"}
    app["settings"] = {"server_url": "http://127.0.0.1:9"}
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": [app]}}
    assert "Our school" in browser.get("/accounts/login/").content.decode()
    answer = browser.post("/accounts/oidc/sso/login/")
    assert answer.status_code == 401
    assert "Our school did not confirm" in answer.content.decode()


@pytest.mark.parametrize(
    "url",
    [
        "https://avatars.githubusercontent.com/u/1?v=4",
        "https://lh3.googleusercontent.com/a/x",
        "https://git.example.org/avatars/1",
        "https://avatars.git.example.org/u/1",
        "http://sso.example.org:8080/me.png",
    ],
)
def test_pictures_are_fetched_from_providers(settings, url):
    settings.GITHUB_URL = "https://git.example.org"
    settings.OIDC_ISSUER_URL = "http://sso.example.org:8080"
    assert portraits.allowed(url) == url


@pytest.mark.parametrize(
    "url",
    [
        "http://avatars.githubusercontent.com/u/1",
        "https://githubusercontent.com.evil.example/",
        "https://evilgithubusercontent.com/",
        "https://avatars.githubusercontent.com:22/",
        "https://a@avatars.githubusercontent.com/",
        "https://avatars.githubusercontent.com@169.254.169.254/",
        "http://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:6379/",
        "http://[::1]/",
        "file:///etc/passwd",
        "//avatars.githubusercontent.com/",
        "https://[broken",
        "",
    ],
)
def test_and_from_nowhere_else(settings, url):
    settings.GITHUB_URL = settings.OIDC_ISSUER_URL = ""
    assert portraits.allowed(url) is None
    with pytest.raises(Unavailable):
        portraits.fetch(url)


def test_only_who_was_set_up_may_be_within_the_own_network(settings, monkeypatch):
    answer = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", 443))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answer)
    reached = []

    def connect(address, *_):
        reached.append(address)
        raise OSError("far enough")

    monkeypatch.setattr(socket, "create_connection", connect)
    settings.GITHUB_URL = "https://git.example.org"
    addresses = ["https://git.example.org/1", "https://avatars.git.example.org/1"]
    for url in (*addresses, "https://lh3.googleusercontent.com/a/x"):
        with pytest.raises(Unavailable):
            portraits.fetch(url)
    assert reached == [("10.0.0.1", 443)] * 2
