"""What was said elsewhere comes into a room, and nobody is disturbed by it."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from chat import limits
from chat.errors import Invalid, NotAllowed, TooLong
from chat.models import Mention, Message, Notice, Origin, Search, StandIn, ThreadReader
from chat.models.carrying import Asked, Earlier, Entry, File, Reacted, Step
from chat.threads import in_thread
from tests import files
from tests.uploading import stored_files

pytestmark = pytest.mark.django_db

THEN = datetime(2019, 5, 1, 12, tzinfo=UTC)


@pytest.fixture
def root(new_user):
    return new_user("root", is_superuser=True)


@pytest.fixture
def origin(room, root, monkeypatch):
    """Of a channel elsewhere; three messages at once."""
    monkeypatch.setattr(Origin, "AT_ONCE", 3)
    return Origin.into(room, root, "elsewhere:tea")


@pytest.fixture
def zoe():
    return StandIn.of("elsewhere", "U1", "Zoe")


def at(minute: int) -> datetime:
    return THEN + timedelta(minutes=minute)


def carry(origin, *entries: Entry) -> Step:
    return sum(origin.carry_in(entries), Step())


def saying(*bodies: str, author) -> list[Entry]:
    return [Entry(body, author, at(number), body) for number, body in enumerate(bodies)]


def said(origin, key: str) -> Message:
    return Message.objects.get(carried__origin=origin, carried__key=key)


def test_everything_that_belongs_to_a_message_comes_with_it(origin, room, alice, bob, zoe):
    poll = Asked(["Black", "Green"], votes=[(alice, 0), (zoe, 0), (zoe, 1)], several=True)
    gone = {"deleted_at": at(9), "removed_by": "Mod"}
    step = carry(
        origin,
        Entry(
            "1",
            zoe,
            at(0),
            "Hello **@Bob**, <b>see</b>",
            mentions={"Bob": bob},
            edits=[Earlier(at(0), "Helo")],
            edited_at=at(1),
            pinned_at=at(2),
            reactions=[Reacted("🏮", bob), Reacted("🏮", zoe), Reacted("🏮", bob)],
        ),
        Entry("2", bob, at(3), "in the thread", thread="1"),
        Entry("3", alice, at(4), "an answer", reply_to="2", poll=poll),
        Entry("4", alice, at(5), "also there", thread="1"),
        Entry("5", bob, at(6), "never to be seen", thread="1", **gone),
        Entry("6", zoe, at(7), files=[File("a.png", lambda: io.BytesIO(files.picture()))]),
    )
    assert (step.messages, step.files, step.left_out) == (6, 1, [])
    first, second, third, fourth, fifth, sixth = room.messages.order_by("pk")
    assert first.created_at == at(0)
    assert f'data-person="{bob.pk}"' in first.html
    assert "&lt;b&gt;see" in first.html
    assert (first.edited_at, first.pinned_at) == (at(1), at(2))
    assert first.edits.get().body == "Helo"
    assert first.reaction_tally == [{"key": "🏮", "count": 2, "who": [bob.pk, zoe.pk]}]
    assert (first.thread_count, first.thread_last, first.thread_at) == (2, fourth.pk, at(5))
    assert [second.thread, fourth.thread, fifth.thread] == [first] * 3
    assert third.reply_to == second
    assert [one["count"] for one in third.poll["choices"]] == [2, 1]
    assert (fifth.body, fifth.html, fifth.removed) == ("", "", {"by": "Mod"})
    assert sixth.files[0]["kind"] == "picture"
    assert sixth.attachments.get().author == zoe
    room.refresh_from_db()
    assert room.faults() == []
    assert room.last_message == sixth


def test_revisions_go_on_without_a_gap_while_others_write(origin, room, alice, zoe):
    steps = origin.carry_in(saying(*"abcdef", author=zoe))
    next(steps)
    with limits.lifted():
        room.post(alice, "hello")
    next(steps)
    carry(origin, Entry("late", zoe, at(9), "to the first", thread="a"))
    room.refresh_from_db()
    revisions = set(room.messages.values_list("revision", flat=True))
    assert (room.revision, revisions) == (9, {*range(2, 10)})  # the first has changed
    assert room.faults() == []


def test_it_is_nobodys_news(origin, room, alice, bob, work):
    with limits.lifted():
        old = room.post(alice, "seen by all")
    for membership in room.memberships.all():
        membership.read_up_to(old.pk)
    work(seconds=5)
    today = Entry("1", alice, timezone.now(), "@bob look", mentions={"bob": bob})
    carry(origin, today, Entry("2", bob, timezone.now(), "yes", thread="1"))
    work(seconds=5)
    assert not [one for one in type(room).objects.sidebar_for(bob) if one.unread]
    assert not ThreadReader.objects.unread().exists()
    assert not Mention.objects.exists()
    Notice.objects.filter(message=old).delete()
    assert not Notice.objects.exists()
    with limits.lifted():
        room.refresh_from_db()
        room.post(alice, "@bob now really")
    carry(origin, Entry("3", alice, timezone.now(), "an answer", reply_to="2"))
    work(seconds=5)
    assert Notice.objects.filter(user=bob).count() == 1


def test_begun_again_it_goes_on_where_it_was(origin, room, zoe):
    entries = saying(*"abcde", author=zoe)
    next(origin.carry_in(entries))
    step = carry(origin, *entries)
    assert (step.messages, step.known) == (2, 3)
    assert list(room.messages.order_by("pk").values_list("body", flat=True)) == list("abcde")
    assert StandIn.of("elsewhere", "U1", "Zoe") == zoe


def test_a_text_that_no_message_may_have_stops_its_step_and_leaves_no_files(origin, room, zoe):
    entries = [
        Entry("1", zoe, at(0), files=[File("a.txt", lambda: io.BytesIO(b"tea"))]),
        Entry("2", zoe, at(1), "x" * 10_001),
    ]
    with pytest.raises(TooLong):
        carry(origin, *entries)
    assert not room.messages.exists()
    assert stored_files() == []


def test_what_cannot_be_taken_in_is_told(origin, room, zoe, settings):
    settings.MAX_FILE_BYTES = 3
    step = carry(
        origin,
        Entry("1", zoe, at(0), files=[File("large.txt", lambda: io.BytesIO(b"four"))]),
        Entry("2", zoe, at(1), "?", thread="nowhere", reactions=[Reacted(":party_parrot:", zoe)]),
    )
    assert [(one.key, one.what) for one in step.left_out] == [
        ("1", "file"),
        ("2", "reaction"),
        ("2", "thread"),
    ]
    assert [one.body for one in room.messages.order_by("pk")] == ["large.txt", "?"]


def test_it_is_found_also_by_its_date_and_so_is_what_was_said_here(origin, room, alice, zoe):
    with limits.lifted():
        room.post(alice, "tea today")
        carry(origin, Entry("1", zoe, at(0), "tea then"))

        def found(words):
            return [hit.message.body for hit in Search(alice, words).page().hits]

        assert found("tea before:2020-01-01") == ["tea then"]
        assert found("tea after:2020-01-01") == ["tea today"]
        assert found("tea after:2018-01-01") == found("tea")
        assert found("tea") == ["tea then", "tea today"]


def test_what_came_into_another_room_keeps_nothing_from_being_found_by_its_date(
    origin, open_room, alice, bob, zoe
):
    then = timezone.now() - timedelta(days=400)
    with limits.lifted():
        first = open_room.post(bob, "tea at first")
        Message.objects.update(created_at=then - timedelta(days=30))
        late = open_room.post(bob, "tea long ago")
        Message.objects.filter(pk=late.pk).update(created_at=then)
        ahead = timezone.now() + timedelta(days=9_000)
        entries = [Entry("1", zoe, then - timedelta(days=9), "old"), Entry("2", zoe, ahead, "new")]
        carry(origin, *entries)
        origin.refresh_from_db()
        assert origin.until <= timezone.now()
        search = Search(bob, f"tea after:{then - timedelta(days=20):%Y-%m-%d}", room=open_room)
        assert search._ids()[0] >= first.pk
        assert [hit.message.body for hit in search.page().hits] == ["tea long ago"]


def test_what_was_deleted_for_good_is_not_brought_back(origin, room, root, zoe):
    entries = saying("a", "b", author=zoe)
    carry(origin, *entries)
    for _gone in room.prune(root, room.beyond_the_newest(1)):
        pass
    step = carry(origin, *entries, Entry("c", zoe, at(3), "c", thread="a"))
    assert (step.known, step.messages) == (2, 1)
    assert [one.what for one in step.left_out] == ["thread"]
    assert room.messages.count() == 2


def test_a_room_that_forgets_takes_nothing_in(room, root):
    room.keep_for(root, 30)
    with pytest.raises(Invalid):
        Origin.into(room, root, "elsewhere:tea")


def test_who_stands_in_cannot_sign_in_and_is_nobody_else(alice, client):
    twin = StandIn.of("elsewhere", "U7", alice.name)
    assert twin != alice
    assert not twin.is_active
    assert not twin.has_usable_password()
    assert StandIn.of("elsewhere", "U8", "Admin").name.startswith("imported-")


def test_only_who_runs_the_site_may(room, alice):
    with pytest.raises(NotAllowed):
        Origin.into(room, alice, "elsewhere:tea")


@pytest.mark.django_db(transaction=True)
async def test_open_browsers_load_the_room_afresh(tab_of, room, alice, root):
    tab = await tab_of(alice, room)

    def carry_one():
        carry(Origin.into(room, root, "elsewhere:tea"), Entry("1", alice, at(0), "hello"))

    await in_thread(carry_one)
    assert (await tab.receive("resync"))["room"] == room.slug
