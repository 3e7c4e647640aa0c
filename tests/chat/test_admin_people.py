"""People in the admin: suspended by moderators, and given rights by superusers only."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.urls import reverse

from chat import limits
from chat.models import Decision, Report
from tests.admin_site import User, choose, list_of, listed, notices, page_of, staff_who_may
from tests.files import picture

pytestmark = pytest.mark.django_db


def test_suspending_is_a_decision(desk, moderator, bob):
    answer = choose(desk, "suspend", bob, reason="spam", words="Three times")
    assert notices(answer) == ["1 person suspended."]
    bob.refresh_from_db()
    decision = Decision.objects.get()
    assert not bob.is_active
    assert (decision.kind, decision.by, decision.person) == ("suspended", moderator, bob)
    assert LogEntry.objects.get().user == moderator


def test_letting_in_again_takes_the_suspension_back(desk, root, bob):
    suspension = Decision.suspend(root, bob, reason="spam")
    choose(desk, "readmit", bob, words="Sorry")
    bob.refresh_from_db()
    assert bob.is_active
    assert suspension.answers.get().words == "Sorry"


def test_who_was_never_suspended_is_let_in_without_one(desk, bob):
    bob.deactivate()
    choose(desk, "readmit", bob)
    bob.refresh_from_db()
    assert bob.is_active
    assert not Decision.objects.exists()


def test_a_taken_name_keeps_them_out(desk, bob):
    bob.deactivate()
    User.objects.create_user("b0b")
    assert "taken" in notices(choose(desk, "readmit", bob))[0]


def test_signing_out_ends_their_sessions_and_stands_in_the_log(desk, bob, client_of):
    browser = client_of(bob)
    choose(desk, "sign_out", bob)
    assert browser.get("/rooms/new/").status_code == 302
    assert Decision.objects.get().kind == "signed_out"
    bob.refresh_from_db()
    assert bob.is_active


def test_those_who_run_the_site_are_above_moderators(desk, root, administrator, moderator):
    answer = choose(desk, "suspend", root, administrator, moderator, reason="spam")
    assert not [note for note in notices(answer) if "suspended" in note]
    assert User.objects.filter(is_active=True).count() == 3
    assert not Decision.objects.exists()


def test_pictures_are_removed_but_not_of_those_who_run_the_site(desk, root, bob):
    for person in (root, bob):
        person.take_avatar(picture("PNG"))
    answer = choose(desk, "remove_pictures", root, bob)
    assert "1 picture removed." in notices(answer)
    for person in (root, bob):
        person.refresh_from_db()
    assert root.avatar
    assert not bob.avatar


def test_a_moderator_sees_people_and_changes_nothing_of_theirs(desk, bob):
    page = desk.get(page_of(bob))
    assert page.status_code == 200
    assert b"bob@example.org" not in page.content
    assert desk.post(page_of(bob), {"username": "bobby"}).status_code == 403
    assert desk.get(reverse("admin:auth_user_password_change", args=[bob.pk])).status_code == 403
    assert desk.get(reverse("admin:accounts_user_add")).status_code == 403


def test_addresses_are_searched_by_superusers_only(client, desk, root, bob):
    assert listed(desk.get(list_of("user"), {"q": "bob@example.org"})) == []
    client.force_login(root)
    assert listed(client.get(list_of("user"), {"q": "bob@example.org"})) == [bob.pk]


def test_an_administrator_changes_profiles_but_gives_no_rights(sign_in, administrator, bob):
    bob.set_password("Another-horse9")
    bob.save(update_fields=["password"])
    office = sign_in(administrator)
    page = office.get(page_of(bob)).content.decode()
    assert 'name="display_name"' in page
    for secret in ("is_superuser", bob.password, bob.password.split("$")[0], bob.email):
        assert secret not in page
    moderators = Group.objects.get(name="Moderator")
    forged = {"username": "bob", "display_name": "Robert", "is_staff": "on", "is_superuser": "on"}
    forged |= {"groups": [moderators.pk], "user_permissions": [1], "email": "mine@example.org"}
    answer = office.post(page_of(bob), forged)
    assert answer.status_code == 302, answer.context["errors"]
    bob.refresh_from_db()
    assert (bob.name, bob.email) == ("Robert", "bob@example.org")
    assert not (bob.is_staff or bob.is_superuser or bob.groups.exists())
    assert not bob.user_permissions.exists()


def test_a_new_person_does_not_look_like_somebody(sign_in, root, bob):
    bob.edit_profile(display_name="Robert")
    new = {"password1": "Another-horse9", "password2": "Another-horse9"}
    answer = sign_in(root).post(reverse("admin:accounts_user_add"), {"username": "bоb", **new})
    assert "looks too much like" in answer.content.decode()
    assert not User.objects.filter(username="bоb").exists()


def test_an_administrator_cannot_become_anybody(sign_in, administrator, root, bob):
    office = sign_in(administrator)
    for person in (bob, root, administrator):
        change_password = reverse("admin:auth_user_password_change", args=[person.pk])
        new = {"password1": "Another-horse9", "password2": "Another-horse9"}
        assert office.post(change_password, new).status_code == 403
    for person in (root, administrator):
        assert office.post(page_of(person), {"username": "gone"}).status_code == 403


def test_the_page_has_their_history(desk, root, bob, alice, open_room):
    with limits.lifted():
        said = open_room.post(bob, "boo")
        Report.file(alice, message=said, reason="insults")
    open_room.mute(alice, bob, words="Hush")
    page = desk.get(page_of(bob)).content.decode()
    for words in ("Hush", "Garden", "Insults, threats or hatred", "in 0 browsers"):
        assert words in page


def test_nobody_reads_what_was_reported_about_themselves(desk, moderator, bob, open_room):
    with limits.lifted():
        report = Report.file(bob, person=moderator, room=open_room, reason="insults")
    page = desk.get(page_of(moderator))
    assert b"Decisions" in page.content
    for words in (page_of(report), "Insults", "Nobody has reported"):
        assert words not in page.content.decode()


def test_lists_answer_what_their_filters_ask_and_nothing_else(desk, room):
    people = list_of("user")
    assert len(listed(desk.get(people, {"is_staff__exact": "0"}))) == 2
    since = {"date_joined__gte": "2020-01-01 00:00:00+00:00"}
    assert len(listed(desk.get(people, since))) == 3
    for question in (
        {"email__startswith": "bob"},
        {"password__startswith": "md5"},
        {"rooms": room.pk},
        {"messages": 1},
        {"reports": 1},
        {"is_staff__exact": "0", "reports__isnull": "0"},
        {"groups__name": "Moderator"},
    ):
        assert desk.get(people, question).status_code == 400
    rooms = list_of("room")
    live = {"created_at__year": room.created_at.year, "archived_at__isempty": "1"}
    assert listed(desk.get(rooms, live)) == [room.pk]
    assert desk.get(rooms, {"messages": 1}).status_code == 400


def test_guests_show_their_masked_address(desk):
    guest = User.objects.enter_as_guest("Robin", "203.0.113.7")
    assert b"203.0.*.*" in desk.get(page_of(guest)).content


def test_who_may_only_look_suspends_nobody(sign_in, bob):
    reader = sign_in(staff_who_may("view_user"))
    assert b"actions-here" not in reader.get(page_of(bob)).content
    choose(reader, "suspend", bob, reason="spam")
    bob.refresh_from_db()
    assert bob.is_active


def test_the_groups_have_what_they_need_and_no_more(moderator, administrator):
    for right in ("chat.moderate_room", "chat.delete_message", "accounts.suspend_user"):
        assert moderator.has_perm(right)
    for right in ("chat.change_room", "accounts.change_user", "auth.change_group"):
        assert not moderator.has_perm(right)
    assert administrator.has_perm("chat.change_room")
    for right in ("chat.read_private", "chat.change_message", "auth.change_group"):
        assert not administrator.has_perm(right)


def test_lists_ask_no_more_for_many(desk, django_assert_max_num_queries):
    for number in range(20):
        User.objects.create_user(f"person-{number}")
    with django_assert_max_num_queries(9):
        desk.get(list_of("user"))
