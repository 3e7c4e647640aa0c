import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chat import broadcasts
from chat.errors import Taken
from chat.models import Room
from tests.accounts.people import closed, sign_in, who

pytestmark = pytest.mark.django_db


def key(browser) -> str:
    return browser.session.session_key


def test_logging_out_closes_the_sockets_of_that_session_only(browser, new_browser, alice, told):
    other = new_browser()
    sign_in(browser, "alice"), sign_in(other, "alice")
    here = key(browser)
    browser.post("/accounts/logout/")
    assert closed(told, alice) == [here]
    assert who(other) == "alice"


def test_a_session_can_be_revoked_from_another(browser, new_browser, alice, told):
    other = new_browser()
    sign_in(browser, "alice"), sign_in(other, "alice")
    there = key(other)
    row = UserSession.objects.get(session_key=there)
    browser.post(f"/accounts/sessions/{row.pk}/revoke/")
    assert closed(told, alice) == [there]
    assert (who(browser), who(other)) == ("alice", None)


def test_nobody_can_revoke_the_session_of_somebody_else(browser, new_browser, alice, bob, told):
    other = new_browser()
    sign_in(browser, "alice"), sign_in(other, "bob")
    row = UserSession.objects.get(user=bob)
    assert browser.post(f"/accounts/sessions/{row.pk}/revoke/").status_code == 404
    assert who(other) == "bob"
    assert not closed(told, bob)


def test_all_others_at_once(browser, new_browser, alice, told):
    other, third = new_browser(), new_browser()
    for one in (browser, other, third):
        sign_in(one, "alice")
    keys = {key(other), key(third)}
    browser.post("/accounts/sessions/")
    assert set(closed(told, alice)) == keys
    assert (who(browser), who(other), who(third)) == ("alice", None, None)


def test_the_list_of_sessions_says_which_is_which(browser, alice):
    agent = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    sign_in(browser, "alice", headers={"User-Agent": agent})
    html = browser.get("/accounts/sessions/").content.decode()
    assert "Firefox on Linux" in html and "this browser" in html


def test_deactivation_ends_everything_at_once(browser, alice, told):
    sign_in(browser, "alice")
    here = key(browser)
    alice.deactivate()
    assert None in closed(told, alice)
    assert who(browser) is None
    assert User.objects.signed_in(alice.pk, here) is None


def test_a_deactivated_name_is_free_and_a_reactivated_one_must_be(alice, bob):
    alice.deactivate()
    bob.edit_profile(display_name="Alice Wong")
    alice.reactivate()
    alice.deactivate()
    bob.edit_profile(display_name="Alíce".replace("í", "i"))
    with pytest.raises(Taken):
        alice.reactivate()
    alice.refresh_from_db()
    assert not alice.is_active


def test_sessions_that_expired_close_their_sockets_when_they_are_cleared(browser, alice, told):
    sign_in(browser, "alice")
    Session.objects.update(expire_date=timezone.now() - timezone.timedelta(seconds=1))
    assert User.objects.signed_in(alice.pk, key(browser)) is None
    call_command("clearsessions")
    assert closed(told, alice) == [key(browser)]


def test_signed_in_holds_while_the_session_does(browser, alice, bob):
    sign_in(browser, "alice")
    assert User.objects.signed_in(alice.pk, key(browser)) == alice
    assert User.objects.signed_in(alice.pk, "x" * 32) is None


def test_in_the_admin_as_well(browser, new_browser, alice, told):
    admin = new_browser()
    admin.force_login(User.objects.create_superuser("root-1", password="x"))
    sign_in(browser, "alice")
    chosen = {"_selected_action": [alice.pk], "asked": "1", "reason": "spam"}
    admin.post("/admin/accounts/user/", {"action": "suspend", **chosen})
    assert who(browser) is None
    assert None in closed(told, alice)
    admin.post("/admin/accounts/user/", {"action": "readmit", **chosen})
    alice.refresh_from_db()
    assert alice.is_active and alice.name_key


def test_the_admins_form_does_not_write_around_the_verbs(browser, alice):
    browser.force_login(User.objects.create_superuser("root-1", password="x"))
    answer = browser.post(f"/admin/accounts/user/{alice.pk}/change/", {"username": "alice"})
    assert answer.status_code == 302, answer.context["errors"]
    alice.refresh_from_db()
    assert alice.is_active


def test_a_name_changed_in_the_admin_is_told(browser, alice, told):
    room = Room.create(alice, "Garden")
    browser.force_login(User.objects.create_superuser("root-1", password="x"))
    told.clear()
    answer = browser.post(
        f"/admin/accounts/user/{alice.pk}/change/",
        {"username": "alice", "display_name": "Alicia", "is_active": "on"},
    )
    assert answer.status_code == 302, answer.context["errors"]
    assert any(group == f"room.{room.pk}" and "Alicia" in frame for group, frame in told)


def test_a_name_that_looks_like_anothers_is_refused_in_the_admin(browser, alice, bob):
    browser.force_login(User.objects.create_superuser("root-1", password="x"))
    answer = browser.post(
        f"/admin/accounts/user/{alice.pk}/change/",
        {"username": "alice", "display_name": "B0b", "is_active": "on"},
    )
    assert "taken" in str(answer.context["errors"])


def test_nobody_is_deleted_in_the_admin(browser, alice):
    browser.force_login(User.objects.create_superuser("root-1", password="x"))
    assert browser.get(f"/admin/accounts/user/{alice.pk}/delete/").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_nothing_is_told_of_what_was_rolled_back(alice, monkeypatch):
    told = []
    monkeypatch.setattr(broadcasts, "publish", lambda group, **what: told.append(group))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        alice.deactivate()
        raise ZeroDivisionError
    assert told == []
    alice.refresh_from_db()
    assert alice.is_active
    alice.deactivate()
    assert told
