import pytest
from django.core import mail

from accounts.models import User
from chat.errors import Taken
from tests.accounts.people import PASSWORD, sign_in, who

pytestmark = pytest.mark.django_db


def sign_up(browser, username, email=None, password=PASSWORD, again=None, **more):
    form = {"username": username, "email": email or "new@example.org", **more}
    form |= {"password1": password, "password2": again or password}
    return browser.post("/accounts/signup/", form)


def errors(answer) -> dict:
    return {field: " ".join(words) for field, words in answer.context["form"].errors.items()}


def test_four_fields_make_a_person_who_is_in_at_once(browser):
    answer = sign_up(browser, "ada", "ada@example.org")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert who(browser) == "ada"
    ada = User.objects.get()
    assert (ada.name, ada.email, ada.is_guest, ada.is_staff) == (
        "ada",
        "ada@example.org",
        False,
        False,
    )
    assert ada.check_password(PASSWORD)


def test_a_chinese_name_will_do(browser):
    sign_up(browser, "王小明")
    assert who(browser) == "王小明"


def test_a_letter_asks_to_confirm_the_address_without_keeping_one_out(browser):
    sign_up(browser, "ada", "ada@example.org")
    assert [letter.to for letter in mail.outbox] == [["ada@example.org"]]
    link = next(word for word in mail.outbox[0].body.split() if "/confirm-email/" in word)
    browser.post(link.removeprefix("http://testserver"))
    assert User.objects.get().emailaddress_set.get().verified


@pytest.mark.parametrize("name", ["admin", "Adm1n", "管理员", "guest"])
def test_reserved_names_are_refused(browser, name):
    assert "kept for the site" in errors(sign_up(browser, name))["username"]
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["alice", "ALICE", "аlice", "AIice", "al.ice"])
def test_names_that_look_like_somebodys_are_refused(browser, alice, name):
    assert "username" in errors(sign_up(browser, name))
    assert User.objects.count() == 1


@pytest.mark.parametrize("name", ["", "a b", "<b>", "a\u202eb", "x" * 61, "..."])
def test_what_is_no_username_is_refused(browser, name):
    assert errors(sign_up(browser, name))["username"]
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["Alice", "аlice", "AIice", "al.ice", "Lіli"])
def test_a_handle_hidden_by_a_display_name_is_still_somebodys(browser, alice, name):
    alice.edit_profile(display_name="Lili")
    assert "username" in errors(sign_up(browser, name))
    assert not User.objects.filter(username=name).exists()


def test_who_was_alike_before_goes_on_under_their_name(alice):
    alice.edit_profile(display_name="Lili")
    twin = User.objects.create_user("аlice", display_name="Ally")
    twin.edit_profile(display_name="Ally", about="Here for years")
    twin.edit_profile(display_name="Allie")
    with pytest.raises(Taken):
        twin.edit_profile(display_name="Аlice")
    twin.deactivate()
    with pytest.raises(Taken):
        twin.reactivate()


def test_an_address_belongs_to_one_account(browser, alice):
    assert "email" in errors(sign_up(browser, "ada", "ALICE@example.org"))


@pytest.mark.parametrize("password", ["short7", "12345678901", "password", "adalovelace"])
def test_weak_passwords_are_refused(browser, password):
    assert errors(sign_up(browser, "adalovelace", password=password))["password1"]


def test_passwords_must_match(browser):
    assert errors(sign_up(browser, "ada", again="Another-horse8"))["password2"]


def test_who_is_slower_by_a_moment_is_told_so(browser, alice, monkeypatch):
    """The name was free when the form was checked, and is not when it is stored."""
    monkeypatch.setattr(User, "require_free_name", lambda *_: None)
    assert "taken" in errors(sign_up(browser, "al-ice"))["username"]
    assert User.objects.count() == 1


def test_the_way_back_leads_only_into_this_site(browser):
    answer = sign_up(browser, "ada", next="/rooms/")
    assert answer["Location"] == "/rooms/"
    browser.logout()
    answer = sign_up(browser, "eve", "eve@example.org", next="https://evil.example/")
    assert answer["Location"] == "/"


def test_too_many_accounts_from_one_address_are_a_429_page(browser, settings):
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"signup": "2/m/ip"}
    answers = [sign_up(browser, name, password="x") for name in ("a1", "b1", "c1")]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "429.html" in [template.name for template in answers[-1].templates]


def test_a_new_person_can_sign_in_elsewhere(browser, new_browser):
    sign_up(browser, "ada", "ada@example.org")
    other = new_browser()
    sign_in(other, "ada@example.org")
    assert who(other) == "ada"
