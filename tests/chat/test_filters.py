"""Filters hold for all that is said, by whichever way, in all processes from one moment on."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction

from chat.errors import Filtered, Invalid, NotAllowed, NotFound
from chat.models import Decision, Filter, Message, Report, Room, Scheduled, new_poll
from chat.models.moderation import filter as filters
from chat.models.trial import Trial
from tests.admin_site import member_of
from tests.chat.test_later import soon
from tests.chat.test_moderating_race import somebody_waits
from tests.services import wait_until

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unhurried")]


@pytest.fixture
def filtering(moderator):
    """`filtering("casino", "refuse")`: a filter that is on."""

    def filtering(terms: str, action: str, **more) -> Filter:
        made = made_by(moderator, terms, action, **more)
        Trial.of(made, moderator)
        made.switch(moderator, True)
        return made

    return filtering


def made_by(person, terms: str, action: str = "refuse", **more) -> Filter:
    fields = {"kind": "words", "room": None, "reason": "spam", "note": "", "name": "Games"}
    return Filter.create(person, terms=terms, action=action, **fields | more)


class TestRefusing:
    def test_it_says_what_to_change_and_nothing_is_said(self, open_room, bob, filtering):
        filtering("casino", "refuse")
        before = Room.objects.get(pk=open_room.pk).revision
        with pytest.raises(Filtered, match=r"“CASiNO” \(Spam or advertising\)"):
            open_room.post(bob, "Come to my CASiNO")
        open_room.post(bob, "Come to my house")
        assert Room.objects.get(pk=open_room.pk).revision == before + 1

    def test_it_holds_in_private_and_direct_conversations(self, room, bob, alice, filtering):
        filtering("casino", "refuse")
        direct = Room.between(bob, [alice])
        for place in (room, direct):
            with pytest.raises(Filtered):
                place.post(bob, "casino")

    def test_it_holds_for_every_way_of_saying_it(self, open_room, bob, filtering, uploaded, room):
        root, forwarded = open_room.post(bob, "fine"), room.post(bob, "my casino")
        picture = uploaded(bob, open_room, name="casino.png")["id"]
        mine = open_room.post(bob, "", attachments=[uploaded(bob, open_room)["id"]])
        filtering("casino", "refuse")
        poll = new_poll(["house", "casino"])
        ways = [
            lambda: root.edit(bob, "casino"),
            lambda: open_room.post(bob, "casino", thread=root.pk),
            lambda: open_room.post(bob, "", attachments=[picture]),
            lambda: open_room.post(bob, "Where?", poll=poll),
            lambda: forwarded.forward(bob, open_room, knowingly=True),
            lambda: mine.attachments.get().describe(bob, "A casino"),
        ]
        for way in ways:
            with pytest.raises(Filtered):
                way()
        assert Message.objects.get(pk=root.pk).body == "fine"
        assert bob.attachments.get(pk=picture).message is None

    def test_a_scheduled_message_stays_with_its_author_and_the_reason(
        self, open_room, bob, filtering
    ):
        later = Scheduled.create(open_room, bob, "casino", soon())
        filtering("casino", "refuse")
        Scheduled.objects.update(due_at=later.created_at)
        Scheduled.send(later.pk)
        later.refresh_from_db()
        assert "casino" in later.refused

    def test_who_moderates_is_not_filtered(self, open_room, alice, bob, filtering, moderator):
        filtering("casino", "refuse")
        open_room.admit(moderator)
        assert open_room.post(alice, "casino").pk
        assert open_room.post(moderator, "casino").pk

    def test_that_of_a_room_holds_in_no_other(self, open_room, room, bob, filtering):
        filtering("casino", "refuse", room=open_room)
        assert room.post(bob, "casino").pk
        with pytest.raises(Filtered):
            open_room.post(bob, "casino")


class TestFlagging:
    def test_it_is_said_and_reported_once_by_the_site(self, open_room, bob, filtering, desk):
        made = filtering("casino", "flag", name="Games")
        message = open_room.post(bob, "the casino")
        message.edit(bob, "the Casino, then")
        report = Report.objects.get()
        assert (report.filter, report.reporter, report.person) == (made, None, bob)
        assert (report.message, report.reason, report.words) == (message, "spam", "Games: casino")
        assert Room.objects.get(pk=open_room.pk).waiting == 1
        shown = desk.get(f"/admin/chat/report/{report.pk}/change/").content.decode()
        assert "Filter of the site" in shown
        assert "Games: casino" in shown

    def test_an_edit_is_reported_too(self, open_room, bob, filtering):
        message = open_room.post(bob, "the house")
        filtering("casino", "flag")
        message.edit(bob, "the casino")
        assert Report.objects.get().text == "the casino"

    def test_what_is_private_stays_so(self, room, open_room, bob, filtering):
        filtering("casino", "flag")
        room.post(bob, "casino")
        assert not Report.objects.exists()

    def test_the_room_that_has_one_is_merged_and_keeps_it(
        self, open_room, alice, bob, filtering, root
    ):
        other = Room.create(alice, "Meadow")
        other.admit(bob)
        filtering("casino", "refuse", room=open_room)
        with pytest.raises(Filtered):
            open_room.post(bob, "casino")
        list(open_room.merge_into(root, other, knowingly=True))
        with pytest.raises(Filtered):
            other.post(bob, "casino")


class TestSwitching:
    def test_it_is_tried_since_its_last_change_before_it_is_on(self, moderator, open_room, bob):
        open_room.post(bob, "the casino")
        made = made_by(moderator, "house")
        with pytest.raises(NotAllowed, match="Try"):
            made.switch(moderator, True)
        Trial.of(made, moderator)
        made.change(moderator, **{name: getattr(made, name) for name in made.FIELDS})
        with pytest.raises(NotAllowed, match="Try"):
            made.switch(moderator, True)
        stale = Filter.objects.get()
        Filter.objects.get().change(
            moderator, **{name: getattr(made, name) for name in made.FIELDS} | {"terms": "casino"}
        )
        Trial.of(stale, moderator)  # what was tried is not what there is now
        with pytest.raises(NotAllowed, match="Try"):
            Filter.objects.get().switch(moderator, True)

    def test_while_it_is_on_it_is_neither_changed_nor_deleted(self, moderator, filtering):
        made = filtering("casino", "refuse")
        fields = {name: getattr(made, name) for name in made.FIELDS}
        for verb in (lambda: made.change(moderator, **fields), lambda: made.remove(moderator)):
            with pytest.raises(NotAllowed, match="off first"):
                verb()

    def test_it_stands_in_the_log(self, moderator, filtering):
        filtering("casino", "refuse", name="Games").switch(moderator, False)
        kinds = Decision.objects.order_by("pk").values_list("kind", "details__filter")
        assert list(kinds) == [("filter_on", "Games"), ("filter_off", "Games")]

    def test_another_process_knows_with_the_next_message(
        self, open_room, bob, moderator, filtering, monkeypatch
    ):
        made = filtering("casino", "refuse")
        open_room.post(bob, "fine")
        elsewhere = filters._known  # what another process keeps
        made.switch(moderator, False)
        assert open_room.post(bob, "casino").pk
        made.remove(moderator)
        monkeypatch.setattr(filters, "_known", elsewhere)
        assert open_room.post(bob, "casino").pk
        filtering("house", "refuse")
        monkeypatch.setattr(filters, "_known", elsewhere)
        with pytest.raises(Filtered):
            open_room.post(bob, "house")

    def test_another_process_forgets_one_that_is_gone_while_others_are_on(
        self, open_room, bob, moderator, filtering, monkeypatch
    ):
        gone = filtering("casino", "flag")
        filtering("house", "refuse")
        open_room.post(bob, "fine")
        elsewhere = filters._known
        gone.switch(moderator, False)
        gone.remove(moderator)
        monkeypatch.setattr(filters, "_known", elsewhere)
        assert open_room.post(bob, "casino").pk
        assert not Report.objects.exists()
        with pytest.raises(Filtered):
            open_room.post(bob, "house")

    def test_a_post_asks_no_more_than_without_filters(
        self, open_room, bob, filtering, django_assert_num_queries
    ):
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        open_room.post(bob, "warm")
        with CaptureQueriesContext(connection) as before:
            open_room.post(bob, "one")
        filtering("casino", "refuse")
        open_room.post(bob, "warm")
        with django_assert_num_queries(len(before)):
            open_room.post(bob, "two")

    def test_only_who_has_the_permission_keeps_them(self, alice, bob, filtering, open_room):
        with pytest.raises(NotAllowed):
            made_by(alice, "casino")
        made = filtering("casino", "refuse")
        for verb in (lambda: made.switch(alice, False), lambda: made.remove(alice)):
            with pytest.raises(NotAllowed):
                verb()

    def test_a_direct_conversation_has_none_of_its_own(self, moderator, alice, bob):
        with pytest.raises(NotFound):
            made_by(moderator, "casino", room=Room.between(alice, [bob]))

    def test_nul_is_no_part_of_it(self, moderator):
        assert made_by(moderator, "ca\0sino").terms == "casino"
        with pytest.raises(Invalid):
            made_by(moderator, "\0")


class TestTrying:
    def test_it_looks_at_what_its_moderator_may_read(self, room, open_room, bob, moderator, root):
        room.post(bob, "private casino")
        open_room.post(bob, "open casino")
        open_room.post(bob, "house")
        made = made_by(moderator, "casino")
        trial = Trial.of(made, moderator)
        assert (trial.looked, trial.caught) == (2, 1)
        assert trial.examples[0].pieces[:2] == [("open ", False), ("casino", True)]
        assert Trial.of(made, root).caught == 2

    def test_a_moderator_of_another_kind_is_no_moderator(self, bob):
        assert made_by(member_of("Administrator", "ada"), "casino").pk


@pytest.mark.django_db(transaction=True)
def test_of_two_switched_at_once_the_later_is_the_newer(moderator):
    one, two = (made_by(moderator, terms) for terms in ("casino", "house"))
    for made in (one, two):
        Trial.of(made, moderator)
    one, two = (Filter.objects.get(pk=made.pk) for made in (one, two))

    def late():
        try:
            two.switch(moderator, True)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as other:
        with transaction.atomic():
            one.switch(moderator, True)
            waiting = other.submit(late)
            wait_until(somebody_waits, "another who switches")
        waiting.result(30)
    one, two = Filter.objects.order_by("pk")
    assert one.version < two.version
