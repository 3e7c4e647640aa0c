"""Filters in the admin: made, tried and switched on."""

import pytest

from chat.models import Decision, Filter
from tests.admin_site import add, choose, list_of, notices, page_of, staff_who_may

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unhurried")]

FIELDS = {"name": "Games", "kind": "words", "terms": "casino\n赌场", "action": "refuse"}
FIELDS |= {"reason": "spam", "note": "", "room": ""}


@pytest.fixture
def made(desk):
    desk.post(add("filter"), FIELDS)
    return Filter.objects.get()


def test_it_is_made_tried_and_switched_on(desk, made, moderator, open_room, bob):
    open_room.post(bob, "欢迎来到赌场 <script>alert(1)</script>")
    assert made.made_by == moderator
    refused = choose(desk, "switch_on", made)
    assert "Try the filter first" in notices(refused)[-1]
    tried = desk.post(list_of("filter"), {"action": "try_out", "_selected_action": [made.pk]})
    shown = tried.content.decode()
    assert "<mark>赌场</mark> &lt;script&gt;" in shown
    assert "<script>alert" not in shown
    choose(desk, "switch_on", made, from_page="1")
    made.refresh_from_db()
    assert made.on_since
    assert Decision.objects.get().kind == "filter_on"
    page = desk.get(page_of(made)).content.decode()
    assert "It is on." in page
    assert 'name="terms"' not in page


def test_what_cannot_be_looked_for_is_said_in_the_form(desk):
    answer = desk.post(add("filter"), FIELDS | {"kind": "patterns", "terms": "(?=x)"})
    assert "(?=x)" in answer.content.decode()
    assert "RE2" in answer.content.decode()
    assert not Filter.objects.exists()


def test_a_crafted_form_changes_nothing_while_it_is_on(desk, made):
    desk.post(list_of("filter"), {"action": "try_out", "_selected_action": [made.pk]})
    choose(desk, "switch_on", made)
    answer = desk.post(page_of(made), FIELDS | {"terms": "harmless"})
    assert answer.status_code == 403
    desk.post(page_of(made, "delete"), {"post": "yes"})
    made.refresh_from_db()
    assert made.terms.split() == ["casino", "赌场"]


def test_who_may_only_look_can_do_no_more(sign_in, made):
    desk = sign_in(staff_who_may("view_filter"))
    assert desk.get(page_of(made)).status_code == 200
    assert desk.post(add("filter"), FIELDS).status_code == 403
    for action in ("try_out", "switch_on"):
        choose(desk, action, made)
    made.refresh_from_db()
    assert (made.tried_at, made.on_since) == (None, None)


def test_who_may_not_look_sees_none(sign_in, made):
    assert sign_in(staff_who_may("view_report")).get(list_of("filter")).status_code == 403
