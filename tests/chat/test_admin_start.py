"""The first page of the admin: what waits, and what goes on, in numbers and bars."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from chat import presence
from chat.models import Report
from tests.admin_site import list_of, staff_who_may

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unhurried")]
START, WAITING = reverse("admin:index"), reverse("admin:waiting")


def test_what_waits_is_counted(sign_in, moderator, open_room, alice, bob):
    said = open_room.post(bob, "boo")
    for person in (alice, moderator):
        open_room.admit(person)
        Report.file(person, message=said, reason="insults")  # of one thing
    open_room.mute(alice, bob).appeal_by(bob, "Why?")
    presence.enter((presence.SITE, bob.pk, "a tab"))
    figures = sign_in(moderator).get(START).context["figures"]
    assert (figures.reports, figures.appeals, figures.here) == (1, 1, 1)


def test_what_waits_about_oneself_is_not_counted(
    sign_in, moderator, administrator, open_room, alice, bob
):
    open_room.admit(moderator)
    Report.file(bob, message=open_room.post(moderator, "hush"), reason="insults")
    open_room.mute(alice, moderator).appeal_by(moderator, "Me?")
    for viewer, waits in ((administrator, (1, 1)), (moderator, (0, 0))):
        figures = sign_in(viewer).get(START).context["figures"]
        assert (figures.reports, figures.appeals) == waits


def test_messages_and_people_of_a_month_are_drawn(sign_in, moderator, open_room, bob):
    open_room.post(bob, "hello")
    old = open_room.post(bob, "long ago")
    type(old).objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=60))
    page = sign_in(moderator).get(START)
    figures = page.context["figures"]
    assert len(figures.days) == 30
    assert sum(figures.messages) == figures.messages[-1] == 1
    assert figures.people[-1] == 3  # alice, bob and the moderator
    assert page.content.count(b'<svg class="chart"') == 2


def test_rooms_are_named_by_the_size_of_their_files(
    sign_in, moderator, open_room, room, alice, uploaded
):
    for where, times in ((room, 2), (open_room, 1)):
        files = [uploaded(alice, where)["id"] for _ in range(times)]
        where.post(alice, "", attachments=files)
    storage = sign_in(moderator).get(START).context["figures"].storage
    assert [where for where, _size in storage] == [room, open_room]
    assert storage[0][1] == 2 * storage[1][1] > 0


def test_how_long_reports_waited_is_told(sign_in, moderator, open_room, alice, bob):
    report = Report.file(alice, message=open_room.post(bob, "boo"), reason="insults")
    Report.objects.update(created_at=timezone.now() - timedelta(hours=3))
    report.dismiss(moderator)
    assert "3 hours" in sign_in(moderator).get(START).content.decode().replace("\xa0", " ")


def test_reports_come_first(sign_in, moderator):
    apps = sign_in(moderator).get(START).context["app_list"]
    assert [app["app_label"] for app in apps] == ["chat", "accounts"]
    assert apps[0]["models"][0]["object_name"] == "Report"


def test_other_staff_see_no_figures(sign_in):
    page = sign_in(staff_who_may("view_room")).get(START)
    assert page.status_code == 200
    assert "figures" not in page.context


def test_counting_reads_little_twice(
    sign_in, moderator, open_room, bob, django_assert_max_num_queries
):
    browser = sign_in(moderator)
    browser.get(START)
    with django_assert_max_num_queries(10):
        browser.get(START)


def test_open_pages_are_told_how_many_reports_wait(sign_in, moderator, open_room, alice, bob):
    desk = sign_in(moderator)
    page = desk.get(START)
    assert b'data-count="0" aria-live="polite" hidden' in page.content
    Report.file(alice, message=open_room.post(bob, "boo"), reason="insults")
    waiting = {"count": 1, "said": "1 open report", "url": list_of("report")}
    assert desk.get(WAITING).json() == waiting


def test_others_are_not_told(sign_in, bob):
    assert sign_in(staff_who_may("view_room")).get(WAITING).status_code == 403
    assert sign_in(bob).get(WAITING).status_code == 302
