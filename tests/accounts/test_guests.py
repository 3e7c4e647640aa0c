import threading
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.utils import timezone

from accounts.models import User
from chat.errors import Taken
from tests.accounts.people import closed, who

pytestmark = pytest.mark.django_db


def enter(browser, nickname, **more):
    return browser.post("/accounts/guest/", {"nickname": nickname, **more})


def refusal(answer) -> str:
    return " ".join(answer.context["form"].errors["nickname"])


def settle(guest, hours=0):
    """As if the guest had come a while ago, and their session had ended that long ago."""
    User.objects.filter(pk=guest.pk).update(date_joined=timezone.now() - timedelta(hours=48))
    Session.objects.update(expire_date=timezone.now() - timedelta(hours=hours, seconds=1))


def test_a_nickname_is_enough(browser):
    assert enter(browser, "Zoë", next="/rooms/")["Location"] == "/rooms/"
    guest = User.objects.get()
    assert (guest.name, guest.is_guest, guest.has_usable_password()) == ("Zoë", True, False)
    assert who(browser) == guest.username


def test_who_has_an_account_sees_the_way_in_to_the_same_place(browser):
    page = browser.get("/accounts/guest/?next=/rooms/garden/").content.decode()
    assert '<a class="button wide" href="/accounts/login/?next=/rooms/garden/">Sign in</a>' in page
    assert 'href="/accounts/signup/?next=/rooms/garden/"' in page


def test_the_nickname_is_cleaned(browser):
    enter(browser, "  Zo\u200be\u202e\x01  ")
    assert User.objects.get().name == "Zoe"


@pytest.mark.parametrize("nickname", ["", "   ", "...", "\u200b", "\u3164"])
def test_nothing_is_no_nickname(browser, nickname):
    assert refusal(enter(browser, nickname))
    assert not User.objects.exists()


@pytest.mark.parametrize("nickname", ["Admin", "аdmin", "管理员", "s y s t e m", "@everyone"])
def test_reserved_nicknames_are_refused(browser, nickname):
    assert "kept for the site" in refusal(enter(browser, nickname))


@pytest.mark.parametrize("nickname", ["alice", "ＡLICE", "аlice", "AIice", "a.lice"])
def test_nicknames_that_look_like_somebodys_are_refused(browser, alice, nickname):
    assert "taken" in refusal(enter(browser, nickname))


def test_nor_those_that_look_like_a_username_behind_a_display_name(browser, alice):
    alice.edit_profile(display_name="Lili")
    assert "taken" in refusal(enter(browser, "аlice"))


def test_two_guests_do_not_share_a_nickname(browser, new_browser):
    enter(browser, "Zoe")
    assert "taken" in refusal(enter(new_browser(), "ZOE"))


@pytest.mark.parametrize("nickname", ["x" * 61, "<script>alert(1)</script>" * 3])
def test_what_is_too_long_is_refused(browser, nickname):
    assert refusal(enter(browser, nickname))


def test_markup_in_a_nickname_is_text(browser):
    enter(browser, "<b>Zoe</b>")
    html = browser.get("/accounts/profile/").content.decode()
    assert "&lt;b&gt;Zoe&lt;/b&gt;" in html
    assert "<b>Zoe" not in html


@pytest.mark.parametrize("goal", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_the_way_leads_only_into_this_site(browser, goal):
    assert enter(browser, "Zoe", next=goal)["Location"] == "/"


def test_who_is_signed_in_is_nobody_new(browser, alice):
    browser.force_login(alice)
    assert enter(browser, "Zoe")["Location"] == "/"
    assert User.objects.count() == 1


def test_too_many_from_one_address_wait(browser, new_browser, settings):
    settings.LIMITS = settings.LIMITS | {"guest": "2 per hour"}
    from chat.limits import limit_for

    limit_for.cache_clear()
    answers = [enter(new_browser(), name) for name in ("Ann", "Ben", "Cem")]
    limit_for.cache_clear()
    assert [answer.status_code for answer in answers] == [302, 302, 429]
    assert "too fast" in refusal(answers[-1])
    assert User.objects.count() == 2


def test_a_name_that_will_not_do_costs_no_try(browser, settings):
    settings.LIMITS = settings.LIMITS | {"guest": "1 per hour"}
    from chat.limits import limit_for

    limit_for.cache_clear()
    enter(browser, "admin")
    assert enter(browser, "Zoe").status_code == 302
    limit_for.cache_clear()


def test_the_session_lasts_a_day_and_slides(browser, monkeypatch):
    enter(browser, "Zoe")
    first = Session.objects.get().expire_date
    assert timedelta(hours=23) < first - timezone.now() <= timedelta(hours=24)
    browser.get("/accounts/profile/")
    later = timezone.now() + timedelta(hours=5)
    monkeypatch.setattr(timezone, "now", lambda: later)
    browser.get("/accounts/profile/")
    assert Session.objects.get().expire_date == pytest.approx(
        later + timedelta(hours=24), abs=timedelta(seconds=5)
    )


def test_sliding_does_not_write_with_every_page(browser, django_assert_num_queries):
    enter(browser, "Zoe")
    browser.get("/accounts/profile/")
    before = Session.objects.get().expire_date
    browser.get("/accounts/profile/")
    assert Session.objects.get().expire_date == before


def test_a_guest_who_is_gone_frees_the_nickname_and_keeps_the_name(browser, new_browser):
    enter(browser, "Zoe")
    old = User.objects.get()
    settle(old)
    enter(new_browser(), "Zoe")
    old.refresh_from_db()
    assert (old.is_active, old.name, old.name_key) == (False, "Zoe", None)
    assert User.objects.filter(is_active=True).get().name == "Zoe"


def test_expiry_closes_sockets(browser, told):
    enter(browser, "Zoe")
    guest = User.objects.get()
    settle(guest)
    assert User.objects.expire_guests() == 1
    assert None in closed(told, guest)
    assert User.objects.expire_guests() == 0


def test_a_guest_who_is_here_stays(browser):
    enter(browser, "Zoe")
    User.objects.update(date_joined=timezone.now() - timedelta(hours=48))
    assert User.objects.expire_guests() == 0


def test_a_guest_who_is_just_entering_stays(db):
    User.objects.enter_as_guest("Zoe")
    assert User.objects.expire_guests() == 0


def test_full_accounts_never_expire(alice):
    User.objects.update(date_joined=timezone.now() - timedelta(days=999))
    assert User.objects.expire_guests() == 0


def test_a_guest_who_signs_out_is_gone_for_good(browser):
    enter(browser, "Zoe")
    browser.post("/accounts/logout/")
    guest = User.objects.get()
    settle(guest)
    assert User.objects.expire_guests() == 1


@pytest.mark.parametrize("page", ["email/", "password/set/", "2fa/", "sessions/", "3rdparty/"])
def test_guests_have_no_account_to_set_up(browser, page):
    enter(browser, "Zoe")
    assert browser.get(f"/accounts/{page}")["Location"] == "/accounts/signup/"


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_name_in_the_same_moment_one_gets_it():
    both_ready, outcome = threading.Barrier(2), []

    def take():
        both_ready.wait(10)
        try:
            outcome.append(User.objects.enter_as_guest("Zoe").name)
        except Taken:
            outcome.append("taken")
        finally:
            connection.close()

    threads = [threading.Thread(target=take) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(outcome) == ["Zoe", "taken"]


def test_what_the_check_does_not_see_the_database_does(alice, monkeypatch):
    monkeypatch.setattr(User, "require_free_name", lambda *_: None)
    with pytest.raises(Taken):
        User.objects.enter_as_guest("ＡLICE")
    with pytest.raises(Taken):
        User.objects.enter_as_guest("AIice")
