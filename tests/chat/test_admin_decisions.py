"""The log in the admin, what is in force, and appeals."""

import pytest

from chat.models import Appeal, Decision, Report, Restraint, Room
from chat.protocol.server import Decided
from tests.admin_site import add, choose, list_of, listed, notices, page_of, staff_who_may

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unhurried")]


@pytest.fixture
def mute(open_room, alice, bob):
    return open_room.mute(alice, bob, reason="insults", words="Be kind")


def test_the_log_is_read_and_never_changed(admin, mute):
    assert b"Be kind" in admin.get(page_of(mute)).content
    assert admin.post(page_of(mute), {"words": "x"}).status_code == 403
    assert admin.post(page_of(mute, "delete"), {"post": "yes"}).status_code == 403
    assert admin.get(add("decision")).status_code == 403


def test_a_decision_is_taken_back_by_whoever_is_signed_in(desk, moderator, mute, bob, listening):
    with listening() as told:
        answer = choose(desk, "take_back", mute, words="A mistake")
    assert notices(answer) == ["1 decision taken back."]
    reversal = mute.answers.get()
    assert (reversal.by, reversal.kind, reversal.words) == (moderator, "reversed", "A mistake")
    assert not Restraint.objects.exists()
    assert told.has(Decided, f"user.{bob.pk}")


def test_what_is_taken_back_already_says_so(desk, mute, alice):
    mute.reverse(alice)
    assert "over already" in notices(choose(desk, "take_back", mute))[0]


@pytest.mark.parametrize("where", ["a direct conversation", "a profile"])
def test_a_dismissal_is_taken_back_where_nobody_moderates(desk, moderator, alice, bob, where):
    about = {"person": bob}
    if where == "a direct conversation":
        about = {"message": Room.between(alice, [bob]).post(bob, "boo")}
    report = Report.file(alice, reason="insults", **about)
    answer = choose(desk, "take_back", report.dismiss(moderator))
    assert notices(answer) == ["1 decision taken back."]
    report.refresh_from_db()
    assert (report.decided_at, report.decision) == (None, None)


def test_the_log_is_narrowed_to_a_room_or_a_person(desk, mute, alice, room, bob):
    other = room.mute(alice, bob)
    assert listed(desk.get(list_of("decision"))) == [other.pk, mute.pk]
    assert listed(desk.get(list_of("decision"), {"room": room.pk})) == [other.pk]
    assert listed(desk.get(list_of("decision"), {"person": alice.pk})) == []


def test_what_ended_is_in_force_no_more(desk, mute):
    assert len(listed(desk.get(list_of("restraint")))) == 1
    Restraint.objects.update(until=mute.created_at)
    assert listed(desk.get(list_of("restraint"))) == []
    assert len(listed(desk.get(list_of("restraint"), {"over": "all"}))) == 1


def test_a_mute_is_lifted(desk, mute):
    answer = choose(desk, "lift", mute.restraints.get(), from_page="1")
    assert notices(answer) == ["1 lifted."]
    assert not Restraint.objects.exists()


def test_somebody_is_banned_from_any_room(desk, moderator, open_room, bob):
    new = {"room": open_room.pk, "person": bob.pk, "kind": "ban", "reason": "spam", "lasts": "1d"}
    answer = desk.post(add("restraint"), new)
    assert answer.status_code == 302, answer.context["errors"]
    ban = Restraint.objects.get()
    assert (ban.kind, ban.decision.by, ban.decision.reason) == ("ban", moderator, "spam")
    assert ban.until
    assert open_room.membership_of(bob) is None


def test_a_refused_ban_is_explained_in_the_form(desk, open_room, alice):
    new = {"room": open_room.pk, "person": alice.pk, "kind": "ban", "reason": "spam", "lasts": "1d"}
    assert b"needs an owner" in desk.post(add("restraint"), new).content
    assert not Decision.objects.exists()


def test_nothing_in_force_is_deleted_or_changed(admin, mute):
    restraint = mute.restraints.get()
    assert b"Be kind" in admin.get(page_of(restraint)).content
    assert admin.post(page_of(restraint, "delete"), {"post": "yes"}).status_code == 403
    assert admin.post(page_of(restraint), {"until": ""}).status_code == 403


@pytest.mark.parametrize(("action", "kind"), [("grant", "reversed"), ("decline", "upheld")])
def test_an_appeal_is_answered_once(desk, moderator, mute, bob, action, kind):
    appeal = mute.appeal_by(bob, "It was a joke")
    assert listed(desk.get(list_of("appeal"))) == [appeal.pk]
    assert b"It was a joke" in desk.get(page_of(appeal)).content
    choose(desk, action, appeal, words="So be it")
    appeal.refresh_from_db()
    assert (appeal.answer.kind, appeal.answer.by) == (kind, moderator)
    assert listed(desk.get(list_of("appeal"))) == []


def test_nobody_answers_their_own_appeal(desk, moderator, open_room, alice):
    open_room.admit(moderator)
    appeal = open_room.mute(alice, moderator).appeal_by(moderator, "Me?")
    assert listed(desk.get(list_of("appeal"))) == []
    choose(desk, "grant", appeal)
    assert Appeal.objects.open().exists()


def test_who_only_looks_decides_nothing(sign_in, mute, bob):
    appeal = mute.appeal_by(bob, "It was a joke")
    reader = sign_in(staff_who_may("view_decision", "view_restraint", "view_appeal"))
    restraint = mute.restraints.get()
    for action, thing in (("take_back", mute), ("lift", restraint), ("grant", appeal)):
        page = reader.get(page_of(thing))
        assert page.status_code == 200
        assert f'value="{action}"'.encode() not in page.content
        choose(reader, action, thing)
    assert Decision.objects.count() == 1
    assert reader.get(add("restraint")).status_code == 403
