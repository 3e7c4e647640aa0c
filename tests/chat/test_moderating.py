"""What moderators decide, what comes of it, and who may not."""

from datetime import timedelta
from importlib import import_module
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from chat.errors import (
    Banned,
    ChatError,
    Locked,
    Muted,
    NotAllowed,
    NotFound,
    Taken,
    TooSoon,
)
from chat.models import (
    Appeal,
    Attachment,
    Decision,
    Invitation,
    Membership,
    Removal,
    Report,
    Restraint,
    Room,
    Scheduled,
    new_poll,
)
from chat.protocol.server import Reported

pytestmark = pytest.mark.django_db
MODERATOR = Membership.Role.MODERATOR


@pytest.fixture
def dora(new_user, room):
    """A moderator of the room."""
    dora = new_user("dora")
    room.admit(dora, MODERATOR)
    return dora


@pytest.fixture
def eve(new_user):
    """Who moderates, but another room."""
    eve = new_user("eve")
    Room.create(eve, "Elsewhere")
    return eve


def in_an_hour():
    return timezone.now() + timedelta(hours=1)


def after(**time):
    """Restraints and memberships as they will be: their ends that much nearer."""
    for restraint in Restraint.objects.exclude(until=None):
        restraint.until -= timedelta(**time)
        restraint.save()
    for membership in Membership.objects.exclude(muted_until=None):
        membership.muted_until -= timedelta(**time)
        membership.save()


# Muting -----------------------------------------------------------------------------------------


def test_the_muted_are_told_until_when_by_whom_and_why(room, dora, bob):
    room.mute(dora, bob, until=in_an_hour(), reason="spam", words="Six links")
    with pytest.raises(Muted) as refusal:
        room.post(bob, "Buy this")
    for told in ("dora", "until", "Spam or advertising", "Six links"):
        assert told in str(refusal.value)


WAYS_TO_SPEAK = {
    "post": lambda room, bob, his, hers: room.post(bob, "Hello"),
    "thread": lambda room, bob, his, hers: room.post(bob, "Hello", thread=hers.pk),
    "reply": lambda room, bob, his, hers: room.post(bob, "Hello", reply_to=hers.pk),
    "poll": lambda room, bob, his, hers: room.post(bob, "So?", poll=new_poll(["a", "b"])),
    "edit": lambda room, bob, his, hers: his.edit(bob, "Buy this"),
    "react": lambda room, bob, his, hers: hers.react(bob, "👍"),
    "pin": lambda room, bob, his, hers: hers.pin(bob),
    "forward": lambda room, bob, his, hers: notes_of(bob).forward(bob, room, knowingly=True),
    "upload": lambda room, bob, his, hers: Attachment.receive(room, bob, None),
}


def notes_of(person):
    return Room.between(person, []).post(person, "Said to myself")


@pytest.mark.parametrize("speak", WAYS_TO_SPEAK.values(), ids=WAYS_TO_SPEAK)
def test_the_muted_find_no_way_to_speak(speak, room, alice, bob):
    his, hers = room.post(bob, "Before"), room.post(alice, "Hello")
    room.set_role(alice, bob, MODERATOR)  # even then
    room.mute(alice, bob)
    before = room.messages.count(), room.messages.get(pk=his.pk).body
    with pytest.raises(Muted):
        speak(room, bob, his, hers)
    assert (room.messages.count(), room.messages.get(pk=his.pk).body) == before


def test_what_the_muted_scheduled_stays_with_the_reason(room, alice, bob):
    scheduled = Scheduled.create(room, bob, "Later", in_an_hour())
    room.mute(alice, bob, words="Enough")
    Scheduled.objects.update(due_at=timezone.now())
    Scheduled.send(scheduled.pk)
    scheduled.refresh_from_db()
    assert "Enough" in scheduled.refused


def test_a_post_that_was_taken_before_is_still_the_answer(room, alice, bob):
    nonce = uuid4()
    message = room.post(bob, "Hello", nonce=nonce)
    room.mute(alice, bob)
    assert room.post(bob, "Hello", nonce=nonce) == message


def test_a_mute_outlives_leaving(open_room, alice, bob):
    open_room.mute(alice, bob)
    open_room.leave(bob)
    open_room.join(bob)
    with pytest.raises(Muted):
        open_room.post(bob, "Back")


def test_a_mute_ends_by_itself(room, alice, bob):
    room.mute(alice, bob, until=in_an_hour())
    after(hours=1)
    assert room.post(bob, "Hello again")
    assert room.membership_of(bob).muted_until is None


def test_lifted_is_lifted_once(room, alice, bob):
    mute = room.mute(alice, bob)
    mute.reverse(alice)
    assert room.post(bob, "Hello again")
    with pytest.raises(NotAllowed):
        Decision.objects.get(pk=mute.pk).reverse(alice)


def test_a_newer_mute_takes_the_place_of_the_older(room, alice, bob):
    older = room.mute(alice, bob, until=in_an_hour())
    room.mute(alice, bob)
    with pytest.raises(NotAllowed):
        older.reverse(alice)
    assert Restraint.objects.get().until is None


# Banning ----------------------------------------------------------------------------------------


def test_the_banned_come_back_by_no_door(open_room, alice, bob):
    link = Invitation.create(open_room, alice)
    open_room.ban(alice, bob, until=in_an_hour(), words="Threats")
    assert not open_room.membership_of(bob)
    doors = [
        lambda: open_room.join(bob),
        lambda: link.accept(bob),
        lambda: open_room.admit(bob),
        lambda: open_room.add_member(alice, bob),
        lambda: open_room.post(bob, "Here"),
        lambda: Room.objects.called(open_room.slug, bob),
    ]
    for door in doors:
        with pytest.raises((Banned, NotFound, NotAllowed)):
            door()
    assert not open_room.membership_of(bob)
    assert open_room not in Room.objects.visible_to(bob)


def test_the_banned_are_told_why(open_room, alice, bob):
    open_room.ban(alice, bob, until=in_an_hour(), reason="insults", words="Threats")
    with pytest.raises(Banned, match=r"alice banned you.*Insults.*Threats"):
        Room.objects.called(open_room.slug, bob)


def test_a_ban_ends_by_itself(open_room, alice, bob):
    open_room.ban(alice, bob, until=in_an_hour())
    after(hours=1)
    assert open_room.join(bob)


def test_a_ban_taken_back_brings_back(room, alice, bob):
    room.ban(alice, bob).reverse(alice)
    assert room.membership_of(bob)


def test_a_guest_is_banned_by_where_they_come_from(open_room, alice, django_user_model):
    guests = [
        django_user_model.objects.enter_as_guest(name, address)
        for name, address in [
            ("Fox", "203.0.113.7"),
            ("Hare", "203.0.113.7"),
            ("Owl", "203.0.113.8"),
            ("Fox in socks", "203.0.113.7"),
        ]
    ]
    fox, hare, owl, again = guests
    for guest in (fox, hare, owl):
        open_room.join(guest)
    ban = open_room.ban_address(alice, fox, until=in_an_hour())
    assert ban.details["mask"] == "203.0.*.*"
    assert [bool(open_room.membership_of(guest)) for guest in guests] == [0, 0, 1, 0]
    with pytest.raises(Banned):
        open_room.admit(again)
    ban.reverse(alice)
    assert open_room.admit(again)


def test_the_address_itself_is_kept_nowhere(open_room, django_user_model):
    guest = django_user_model.objects.enter_as_guest("Fox", "203.0.113.7")
    kept = django_user_model.objects.filter(pk=guest.pk).values().get()
    assert "113.7" not in str(kept)
    assert kept["address_mask"] == "203.0.*.*"


def test_an_account_is_not_banned_by_address(open_room, alice, bob):
    with pytest.raises(NotAllowed):
        open_room.ban_address(alice, bob, until=in_an_hour())


# Messages ---------------------------------------------------------------------------------------


def test_what_was_removed_is_served_to_nobody_and_comes_back_whole(room, alice, bob):
    message = room.post(bob, "Rude words", poll=new_poll(["yes", "no"]))
    message.react(alice, "👍")
    message.vote(alice, [1])
    said = room.messages.values("html", "poll", "reaction_tally").get()
    removed = message.remove(alice, reason="insults")
    row = str(room.messages.values().get())
    assert "Rude" not in row
    assert removed.removed["by"] == "alice"
    assert "Rude" in Removal.objects.get().body
    removed.restore(alice)
    assert room.messages.values("html", "poll", "reaction_tally").get() == said
    room.refresh_from_db()
    assert (room.revision, room.last_message_id) == (5, message.pk)


def test_removed_in_a_thread(room, alice, bob):
    root = room.post(alice, "Root")
    answer = room.post(bob, "Answer", thread=root.pk)
    for restored in (False, True):
        (answer.restore if restored else answer.remove)(alice)
        root.refresh_from_db()
        assert root.thread_count == int(restored)


def test_what_its_author_deleted_is_gone(room, alice, bob):
    message = room.post(bob, "Mine")
    message.remove(bob)
    with pytest.raises(NotFound):
        message.restore(alice)
    assert not Decision.objects.exists()


def test_its_author_does_not_bring_it_back(room, dora, bob):
    message = room.post(bob, "Rude")
    message.remove(dora)
    with pytest.raises(NotAllowed):
        message.restore(bob)


def test_nor_does_its_author_who_owns_the_room(room, alice, root):
    message = room.post(alice, "Rude")
    message.remove(root)
    with pytest.raises(NotAllowed):
        message.restore(alice)
    message.restore(root)


def test_after_its_time_it_is_gone_for_good(room, alice, bob):
    message = room.post(bob, "Rude")
    message.remove(alice)
    Removal.objects.update(created_at=timezone.now() - Removal.KEPT)
    Removal.forget_old()
    with pytest.raises(NotFound):
        message.restore(alice)


# The room ---------------------------------------------------------------------------------------


def test_slow_mode_lets_members_wait_and_moderators_go_on(room, dora, bob):
    room.slow_down(dora, 30)
    assert room.post(bob, "One")
    with pytest.raises(TooSoon) as refusal:
        room.post(bob, "Two")
    assert 28 < refusal.value.retry_after <= 30
    assert room.post(dora, "One") and room.post(dora, "Two")
    room.memberships.filter(user=bob).update(spoke_at=timezone.now() - timedelta(seconds=31))
    assert room.post(bob, "Two")
    room.slow_down(dora, 0)
    assert room.post(bob, "Three")


def test_slow_mode_is_not_left_by_leaving(open_room, alice, bob):
    open_room.slow_down(alice, 30)
    open_room.post(bob, "One")
    open_room.leave(bob)
    open_room.join(bob)
    with pytest.raises(TooSoon):
        open_room.post(bob, "Two")


def test_in_a_locked_room_only_moderators_write(room, dora, bob):
    room.lock(dora, words="Until the talk is over")
    with pytest.raises(Locked, match="Until the talk is over"):
        room.post(bob, "But")
    assert room.post(dora, "Please wait")
    room.unlock(dora)
    assert room.post(bob, "Thanks")


# Reports and appeals ----------------------------------------------------------------------------


def test_one_report_at_a_time_and_a_decision_answers_all(room, alice, bob, dora):
    message = room.post(bob, "Rude")
    Report.file(alice, message=message, reason="insults")
    with pytest.raises(Taken):
        Report.file(alice, message=message, reason="spam")
    Report.file(dora, message=message, reason="other", words="Really")
    decision = message.remove(dora)
    assert not Report.objects.open().exists()
    assert Report.objects.filter(decision=decision.removed["id"]).count() == 2


def test_what_was_reported_is_seen_also_when_its_author_took_it_back(room, alice, bob):
    message = room.post(bob, "Rude")
    report = Report.file(alice, message=message, reason="insults")
    message.remove(bob)
    assert report.text == "Rude"


def test_dismissed_and_opened_again(room, alice, bob, dora):
    report = Report.file(bob, person=dora, room=room, reason="other")
    decision = report.dismiss(alice)
    assert not Report.objects.open().exists()
    decision.reverse(alice)
    assert Report.objects.open().exists()
    room.refresh_from_db()
    assert room.waiting_for(alice) == 1


@pytest.mark.parametrize("of_message", [True, False], ids=["message", "person"])
def test_opened_again_beside_who_reported_the_same_anew(room, alice, bob, dora, of_message):
    about = {"message": room.post(bob, "Rude")} if of_message else {"person": bob, "room": room}
    for reporter in (alice, dora):
        report = Report.file(reporter, **about, reason="insults")
    dismissal = report.dismiss(dora)
    anew = Report.file(alice, **about, reason="spam")
    dismissal.reverse(dora)
    assert {one.pk for one in Report.objects.open()} == {anew.pk, report.pk}


def test_an_appeal_is_heard_once(room, alice, bob):
    mute = room.mute(alice, bob)
    appeal = mute.appeal_by(bob, "I was quoting")
    with pytest.raises(Taken):
        mute.appeal_by(bob, "Please")
    appeal.grant(alice, words="So you were")
    assert room.post(bob, "Thanks")
    with pytest.raises(NotAllowed):
        appeal.decline(alice)


def test_a_declined_appeal_leaves_things_as_they_are(room, alice, bob):
    appeal = room.mute(alice, bob).appeal_by(bob, "No")
    appeal.decline(alice)
    with pytest.raises(Muted):
        room.post(bob, "But")


def test_what_is_taken_back_answers_the_appeal_against_it(room, alice, bob):
    mute = room.mute(alice, bob)
    appeal = mute.appeal_by(bob, "No")
    lift = mute.reverse(alice)
    appeal.refresh_from_db()
    assert appeal.answered_at and appeal.answer == lift
    room.refresh_from_db()
    assert room.waiting == 0


@pytest.mark.parametrize("decide", [Decision.suspend, Decision.sign_out])
def test_what_is_decided_about_the_account_answers_the_report_in_its_room(
    room, alice, bob, root, listening, decide
):
    report = Report.file(alice, message=room.post(bob, "Rude"), reason="insults")
    room.refresh_from_db()
    assert room.waiting_for(alice) == 1
    with listening() as told:
        decide(root, bob, report=report)
    assert told.has(Reported, f"user.{alice.pk}")
    room.refresh_from_db()
    assert (room.waiting, room.waiting_for(alice)) == (0, 0)


def test_appeals_that_nobody_could_answer_any_more_are_settled(room, open_room, alice, bob):
    """They were left open beside a decision that was taken back; the count with them."""
    settled = open_room.mute(alice, bob)
    still_open = room.mute(alice, bob)
    appeal, other = (mute.appeal_by(bob, "No") for mute in (settled, still_open))
    lift = settled.reverse(alice)
    Appeal.objects.filter(pk=appeal.pk).update(answered_at=None, answer=None)
    Room.objects.update(waiting=2)
    import_module("chat.migrations.0032_settled_appeals").settle(apps, None)
    for one in (appeal, other, room, open_room):
        one.refresh_from_db()
    assert (appeal.answer, appeal.answered_at) == (lift, lift.created_at)
    assert other.answered_at is None
    assert (open_room.waiting, room.waiting) == (0, 1)


def test_an_appeal_is_not_declined_when_the_decision_was_taken_back(room, alice, bob):
    mute = room.mute(alice, bob)
    appeal = mute.appeal_by(bob, "No")
    mute.reverse(alice)
    # As appeals were left before they were answered with it.
    type(appeal).objects.update(answered_at=None, answer=None)
    with pytest.raises(NotAllowed):
        appeal.decline(alice)


# Hostile tries ----------------------------------------------------------------------------------


DECISIONS = {
    "mute": lambda room, by, whom, said: room.mute(by, whom),
    "ban": lambda room, by, whom, said: room.ban(by, whom),
    "show out": lambda room, by, whom, said: room.remove_member(by, whom),
    "remove": lambda room, by, whom, said: said.remove(by),
    "slow": lambda room, by, whom, said: room.slow_down(by, 10),
    "lock": lambda room, by, whom, said: room.lock(by),
    "promote": lambda room, by, whom, said: room.set_role(by, by, "owner"),
    "address": lambda room, by, whom, said: room.ban_address(by, whom, until=in_an_hour()),
}


@pytest.mark.parametrize("decide", DECISIONS.values(), ids=DECISIONS)
@pytest.mark.parametrize("who", ["bob", "charlie", "eve", "guest"])
def test_others_decide_nothing(who, decide, request, room, alice, dora):
    by = request.getfixturevalue(who)
    said = room.post(dora, "Hello")
    with pytest.raises(ChatError):
        decide(room, by, dora, said)
    assert not Decision.objects.exists()
    assert room.membership_of(dora)


@pytest.mark.parametrize("decide", [DECISIONS[name] for name in ("mute", "ban", "show out")])
@pytest.mark.parametrize("whom", ["alice", "other", "dora"])
def test_a_moderator_has_no_say_over_who_runs_the_room(decide, whom, room, alice, dora, new_user):
    people = {"alice": alice, "dora": dora, "other": new_user("olga")}
    room.admit(people["other"], MODERATOR)
    with pytest.raises(NotAllowed):
        decide(room, dora, people[whom], None)
    assert room.membership_of(people[whom])


def test_nobody_moderates_a_direct_conversation(alice, bob):
    talk = Room.between(alice, [bob])
    for decide in (DECISIONS["mute"], DECISIONS["ban"], DECISIONS["lock"]):
        with pytest.raises(NotAllowed):
            decide(talk, alice, bob, None)


def test_a_moderator_does_not_take_back_what_an_owner_decided(room, alice, bob, dora):
    mute = room.mute(alice, bob)
    with pytest.raises(NotAllowed):
        mute.reverse(dora)


def test_who_moderates_another_room_takes_nothing_back(room, alice, bob, eve):
    room.post(bob, "Rude").remove(alice)
    room.mute(alice, bob)
    room.lock(alice)
    for decision in Decision.objects.all():
        with pytest.raises(NotAllowed):
            decision.reverse(eve)


def test_nobody_decides_about_themselves(room, alice, bob, dora):
    report = Report.file(bob, person=dora, room=room, reason="other")
    with pytest.raises(NotAllowed):
        report.dismiss(dora)
    assert not Report.objects.to_be_decided_by(dora).exists()
    with pytest.raises(NotAllowed):
        room.mute(alice, alice)


def test_a_report_of_another_room_is_not_answered_here(room, alice, bob, eve):
    elsewhere = eve.rooms.get()
    elsewhere.admit(bob)
    message = room.post(bob, "Rude")
    report = Report.file(alice, message=message, reason="spam")
    with pytest.raises(NotFound):
        elsewhere.mute(eve, bob, report=report)
    with pytest.raises(NotAllowed):
        report.dismiss(eve)


def test_what_one_does_not_see_one_does_not_report(room, alice, charlie):
    message = room.post(alice, "Between us")
    with pytest.raises(NotFound):
        Report.file(charlie, message=message, reason="spam")
    with pytest.raises(NotFound):
        Report.file(charlie, person=alice, room=room, reason="spam")


def test_only_who_is_concerned_appeals(room, alice, bob, dora):
    mute = room.mute(alice, bob)
    with pytest.raises(NotFound):
        mute.appeal_by(dora, "Poor bob")


# What it costs ----------------------------------------------------------------------------------


def test_a_post_asks_nothing_about_mutes_and_bans(room, bob, django_assert_num_queries):
    room.post(bob, "Warm")
    locks = connection.features.has_select_for_update
    with django_assert_num_queries(6 + locks) as asked:
        room.post(bob, "Hello")
    assert not any("restraint" in one["sql"] for one in asked.captured_queries)
