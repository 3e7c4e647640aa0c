"""Messages are deleted for good: by age, number, what a room keeps, or with the whole room."""

import json
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError
from django.utils import timezone

from chat import limits, search
from chat.errors import ChatError
from chat.models import Attachment, Decision, Message, Notice, Report, Room, Scheduled
from chat.models.pruning import Pruning
from chat.threads import in_thread
from tests.commands import run

pytestmark = pytest.mark.django_db

YEAR = timedelta(days=365)


@pytest.fixture
def root(new_user):
    return new_user("root", is_superuser=True)


@pytest.fixture
def said(room, alice, root, monkeypatch):
    """Ten messages in alice's room, of which the first six are a year old. Pruned two at a time."""
    monkeypatch.setattr(Pruning, "AT_ONCE", 2)
    with limits.lifted():
        messages = [room.post(alice, f"lantern {number}") for number in range(10)]
    age(messages[:6])
    return messages


def age(messages, by=YEAR) -> None:
    ids = [message.pk for message in messages]
    Message.objects.filter(pk__in=ids).update(created_at=timezone.now() - by)


def left(room) -> list[str]:
    return list(room.messages.order_by("pk").values_list("body", flat=True))


def prune(*arguments: str) -> dict:
    return json.loads(run("prunemessages", *arguments, "--yes", "--json"))


class TestWhatGoes:
    def test_is_old(self, room, said):
        done = prune(room.slug, "--older-than", "364")
        assert done["messages"] == 6
        assert left(room) == [f"lantern {number}" for number in range(6, 10)]

    def test_is_all_but_the_newest(self, room, said):
        assert prune(room.slug, "--keep", "3")["messages"] == 7
        assert left(room) == ["lantern 7", "lantern 8", "lantern 9"]
        assert prune(room.slug, "--keep", "20")["messages"] == 0

    def test_is_what_the_room_does_not_keep(self, room, said, alice):
        with limits.lifted():
            other = Room.create(alice, "Loft")
            age([other.post(alice, "stays")])
        run("retention", room.slug, "--days", "30")
        done = prune("--retention")
        assert [one["room"] for one in done["rooms"]] == [room.slug]
        assert done["messages"] == 6
        assert left(other) == ["stays"]

    def test_is_not_what_is_pinned(self, room, said, alice):
        said[0].pin(alice)
        prune(room.slug, "--older-than", "364")
        assert left(room)[0] == "lantern 0"

    def test_is_not_what_somebody_has_to_decide_about(self, room, said, alice, bob):
        with limits.lifted():
            answer = room.post(alice, "an ugly word", thread=said[1].pk)
            Report.file(bob, message=said[0], reason="other")
            Report.file(bob, message=answer, reason="other")
        age([answer])
        Message.objects.filter(pk=said[1].pk).update(thread_at=timezone.now() - YEAR)
        prune(room.slug, "--older-than", "364")
        assert left(room)[:2] == ["lantern 0", "lantern 1"]

    def test_goes_with_its_thread_unless_that_lives(self, room, said, bob):
        with limits.lifted():
            room.post(bob, "a new word on it", thread=said[0].pk)
            old = room.post(bob, "an old word on it", thread=said[1].pk)
        age([old])
        Message.objects.filter(pk=said[1].pk).update(thread_at=timezone.now() - YEAR)
        assert prune(room.slug, "--older-than", "364")["messages"] == 6
        assert "lantern 0" in left(room)
        assert "a new word on it" in left(room)
        assert "lantern 1" not in left(room)
        assert "an old word on it" not in left(room)

    def test_goes_with_however_long_a_thread(self, room, long_thread, alice, root):
        quoting = room.post(alice, "The first one", reply_to=long_thread.pk)
        age([long_thread])
        Message.objects.filter(pk=long_thread.pk).update(thread_at=timezone.now() - YEAR)
        assert prune(room.slug, "--older-than", "364")["messages"] == 1601
        assert left(room) == ["The first one"]
        quoting.refresh_from_db()
        assert quoting.reply_to is None

    def test_is_in_all_rooms_but_not_in_direct_conversations(self, room, said, alice, bob):
        direct = Room.between(alice, [bob])
        with limits.lifted():
            age([direct.post(alice, "between us")])
        prune("--all", "--older-than", "30")
        assert left(direct) == ["between us"]
        assert len(left(room)) == 4

    def test_takes_its_files_and_what_is_found_of_it_along(self, room, said, alice):
        Attachment.objects.create(
            author=alice, message=said[0], name="a.txt", kind="file", size=9, stored="files/abc"
        )
        Notice.objects.create(user=alice, message=said[0], reason="reply", outcome="sent")
        done = prune(room.slug, "--older-than", "364")
        assert done["file_bytes"] == 9
        assert done["text_bytes"] > 6 * len("lantern 0")
        assert not Notice.objects.exists()

    def test_leaves_no_bytes(self, room, said, alice, work):
        file = Attachment.objects.create(
            author=alice, message=said[0], name="a.txt", kind="file", size=9, stored="files/abc"
        )
        default_storage.save("files/abc", ContentFile(b"something"))
        prune(room.slug, "--older-than", "364")
        work()
        assert not default_storage.exists("files/abc")
        assert not Attachment.objects.filter(pk=file.pk).exists()

    def test_is_not_found_any_more(self, room, said, alice):
        end = said[-1].pk + 1

        def found() -> list[int]:
            every = [{search.in_room(room.pk)}, {"lantern"}]
            steps = search.newest(every, 0, end)
            return [pk for ids, _below in steps for pk in ids]

        assert len(found()) == 10
        prune(room.slug, "--older-than", "364")
        assert len(found()) == 4


class TestOrder:
    def test_each_step_takes_one_revision(self, room, said):
        prune(room.slug, "--older-than", "364")
        room.refresh_from_db()
        assert room.revision == 10 + 3
        assert room.pruned_revision == 13
        assert room.pruned_up_to == said[5].pk

    def test_what_quotes_something_that_goes_changes_too(self, room, said, alice):
        with limits.lifted():
            answer = room.post(alice, "yes", reply_to=said[0].pk)
        prune(room.slug, "--older-than", "364")
        answer.refresh_from_db()
        assert answer.reply_to is None
        room.refresh_from_db()
        assert sorted(room.messages.values_list("revision", flat=True)) == [7, 8, 9, 10, 13]
        assert (room.pruned_revision, room.revision) == (15, 15)

    def test_the_newest_message_is_the_newest_that_is_left(self, room, said, bob):
        age(said)
        said[4].pin(said[4].author)
        prune(room.slug, "--older-than", "364")
        room.refresh_from_db()
        assert room.last_message_id == said[4].pk

    def test_what_is_broken_off_goes_on(self, room, said, root):
        steps = room.prune(root, room.beyond_the_newest(4))
        assert next(steps).messages == 2
        steps.close()
        assert len(left(room)) == 8
        assert prune(room.slug, "--keep", "4")["messages"] == 4

    def test_nothing_goes_in_a_dry_run(self, room, said):
        out = run("prunemessages", room.slug, "--keep", "4", "--dry-run")
        assert "6 messages and their threads would go" in out
        assert len(left(room)) == 10

    def test_how_large_the_database_was_and_is(self, room, said):
        database = prune(room.slug, "--keep", "4")["database"]
        assert database["before"]["on_disk"] > 0
        assert database["after"]["on_disk"] > 0
        assert "The database had" in run("prunemessages", room.slug, "--keep", "4")


class TestAsking:
    @pytest.mark.parametrize(
        "arguments", [["--keep", "4"], ["den", "--all", "--keep", "4"], ["den", "--keep", "0"]]
    )
    def test_what_is_not_clear_is_refused(self, room, said, arguments):
        with pytest.raises(CommandError):
            run("prunemessages", *arguments, "--yes")
        assert len(left(room)) == 10

    def test_nobody_is_asked_where_nobody_can_answer(self, room, said):
        for command in (["prunemessages", room.slug, "--keep=4"], ["deleteroom", room.slug]):
            with pytest.raises(CommandError, match="say so with --yes"):
                run(*command)
        assert len(left(room)) == 10

    def test_who_may_not_is_refused(self, room, said):
        for command in (["prunemessages", room.slug, "--keep=4"], ["deleteroom", room.slug]):
            with pytest.raises(CommandError, match="may not"):
                run(*command, "--yes", "--by", "alice")
        assert len(left(room)) == 10


class TestRetention:
    def test_is_set_listed_and_lifted(self, room, root):
        assert "for ever" in run("retention")
        run("retention", room.slug, "--days", "90", "--dry-run")
        assert "for ever" in run("retention")
        assert "for 90 days" in run("retention", room.slug, "--days", "90")
        assert json.loads(run("retention", "--json")) == {
            "rooms": [{"room": room.slug, "kept_days": 90}]
        }
        run("retention", room.slug, "--forever")
        assert "for ever" in run("retention")

    def test_is_for_who_runs_the_site(self, room, alice, root):
        with pytest.raises(ChatError):
            room.keep_for(alice, 30)
        with pytest.raises(CommandError, match="at least a day"):
            run("retention", room.slug, "--days", "0")

    def test_is_followed_in_the_background(self, room, said, root, work):
        from chat.tasks import forget_what_is_not_kept

        room.keep_for(root, 30)
        forget_what_is_not_kept.enqueue()
        work()
        assert len(left(room)) == 4

    def test_is_told_where_the_room_begins(self, room, root, alice, client_of):
        room.keep_for(root, 30)
        page = client_of(alice).get(room.get_absolute_url()).content.decode()
        assert "Messages are kept for 30 days." in page


class TestDeletingRooms:
    def test_takes_everything_along(self, room, said, alice, bob):
        with limits.lifted():
            room.post(bob, "on it", thread=said[0].pk)
        done = json.loads(run("deleteroom", "Den", "--yes", "--json"))
        assert done["messages"] == 11
        assert not Room.objects.exists()
        assert not Message.objects.exists()

    def test_says_only_how_much_it_would_be_in_a_dry_run(self, room, said):
        assert "10 messages" in run("deleteroom", "Den", "--dry-run")
        assert len(left(room)) == 10

    def test_what_is_broken_off_goes_on(self, open_room, alice, root):
        with limits.lifted():
            for number in range(5):
                open_room.post(alice, str(number))
        steps = open_room.delete_in_steps(root)
        next(steps)
        steps.close()
        open_room.refresh_from_db()
        assert open_room.members_count == 0
        assert not Room.objects.visible_to(alice).exists()
        run("deleteroom", open_room.slug, "--yes")
        assert not Room.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestOpenBrowsers:
    async def test_hear_how_far_it_went(self, room, said, bob, tab_of):
        tab = await tab_of(bob, room)
        await in_thread(prune, room.slug, "--older-than", "364")
        ids = [said[number].pk for number in (1, 3, 5)]
        for revision, up_to in enumerate(ids, 11):
            frame = await tab.receive("pruned", revision=revision)
            assert frame["up_to"] == up_to

    async def test_that_were_away_hear_it_when_they_ask(self, room, said, bob, tab_of):
        await in_thread(prune, room.slug, "--older-than", "364")
        tab = await tab_of(bob, room)
        changes = await tab.ask("sync", room=room.slug, since=8)
        assert changes["pruned_up_to"] == said[5].pk
        assert [message["revision"] for message in changes["messages"]] == [9, 10]
        assert changes["revision"] == 13
        assert "pruned_up_to" not in await tab.ask("sync", room=room.slug, since=13)

    async def test_are_shown_out_of_a_room_that_is_deleted(self, room, said, bob, tab_of):
        tab = await tab_of(bob, room)
        await in_thread(run, "deleteroom", room.slug, "--yes")
        await tab.receive("removed_from_room", room=room.slug)
        await tab.nothing("pruned")
        assert not await Room.objects.aexists()


def test_what_is_appealed_or_still_answered_in_a_thread_stays(room, alice, bob):
    disputed = room.post(bob, "Not so bad")
    disputed.remove(alice, reason="insults")
    Decision.objects.get(message=disputed.pk).appeal_by(bob, "It was a joke")
    root = room.post(bob, "A question")
    Scheduled.create(room, bob, "An answer", timezone.now() + timedelta(days=1), thread=root.pk)
    gone = room.post(bob, "Nothing more")
    assert list(room.older_than(timezone.now() + timedelta(days=1))) == [gone]
