"""The queue in the admin: what was reported is seen as it was said, and decided there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chat.models import Decision, Report, Restraint, Room
from chat.protocol.server import Decided, MessageChanged, RemovedFromRoom, Reported
from tests.admin_site import User, choose, list_of, listed, notices, page_of, staff_who_may

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unhurried")]


@pytest.fixture
def bad(open_room, charlie):
    open_room.admit(charlie)
    open_room.post(charlie, "before it")
    return open_room.post(charlie, "buy cheap watches")


@pytest.fixture
def report(bad, bob):
    return Report.file(bob, message=bad, reason="spam", words="again and again")


def decide(desk, report, way: str, **terms):
    terms = {"reason": "spam", "lasts": "1d"} | terms
    return desk.post(page_of(report), {"way": way, **terms})


class TestQueue:
    def test_each_thing_is_there_once_with_how_many_reported_it(self, desk, report, bad, alice):
        twin = Report.file(alice, message=bad, reason="insults")
        person = Report.file(alice, person=bad.author, room=bad.room, reason="other")
        shown = desk.get(list_of("report"))
        assert listed(shown) == [report.pk, person.pk]
        assert [one.times for one in shown.context["cl"].result_list] == [2, 1]
        every = desk.get(list_of("report"), {"state": "all"})
        assert listed(every) == [person.pk, twin.pk, report.pk]

    def test_what_is_decided_is_in_it_no_more(self, desk, report, moderator):
        report.dismiss(moderator)
        assert listed(desk.get(list_of("report"))) == []
        assert listed(desk.get(list_of("report"), {"state": "decided"})) == [report.pk]

    def test_nobody_sees_reports_about_themselves(self, desk, moderator, bob, open_room):
        open_room.admit(moderator)
        mine = Report.file(bob, message=open_room.post(moderator, "hush"), reason="insults")
        assert listed(desk.get(list_of("report"))) == []
        assert decide(desk, mine, "dismiss").status_code == 302
        mine.refresh_from_db()
        assert mine.decided_at is None

    def test_several_are_dismissed(self, desk, report, bad, alice):
        other = Report.file(alice, person=bad.author, room=bad.room, reason="other")
        answer = choose(desk, "dismiss", report, other, words="All is well")
        assert notices(answer) == ["2 reports dismissed."]
        assert not Report.objects.open().exists()

    def test_its_queries_do_not_grow(self, desk, open_room, bob, django_assert_max_num_queries):
        for number in range(12):
            person = User.objects.create_user(f"person-{number}")
            open_room.admit(person)
            Report.file(bob, message=open_room.post(person, "x"), reason="spam")
        with django_assert_max_num_queries(10):
            desk.get(list_of("report"))


class TestOne:
    def test_it_shows_what_was_said_around_it_and_who_wrote_it(self, desk, report, moderator, bad):
        bad.room.mute(moderator, bad.author, reason="off_topic")
        page = desk.get(page_of(report)).content.decode()
        for words in ("before it", "buy cheap watches", "again and again", "Muted", "bob"):
            assert words in page

    def test_it_shows_what_was_said_then_when_its_author_changed_it(self, desk, report, bad):
        bad.edit(bad.author, "nice weather")
        page = desk.get(page_of(report)).content
        assert b"buy cheap watches" in page
        assert b"nice weather" in page

    def test_removing_closes_it_and_its_twins_and_is_seen(
        self, desk, report, bad, alice, moderator, listening
    ):
        Report.file(alice, message=bad, reason="insults")
        with listening() as told:
            answer = decide(desk, report, "remove", words="No shops")
        assert answer.url == list_of("report")
        bad.refresh_from_db()
        decision = Decision.objects.get()
        assert (decision.kind, decision.by, decision.words) == ("removed", moderator, "No shops")
        assert bad.removed == {"id": decision.pk, "by": moderator.name}
        assert not Report.objects.open().exists()
        assert told.has(MessageChanged, f"room.{bad.room_id}")
        assert told.has(Decided, f"user.{bad.author_id}")
        assert told.has(Reported, f"user.{alice.pk}")  # who moderates the room

    @pytest.mark.parametrize(("way", "kind"), [("mute", "mute"), ("ban", "ban")])
    def test_a_restraint_lasts_as_long_as_was_chosen(self, desk, report, bad, way, kind):
        decide(desk, report, way, lasts="7d", too="on")
        restraint = Restraint.objects.get()
        left = restraint.until - timezone.now()
        assert (restraint.kind, restraint.person) == (kind, bad.author)
        assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
        bad.refresh_from_db()
        assert bad.deleted_at

    def test_a_ban_shows_them_out(self, desk, report, bad, listening):
        with listening() as told:
            decide(desk, report, "ban", lasts="ever")
        assert told.has(RemovedFromRoom, f"user.{bad.author_id}")

    def test_a_guest_s_address_is_banned_for_a_time_only(self, desk, open_room, bob):
        guest = User.objects.enter_as_guest("Robin", "203.0.113.7")
        open_room.admit(guest)
        report = Report.file(bob, message=open_room.post(guest, "boo"), reason="insults")
        assert b"Ban the address" in desk.get(page_of(report)).content
        assert b"203.0.*.*" in desk.get(page_of(report)).content
        assert (
            b"Addresses change hands" in decide(desk, report, "ban-address", lasts="ever").content
        )
        decide(desk, report, "ban-address")
        assert Restraint.objects.get().address == guest.address_key

    def test_an_account_is_suspended(self, desk, report, charlie):
        decide(desk, report, "suspend")
        charlie.refresh_from_db()
        assert not charlie.is_active
        assert Decision.objects.get().kind == "suspended"

    def test_without_a_reason_nothing_is_decided(self, desk, report, bad):
        answer = decide(desk, report, "remove", reason="")
        assert b"This field is required" in answer.content
        bad.refresh_from_db()
        assert bad.deleted_at is None

    def test_who_comes_second_is_told(self, desk, report, root):
        report.dismiss(root)
        assert notices(decide(desk, report, "remove")) == ["Somebody decided that already."]
        assert report.message.deleted_at is None

    def test_ways_that_are_not_offered_are_refused(self, sign_in, report):
        clerk = sign_in(staff_who_may("view_report", "change_report"))
        page = clerk.get(page_of(report)).content
        assert b'value="dismiss"' in page
        for way in ("remove", "mute", "ban", "suspend", "anything"):
            assert f'value="{way}"'.encode() not in page
            assert decide(clerk, report, way).status_code == 403
        assert decide(clerk, report, "dismiss").status_code == 302

    def test_who_only_looks_decides_nothing(self, sign_in, report):
        reader = sign_in(staff_who_may("view_report"))
        assert b'name="way"' not in reader.get(page_of(report)).content
        assert decide(reader, report, "dismiss").status_code == 403
        choose(reader, "dismiss", report)
        assert Report.objects.open().exists()


class TestPrivate:
    """Of a private conversation one reads what was reported, and what stood around it."""

    @pytest.fixture
    def far(self, room, bob):
        room.post(bob, "far above")
        for number in range(Report.AROUND):
            room.post(bob, f"near {number}")

    def test_only_the_context_is_shown(self, desk, room, far, alice, bob):
        said = room.post(bob, "a threat")
        report = Report.file(alice, message=said, reason="insults")
        page = desk.get(page_of(report)).content.decode()
        assert "a threat" in page
        assert "near 0" in page
        assert "far above" not in page

    def test_the_list_of_messages_has_only_what_was_reported(self, desk, room, far, alice, bob):
        said = room.post(bob, "a threat")
        assert listed(desk.get(list_of("message"))) == []
        assert desk.get(page_of(said)).status_code == 302  # there is no such message
        Report.file(alice, message=said, reason="insults")
        assert listed(desk.get(list_of("message"))) == [said.pk]
        assert listed(desk.get(list_of("message"), {"q": "near"})) == []

    def test_a_direct_conversation_is_neither_listed_nor_moderated(self, desk, alice, bob):
        direct = Room.between(alice, [bob])
        report = Report.file(alice, message=direct.post(bob, "a threat"), reason="insults")
        assert direct.pk not in listed(desk.get(list_of("room")))
        assert desk.get(page_of(direct)).status_code == 302
        assert decide(desk, report, "ban").status_code == 403
        assert decide(desk, report, "remove").status_code == 302
        assert Decision.objects.get().kind == "removed"
