import pytest
from django.utils import timezone, translation

from tests.accounts.people import sign_in

pytestmark = pytest.mark.django_db


def language(browser, **extra) -> str:
    return browser.get("/accounts/guest/", **extra)["Content-Language"]


def test_the_browser_says_which_language(browser):
    assert language(browser, headers={"Accept-Language": "zh-CN,zh;q=0.9"}) == "zh-hans"
    assert language(browser, headers={"Accept-Language": "tlh"}) == "en"


def test_a_choice_is_kept_in_a_cookie(browser):
    answer = browser.post("/language/", {"language": "zh-hans", "next": "/accounts/guest/"})
    assert answer["Location"] == "/accounts/guest/"
    assert language(browser, headers={"Accept-Language": "en"}) == "zh-hans"


def test_and_with_the_person_in_every_browser(browser, new_browser, alice):
    sign_in(browser, "alice")
    browser.post("/language/", {"language": "zh-hans"})
    other = new_browser()
    sign_in(other, "alice")
    assert other.get("/accounts/profile/")["Content-Language"] == "zh-hans"


def test_a_theme_is_kept_too(browser, alice):
    browser.post("/theme/", {"theme": "dark"})
    assert 'data-theme="dark"' in browser.get("/accounts/guest/").content.decode()
    sign_in(browser, "alice")
    browser.post("/theme/", {"theme": "light"})
    alice.refresh_from_db()
    assert alice.theme == "light"


@pytest.mark.parametrize(("page", "field"), [("language", "language"), ("theme", "theme")])
def test_what_there_is_not_changes_nothing(browser, alice, page, field):
    sign_in(browser, "alice")
    answer = browser.post(f"/{page}/", {field: '"><script>', "next": "https://evil.example/"})
    assert answer["Location"] == "/"
    alice.refresh_from_db()
    assert (alice.language, alice.theme) == ("", "system")
    assert field not in answer.cookies and "django_language" not in answer.cookies


def test_times_are_those_of_ones_zone_and_nobody_elses(browser, alice, monkeypatch):
    alice.time_zone, alice.language = "Asia/Tokyo", "zh-hans"
    alice.save()
    sign_in(browser, "alice")
    seen = []
    from accounts.views import people

    real = people.render

    def render(*args, **kwargs):
        seen.append((timezone.get_current_timezone_name(), translation.get_language()))
        return real(*args, **kwargs)

    monkeypatch.setattr(people, "render", render)
    browser.get(f"/people/{alice.pk}/")
    assert seen == [("Asia/Tokyo", "zh-hans")]
    assert timezone.get_current_timezone_name() == "UTC"
    assert translation.get_language() != "zh-hans"


def test_caches_are_told_what_a_page_depends_on(browser):
    vary = browser.get("/accounts/guest/")["Vary"]
    assert "Cookie" in vary and "Accept-Language" in vary
