"""Moderation in the Django admin: what is done there is done by the verbs."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext

from chat import limits
from chat.admin import rooms
from chat.errors import NotAllowed
from chat.models import Decision, Invitation, Membership, Message, Room, Search
from chat.protocol.server import AddedToRoom, MessageChanged, RemovedFromRoom, RoomChanged
from tests.admin_site import add, choose, list_of, listed, notices, page_of, staff_who_may

pytestmark = pytest.mark.django_db
Role = Membership.Role
User = get_user_model()


@pytest.fixture
def room(alice, bob):
    with limits.lifted():
        room = Room.create(alice, "Kitchen")
    room.admit(bob)
    return room


@pytest.fixture
def hello(room, bob):
    with limits.lifted():
        return room.post(bob, "hello *there*")


def about(room: Room, **changes) -> dict:
    """What the form of a room posts."""
    data = {"name": room.name, "topic": room.topic, "kind": room.kind} | changes
    return {name: value for name, value in data.items() if value}


class TestPages:
    @pytest.mark.parametrize("model", ["room", "membership", "message", "invitation"])
    def test_lists_can_be_searched(self, admin, room, hello, model):
        Invitation.create(room, room.created_by)
        words = "in:kitchen" if model == "message" else "kitchen"
        assert listed(admin.get(list_of(model), {"q": words}))
        assert not listed(admin.get(list_of(model), {"q": "no such words"}))

    @pytest.mark.parametrize(
        "question",
        [
            {"created_at__year": "9999"},
            {"created_at__year": "9999", "created_at__month": "12", "created_at__day": "31"},
            {"created_at__year": "2026", "created_at__month": "13"},
            {"p": "7"},
        ],
    )
    def test_a_list_of_what_cannot_be_is_the_whole_list(self, admin, room, question):
        answer = admin.get(list_of("room"), question, follow=True)
        assert listed(answer) == [room.pk]
        assert b"There is nothing of that kind" in answer.content

    @pytest.mark.parametrize("model", ["room", "membership", "message", "invitation"])
    def test_lists_ask_no_more_for_many_than_for_one(
        self, admin, room, bob, charlie, model, django_assert_max_num_queries
    ):
        room.admit(charlie)
        with limits.lifted():
            for number in range(10):
                room.post(bob, f"message {number}")
                Invitation.create(room, room.created_by)
                Room.create(bob, f"Room {number}")
        with django_assert_max_num_queries(12):
            admin.get(list_of(model))

    @pytest.mark.parametrize(
        "model",
        [
            *("room", "membership", "message", "invitation", "attachment"),
            *("report", "appeal", "decision", "restraint", "user"),
        ],
    )
    def test_lists_count_nothing(self, admin, room, bob, model):
        with limits.lifted():
            for number in range(60):
                room.post(bob, f"message {number}")
        with CaptureQueriesContext(connection) as asked:
            shown = admin.get(list_of(model), {"q": "bob"} if model == "user" else {})
        assert shown.status_code == 200
        assert not [one["sql"] for one in asked if "COUNT(*)" in one["sql"]]

    def test_a_list_goes_on_without_knowing_how_far(self, admin, room, bob):
        with limits.lifted():
            said = [room.post(bob, f"message {number}").pk for number in range(60)]
        first = admin.get(list_of("message"))
        assert listed(first) == said[:9:-1]
        assert b'rel="next"' in first.content
        second = admin.get(list_of("message"), {"p": 2})
        assert listed(second) == said[9::-1]
        assert b'rel="next"' not in second.content
        assert admin.get(list_of("message"), {"p": 9}).status_code == 302
        for wrong in ("0", "-1", "x", "9" * 30, "9" * 5000):
            assert admin.get(list_of("message"), {"p": wrong}).status_code in (200, 302)

    def test_forms_open(self, admin, room, hello):
        membership = room.memberships.first()
        for thing in (room, hello, membership, Invitation.create(room, room.created_by)):
            assert admin.get(page_of(thing)).status_code == 200
            assert admin.get(page_of(thing, "history")).status_code == 200
        for model in ("room", "membership", "invitation"):
            assert admin.get(add(model)).status_code == 200

    def test_a_room_leads_to_its_members_and_messages(self, admin, room, bob, hello):
        with limits.lifted():
            Room.create(bob, "Attic").post(bob, "dust")
        found = admin.get(list_of("message"), {"room": room.pk})
        assert [message.pk for message in found.context["cl"].result_list] == [hello.pk]

    def test_who_is_not_staff_is_kept_out(self, sign_in, bob, room):
        assert sign_in(bob).get(list_of("room")).status_code in (302, 403)


class TestMessages:
    def test_removing_leaves_a_tombstone_and_is_seen(self, admin, root, room, hello, listening):
        with listening() as told:
            choose(admin, "remove_some", hello, reason="insults", words="Be kind")
        hello.refresh_from_db()
        room.refresh_from_db()
        assert (hello.body, hello.html, hello.revision) == ("", "", 2)
        assert hello.deleted_at
        assert room.revision == 2
        assert told.has(MessageChanged, f"room.{room.pk}")
        decision = Decision.objects.get(message=hello)
        assert (decision.by, decision.why) == (root, "Insults, threats or hatred · Be kind")

    def test_several_are_removed_after_a_question(self, admin, room, bob, hello):
        other = room.post(bob, "and again")
        question = choose(admin, "remove_some", hello, other, sure=False)
        assert b"and again" in question.content
        answer = choose(admin, "remove_some", hello, other)
        assert b"This field is required" in answer.content  # a reason
        assert Message.objects.visible().count() == 2
        answer = choose(admin, "remove_some", hello, other, reason="spam")
        assert notices(answer) == ["2 messages removed."]
        assert not Message.objects.visible().exists()
        assert sorted(room.messages.values_list("revision", flat=True)) == [3, 4]

    def test_what_cannot_be_removed_is_named_and_the_rest_goes(
        self, admin, room, alice, bob, hello
    ):
        gone = room.post(alice, "dust").remove(alice)
        answer = choose(admin, "remove_some", hello, gone, reason="spam")
        assert [note for note in notices(answer) if "nothing here" in note]
        assert not Message.objects.visible().exists()

    def test_removed_ones_are_found_and_come_back(self, admin, root, room, hello, listening):
        hello.remove(root, reason="spam")
        found = admin.get(list_of("message"), {"state": "removed"})
        assert b"hello there" in found.content
        with listening() as told:
            answer = choose(admin, "restore", hello)
        assert notices(answer) == ["1 message brought back."]
        hello.refresh_from_db()
        assert (hello.body, hello.deleted_at) == ("hello *there*", None)
        assert told.has(MessageChanged, f"room.{room.pk}")

    def test_all_of_them_at_once_are_not_removed(self, admin, room, bob, hello):
        answer = choose(admin, "remove_some", hello, reason="spam", select_across="1")
        assert notices(answer) == ["Choose each one that is meant."]
        assert Message.objects.visible().exists()

    def test_they_are_found_by_dates_alone_also_in_many_rooms(self, admin, room, alice, hello):
        with limits.lifted():
            for number in range(Search.MANY_ROOMS):
                Room.create(alice, f"Room {number}")
        assert listed(admin.get(list_of("message"), {"q": "after:2020"})) == [hello.pk]
        assert listed(admin.get(list_of("message"), {"q": "before:2020"})) == []

    def test_they_are_searched_as_on_the_site(self, admin, room, alice, bob, hello):
        room.post(alice, "Hello everybody")
        shown = admin.get(list_of("message"), {"q": "hello from:bob"})
        assert [message.pk for message in shown.context["cl"].result_list] == [hello.pk]
        wrong = admin.get(list_of("message"), {"q": "after:yesterday"})
        assert "is not a date" in notices(wrong)[0]
        assert wrong.context["cl"].result_count == 0

    def test_editing_goes_through_the_verb(self, admin, room, hello, listening):
        with listening() as told:
            admin.post(page_of(hello), {"body": "hello **all**"})
        hello.refresh_from_db()
        assert "<strong>all</strong>" in hello.html
        assert hello.edited_at
        assert hello.revision == 2
        assert told.has(MessageChanged, f"room.{room.pk}")

    def test_saving_without_a_change_changes_nothing(self, admin, hello):
        admin.post(page_of(hello), {"body": hello.body})
        hello.refresh_from_db()
        assert hello.edited_at is None
        assert hello.revision == 1

    def test_a_refusal_is_shown_beside_what_was_typed(self, admin, alice, room, hello):
        room.archive(alice)
        answer = admin.post(page_of(hello), {"body": "typed with care"})
        assert answer.status_code == 200
        assert b"archived" in answer.content
        assert b"typed with care" in answer.content
        hello.refresh_from_db()
        assert hello.body == "hello *there*"

    def test_what_was_said_in_an_archived_room_can_still_go(self, admin, alice, room, hello):
        room.archive(alice)
        choose(admin, "remove_some", hello, reason="spam")
        assert not Message.objects.visible().exists()

    def test_author_nonce_and_revision_are_not_for_editing(self, admin, alice, hello):
        nonce = "7f0c7c43-5d55-4e2a-8a53-8f6c0b9b9a55"
        forged = {"body": "x", "author": alice.pk, "revision": 99, "nonce": nonce}
        admin.post(page_of(hello), forged)
        hello.refresh_from_db()
        assert hello.author_id != alice.pk
        assert hello.revision == 2
        assert hello.nonce is None

    def test_messages_are_not_added_here(self, admin):
        assert admin.get(add("message")).status_code == 403

    def test_a_removed_one_cannot_be_changed_again(self, admin, hello, bob):
        hello.remove(bob)
        assert admin.post(page_of(hello), {"body": "back"}).status_code == 403
        assert admin.post(page_of(hello, "delete"), {"post": "yes"}).status_code == 403

    def test_the_log_keeps_nothing_of_what_was_taken_back(self, admin, hello):
        admin.post(page_of(hello), {"body": "my secret"})
        choose(admin, "remove_some", hello, reason="spam")
        kept = [entry.object_repr for entry in LogEntry.objects.all()]
        assert kept == [f"#{hello.pk}"] * 2


class TestRooms:
    def test_editing_is_seen(self, admin, room, listening):
        with listening() as told:
            admin.post(page_of(room), about(room, name="Pantry", topic="jam"))
        room.refresh_from_db()
        assert (room.name, room.name_key, room.topic) == ("Pantry", "pantry", "jam")
        assert told.has(RoomChanged, f"room.{room.pk}")

    def test_a_taken_name_is_refused_in_the_form(self, admin, alice, room):
        with limits.lifted():
            Room.create(alice, "Attic")
        answer = admin.post(page_of(room), about(room, name="ATTIC"))
        assert answer.status_code == 200
        assert b"already a room called" in answer.content
        room.refresh_from_db()
        assert room.name == "Kitchen"

    def test_the_form_archives_and_opens_again(self, admin, room, listening):
        with listening() as told:
            admin.post(page_of(room), about(room, archived="on"))
        room.refresh_from_db()
        assert room.archived_at
        assert told.has(RoomChanged, f"room.{room.pk}")
        admin.post(page_of(room), about(room))
        room.refresh_from_db()
        assert room.archived_at is None

    def test_several_are_archived_and_opened_again(self, admin, alice, room):
        with limits.lifted():
            attic = Room.create(alice, "Attic")
        assert notices(choose(admin, "archive", room, attic)) == ["2 rooms archived."]
        assert not Room.objects.filter(archived_at=None).exists()
        choose(admin, "unarchive", room)
        room.refresh_from_db()
        assert room.archived_at is None

    def test_a_moderator_locks_and_slows_it_but_does_not_change_it(
        self, sign_in, moderator, room, listening
    ):
        desk = sign_in(moderator)
        with listening() as told:
            assert notices(choose(desk, "lock", room, words="Tea time")) == ["1 room locked."]
        assert told.has(RoomChanged, f"room.{room.pk}")
        choose(desk, "slow_down", room, seconds=30)
        room.refresh_from_db()
        assert (room.lock_words, room.slow_seconds) == ("Tea time", 30)
        assert room.decisions.filter(by=moderator).count() == 2
        assert notices(choose(desk, "unlock", room))[-1] == "1 room unlocked."
        assert desk.post(page_of(room), about(room, name="Mine")).status_code == 403
        for action in ("archive", "merge", "delete_selected"):
            choose(desk, action, room)
        room.refresh_from_db()
        assert (room.name, room.archived_at) == ("Kitchen", None)

    def test_one_becomes_part_of_another(self, admin, alice, room, hello):
        with limits.lifted():
            attic = Room.create(alice, "Attic")
        answer = choose(admin, "merge", room, into=attic.pk, from_page="1")
        assert notices(answer) == ["1 room merged."]
        assert answer.url == list_of("room")  # its page is gone
        hello.refresh_from_db()
        assert hello.room == attic

    def test_a_long_one_is_for_the_command(self, admin, alice, bob, room, hello, monkeypatch):
        monkeypatch.setattr(rooms, "MERGED_HERE", 1)
        Room.objects.begin_anew()  # whatever it counts from: restored from a backup
        with limits.lifted():
            attic = Room.create(alice, "Attic")
            room.refresh_from_db()
            room.post(bob, "And one more")
        assert "mergerooms" in notices(choose(admin, "merge", room, into=attic.pk))[0]
        monkeypatch.setattr(rooms, "MERGED_HERE", 2)
        assert "1 room merged." in notices(choose(admin, "merge", room, into=attic.pk))

    def test_a_private_one_is_not_opened_by_merging_unasked(self, admin, alice, room, hello):
        room.kind = Room.Kind.PRIVATE
        room.save()
        with limits.lifted():
            attic = Room.create(alice, "Attic")
        assert "1 room merged." not in notices(choose(admin, "merge", room, into=attic.pk))
        answer = choose(admin, "merge", room, into=attic.pk, knowingly="on")
        assert notices(answer)[-1] == "1 room merged."

    def test_its_page_has_what_can_be_done_now(self, admin, alice, room):
        names = {name for name, _said in admin.get(page_of(room)).context["actions_here"]}
        assert names == {"lock", "slow_down", "archive", "merge"}
        room.archive(alice)
        room.lock(alice)
        names = {name for name, _said in admin.get(page_of(room)).context["actions_here"]}
        assert names == {"unlock", "slow_down", "unarchive", "merge"}

    def test_a_new_one_belongs_to_who_made_it(self, admin, root):
        admin.post(add("room"), {"name": "茶馆", "kind": "private", "topic": "茶"})
        made = Room.objects.get()
        assert made.kind == Room.Kind.PRIVATE
        assert made.membership_of(root).role == Role.OWNER
        assert LogEntry.objects.get().object_id == str(made.pk)

    def test_deleting_shows_everybody_out(self, admin, room, bob, hello, listening):
        question = admin.get(page_of(room, "delete"))
        assert b"Messages: 1" in question.content
        with listening() as told:
            admin.post(page_of(room, "delete"), {"post": "yes"})
        assert not Room.objects.exists()
        assert not Message.objects.exists()
        assert told.has(RemovedFromRoom, f"user.{bob.pk}")

    def test_an_owner_alone_may_not_delete(self, room, alice):
        with pytest.raises(NotAllowed):
            room.delete_for_good(alice)


class TestMembers:
    def test_removing_shows_them_out(self, admin, room, bob, listening):
        with listening() as told:
            admin.post(page_of(room.membership_of(bob), "delete"), {"post": "yes"})
        room.refresh_from_db()
        assert room.members_count == 1
        assert told.has(RemovedFromRoom, f"user.{bob.pk}")

    def test_the_last_owner_stays(self, admin, room, alice):
        answer = admin.post(page_of(room.membership_of(alice), "delete"), {"post": "yes"})
        assert "needs an owner" in notices(answer)[0]
        answer = admin.post(page_of(room.membership_of(alice)), {"role": Role.MEMBER})
        assert b"needs an owner" in answer.content
        assert room.membership_of(alice).role == Role.OWNER

    def test_a_role_is_given_and_seen(self, admin, room, bob, listening):
        with listening() as told:
            admin.post(page_of(room.membership_of(bob)), {"role": Role.MODERATOR})
        assert room.membership_of(bob).role == Role.MODERATOR
        assert told.has(RoomChanged, f"room.{room.pk}")

    def test_somebody_is_brought_in(self, admin, room, charlie, listening):
        with listening() as told:
            admin.post(add("membership"), {"room": room.pk, "user": charlie.pk, "role": Role.OWNER})
        room.refresh_from_db()
        assert room.members_count == 3
        assert room.membership_of(charlie).role == Role.OWNER
        assert told.has(AddedToRoom, f"user.{charlie.pk}")

    def test_guests_are_not_brought_in_where_none_may_enter(self, admin, room):
        guest = User.objects.enter_as_guest("Robin")
        new = {"room": room.pk, "user": guest.pk, "role": Role.MEMBER}
        assert b"does not take guests" in admin.post(add("membership"), new).content
        assert not room.membership_of(guest)

    def test_who_runs_the_site_outranks_owners_also_as_a_plain_member(self, room, root, bob):
        room.admit(root)
        room.set_role(root, bob, Role.OWNER)
        room.remove_member(root, bob)
        assert not room.membership_of(bob)


class TestInvitations:
    def test_one_is_made_and_its_link_shown(self, admin, room, root):
        admin.post(add("invitation"), {"room": room.pk, "max_uses": 3})
        made = Invitation.objects.get()
        assert (made.created_by, made.max_uses) == (root, 3)
        assert made.token.encode() in admin.get(page_of(made)).content

    def test_a_revoked_one_lets_nobody_in(self, admin, room, alice, charlie):
        invitation = Invitation.create(room, alice)
        assert notices(choose(admin, "revoke", invitation)) == ["1 invitation revoked."]
        invitation.refresh_from_db()
        with pytest.raises(NotAllowed):
            invitation.accept(charlie)

    def test_one_cannot_be_changed_or_deleted(self, admin, room, alice):
        invitation = Invitation.create(room, alice)
        assert admin.post(page_of(invitation), {"max_uses": 9}).status_code == 403
        assert admin.post(page_of(invitation, "delete"), {"post": "yes"}).status_code == 403


class TestStaffWithSomeRights:
    def test_may_remove_messages_without_being_a_member(self, sign_in, hello):
        warden = sign_in(staff_who_may("view_message", "delete_message"))
        choose(warden, "remove_some", hello, reason="spam")
        hello.refresh_from_db()
        assert hello.deleted_at

    def test_may_edit_messages_only_with_that_right(self, sign_in, hello):
        warden = sign_in(staff_who_may("view_message", "delete_message"))
        assert warden.post(page_of(hello), {"body": "mine now"}).status_code == 403

    def test_may_run_rooms(self, sign_in, room):
        warden = sign_in(staff_who_may("view_room", "change_room"))
        warden.post(page_of(room), about(room, name="Pantry"))
        room.refresh_from_db()
        assert room.name == "Pantry"
        assert warden.post(page_of(room, "delete"), {"post": "yes"}).status_code == 403

    def test_who_may_not_run_rooms_may_not_touch_their_members(self, sign_in, room, bob):
        rights = ("view_membership", "change_membership", "delete_membership", "add_membership")
        warden = sign_in(staff_who_may(*rights))
        membership = room.membership_of(bob)
        assert warden.get(page_of(membership)).status_code == 200
        assert warden.post(page_of(membership), {"role": Role.OWNER}).status_code == 403
        assert warden.post(page_of(membership, "delete"), {"post": "yes"}).status_code == 403
        assert warden.get(add("membership")).status_code == 403

    def test_who_only_looks_gets_no_link_into_private_rooms(self, sign_in, room, alice):
        invitation = Invitation.create(room, alice)
        warden = sign_in(staff_who_may("view_invitation"))
        assert invitation.token.encode() not in warden.get(page_of(invitation)).content

    def test_members_without_rights_are_refused_by_the_verbs(self, room, charlie, hello):
        for verb in (
            lambda: room.archive(charlie),
            lambda: room.add_member(charlie, charlie),
            lambda: room.delete_for_good(charlie),
            lambda: hello.edit(charlie, "x"),
            lambda: hello.remove(charlie),
        ):
            with pytest.raises(NotAllowed):
                verb()
