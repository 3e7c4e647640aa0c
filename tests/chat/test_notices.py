"""Who is told of a message, and what is kept of why, and why not."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from chat import presence
from chat.models import Block, Membership, Notice, NoticeWishes, Room, notice
from chat.threads import in_thread

pytestmark = pytest.mark.django_db(transaction=True)

Level, Outcome, Reason = Membership.Level, Notice.Outcome, Notice.Reason


@pytest.fixture
def told(work):
    """told(user) -> what was decided for them about what was said, as (text, reason, outcome)."""

    def told(user) -> list[tuple[str, str, str]]:
        work(seconds=5)
        notices = user.notices.order_by("pk").select_related("message")
        return [(one.message.body, one.reason, one.outcome) for one in notices]

    return told


async def look(tab, room, on: bool) -> None:
    await tab.send("look", room=room.slug, on=on)
    await tab.ask("ping")


def wants(user, room, level: str) -> None:
    room.membership_of(user).set_level(level)


def test_who_wants_everything_is_told_of_everything(room, alice, bob, device_of, told):
    device_of(bob)
    wants(bob, room, Level.EVERYTHING)
    room.post(alice, "hello")
    assert told(bob) == [("hello", Reason.EVERYTHING, Outcome.SENT)]


def test_others_are_told_of_what_is_for_them(room, alice, bob, device_of, told):
    device_of(bob)
    his = room.post(bob, "who comes?")
    room.post(alice, "whoever")
    room.post(alice, "I do", reply_to=his.pk)
    room.post(alice, "@bob, and you?")
    assert told(bob) == [
        ("I do", Reason.REPLY, Outcome.TOGETHER),
        ("@bob, and you?", Reason.MENTION, Outcome.SENT),
    ]


@pytest.mark.parametrize(
    ("text", "is_meant"),
    [
        ("@bob", True),
        ("ask @Bob.", True),
        ("（@bob）", True),
        ("bob", False),
        ("me@bob", False),
        ("@bobby", False),
        ("@charlie", False),
    ],
)
def test_a_name_behind_an_at_is_a_mention(room, alice, bob, charlie, told, text, is_meant):
    room.post(alice, text)
    assert bool(told(bob)) == is_meant
    assert told(charlie) == []  # who is no member is told nothing


def test_who_wants_nothing_is_told_nothing_but_may_know_it(room, alice, bob, device_of, told):
    device = device_of(bob)
    wants(bob, room, Level.NOTHING)
    room.post(alice, "hello")
    room.post(alice, "hello @bob")
    assert told(bob) == [("hello @bob", Reason.MENTION, Outcome.MUTED)]
    assert device.browser.notices == []


def test_a_direct_message_is_told_like_a_mention(alice, bob, charlie, device_of, told):
    device_of(bob)
    talk, group = Room.between(alice, [bob]), Room.between(alice, [bob, charlie])
    talk.post(alice, "Hello")
    group.post(alice, "Hello all")
    assert told(bob) == [
        ("Hello", Reason.DIRECT, Outcome.SENT),
        ("Hello all", Reason.DIRECT, Outcome.SENT),
    ]
    titles = [one.data()["title"] for one in bob.notices.with_message().order_by("pk")]
    assert titles == ["alice", "alice in alice, charlie"]


def test_nobody_is_told_of_what_somebody_says_whom_they_blocked(room, alice, bob, told):
    wants(bob, room, "everything")
    Block.put(bob, alice)
    room.post(alice, "@bob, are you there?")
    assert told(bob) == []


def test_nobody_is_told_of_what_they_say_themselves(room, alice, device_of, told):
    device_of(alice)
    wants(alice, room, Level.EVERYTHING)
    room.post(alice, "@alice")
    assert told(alice) == []


def test_nobody_is_told_of_what_they_have_read(room, alice, bob, device_of, told):
    device_of(bob)
    message = room.post(alice, "@bob")
    room.membership_of(bob).read_up_to(message.pk)
    assert told(bob) == [("@bob", Reason.MENTION, Outcome.READ)]


def test_what_is_deleted_or_edited_meanwhile_is_told_as_it_stands(
    room, alice, bob, device_of, told
):
    device = device_of(bob)
    room.post(alice, "@bob, oops").remove(alice)
    room.post(alice, "@bob, hallo").edit(alice, "@bob, hello")
    assert told(bob) == [("@bob, hello", Reason.MENTION, Outcome.SENT)]
    assert [notice["body"] for notice in device.browser.notices] == ["@bob, hello"]


def test_what_is_deleted_before_it_is_delivered_is_not_told(room, alice, bob, device_of, work):
    device = device_of(bob)
    message = room.post(alice, "@bob, oops")
    Notice.decide(room.pk)
    message.remove(alice)
    work()
    assert bob.notices.get().outcome == Outcome.WITHDRAWN
    assert device.browser.notices == []


def test_who_has_no_device_may_know_it(room, alice, bob, told):
    wants(bob, room, Level.EVERYTHING)
    room.post(alice, "@bob")
    room.post(alice, "whoever")  # nobody could be told, so nothing is kept
    assert told(bob) == [("@bob", Reason.MENTION, Outcome.NO_DEVICE)]


# Words ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keywords", "text", "is_found"),
    [
        ("tea", "More TEA?", True),
        ("tea, coffee", "coffee it is", True),
        ("tea", "the team", False),
        ("tea", "green-tea", True),
        ("c++", "I like C++.", True),
        ("release party", "the release party is on", True),
        ("发布，茶", "明天发布新版本", True),
        ("茶", "咖啡", False),
        ("", "anything", False),
        (", ,", "anything", False),
    ],
)
def test_words_one_wants_to_hear_of(room, alice, bob, told, keywords, text, is_found):
    NoticeWishes(user=bob).change(keywords=keywords)
    room.post(alice, text)
    expected = [(text, Reason.KEYWORD, Outcome.NO_DEVICE)] if is_found else []
    assert told(bob) == expected


# Quiet hours ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "end", "hour", "is_quiet"),
    [
        (22, 7, 23, True),
        (22, 7, 3, True),
        (22, 7, 7, False),
        (22, 7, 12, False),
        (12, 14, 13, True),
        (12, 14, 14, False),
        (9, 9, 9, False),
    ],
)
def test_quiet_hours_are_those_of_ones_own_clock(bob, begin, end, hour, is_quiet):
    bob.time_zone = "Asia/Shanghai"
    wishes = NoticeWishes(user=bob, quiet_from=time(begin), quiet_until=time(end))
    there = datetime(2026, 3, 1, hour, tzinfo=ZoneInfo("Asia/Shanghai"))
    assert wishes.is_quiet(there.astimezone(ZoneInfo("UTC"))) == is_quiet


def test_nobody_is_told_in_their_quiet_hours(room, alice, bob, device_of, told):
    device_of(bob)
    now = timezone.now()
    begin, end = (now - timedelta(hours=1)).time(), (now + timedelta(hours=1)).time()
    NoticeWishes(user=bob).change(quiet_from=begin, quiet_until=end)
    room.post(alice, "@bob")
    assert told(bob) == [("@bob", Reason.MENTION, Outcome.QUIET)]


# Open pages -------------------------------------------------------------------------------------


async def test_who_looks_at_the_room_is_not_told(room, alice, bob, device_of, told, tab_of, says):
    device = await in_thread(device_of, bob)
    tab = await tab_of(bob, room)
    await look(tab, room, True)
    await says(alice, room, "@bob")
    assert await in_thread(told, bob) == [("@bob", Reason.MENTION, Outcome.LOOKING)]
    assert device.browser.notices == []
    await tab.nothing("notified")


async def test_who_looks_away_is_told_in_the_page_and_on_the_device(
    room, alice, bob, device_of, told, tab_of, says
):
    device = await in_thread(device_of, bob)
    tab = await tab_of(bob, room)
    await look(tab, room, True)
    await look(tab, room, False)
    await says(alice, room, "@bob, *there*")
    assert {outcome for *_, outcome in await in_thread(told, bob)} == {
        Outcome.SENT,
        Outcome.IN_PAGE,
    }
    frame = await tab.receive("notified")
    assert frame == {"type": "notified", **device.browser.notices[0]}
    assert (frame["title"], frame["body"]) == ("alice in Den", "@bob, there")
    assert (frame["url"], frame["tag"]) == (f"/rooms/{room.slug}/", room.slug)


async def test_who_has_any_room_open_hears_of_the_others(
    room, open_room, alice, bob, tab_of, says, work
):
    tab = await tab_of(bob, open_room)
    await says(alice, room, "@bob")
    await in_thread(work, seconds=5)
    assert (await tab.receive("notified"))["tag"] == room.slug


async def test_a_tab_that_goes_looks_no_more(room, bob, tab_of):
    tab = await tab_of(bob, room)
    await look(tab, room, True)
    assert await in_thread(presence.looking, room.pk) == {bob.pk}
    await tab.ask("leave_room", room=room.slug)
    assert await in_thread(presence.looking, room.pk) == set()


async def test_only_an_open_room_can_be_looked_at(room, bob, tab_of):
    tab = await tab_of(bob)
    assert (await tab.ask("look", room=room.slug, on=True))["code"] == "not_found"


# What it costs ----------------------------------------------------------------------------------


def test_a_crowd_costs_whoever_posts_nothing(room, alice, new_user, django_assert_max_num_queries):
    def queries() -> int:
        with django_assert_max_num_queries(20) as counted:
            room.post(alice, "hello")
        return len(counted)

    queries()  # asks for the decision
    few = queries()
    for number in range(30):
        room.admit(new_user(f"member{number}"))
    Room.objects.filter(pk=room.pk).update(active_at=timezone.now())
    assert queries() == few
    assert DBTaskResult.objects.count() == 1


def test_what_is_said_while_it_is_decided_is_decided_next(room, alice, bob, told, monkeypatch):
    """Both decisions together leave nothing out, and tell nothing twice."""
    room.post(alice, "@bob, one")
    decide = notice._Decision.notices

    def interrupted(decision):
        monkeypatch.undo()
        room.post(alice, "@bob, two")
        return decide(decision)

    monkeypatch.setattr(notice._Decision, "notices", interrupted)
    assert [text for text, *_ in told(bob)] == ["@bob, one"]
    assert [text for text, *_ in told(bob)] == ["@bob, one", "@bob, two"]


def test_deciding_twice_tells_once(room, alice, bob, told):
    room.post(alice, "@bob")
    assert len(told(bob)) == 1
    Notice.decide(room.pk)
    assert len(told(bob)) == 1


def test_a_decision_that_got_lost_is_asked_for_again(room, alice, bob, told):
    room.post(alice, "@bob, one")
    DBTaskResult.objects.all().delete()
    room.post(alice, "@bob, two")
    assert told(bob) == []
    Room.objects.update(active_at=timezone.now() - timedelta(minutes=2))
    room.post(alice, "@bob, three")
    assert len(told(bob)) == 3


def test_old_notices_are_forgotten(room, alice, bob, told):
    room.post(alice, "@bob")
    assert told(bob)
    Notice.forget_old()
    assert bob.notices.exists()
    bob.notices.update(decided_at=timezone.now() - timedelta(days=15))
    Notice.forget_old()
    assert not bob.notices.exists()


def test_of_a_thread_those_are_told_who_take_part_in_it(room, alice, bob, charlie, device_of, told):
    room.admit(charlie)
    for person in (bob, charlie):
        device_of(person)
    wants(charlie, room, Level.EVERYTHING)
    root = room.post(bob, "Shall we?")
    room.membership_of(charlie).read_up_to(root.pk)
    room.post(alice, "We shall", thread=root.pk)
    room.membership_of(bob).read_up_to(room.post(alice, "Elsewhere").pk)
    assert told(bob) == [
        ("We shall", Reason.REPLY, Outcome.SENT),
    ]
    assert [text for text, *_ in told(charlie)] == ["Shall we?", "Elsewhere"]


def test_what_was_read_in_a_thread_is_not_told(room, alice, bob, device_of, told):
    device_of(bob)
    root = room.post(bob, "Shall we?")
    said = room.post(alice, "We shall", thread=root.pk)
    room.membership_of(bob).read_up_to(said.pk)
    assert told(bob) == [("We shall", Reason.REPLY, Outcome.READ)]


def test_an_answer_in_a_thread_is_told_to_who_only_looks_at_the_room(room, alice, bob, work):
    root = room.post(bob, "A question")
    presence.enter((presence.SITE, bob.pk, "a tab"))
    presence.enter((presence.in_view(room.pk), bob.pk, "a tab"))
    room.post(alice, "An answer", thread=root.pk)
    work(seconds=5)
    assert bob.notices.get().outcome == Notice.Outcome.IN_PAGE


def test_what_is_said_in_a_thread_while_others_are_told_is_told_next(
    room, alice, bob, work, monkeypatch
):
    root = room.post(bob, "A question")
    room.post(alice, "@bob look")
    decide = notice._Decision.notices

    def answer_meanwhile(decision):
        monkeypatch.setattr(notice._Decision, "notices", decide)
        DBTaskResult.objects.filter(status="READY").delete()  # asked for before told_up_to moved
        room.post(alice, "An answer", thread=root.pk)
        DBTaskResult.objects.filter(status="READY").delete()
        return decide(decision)

    monkeypatch.setattr(notice._Decision, "notices", answer_meanwhile)
    work(seconds=5)
    work(seconds=5)
    assert bob.notices.filter(message__body="An answer").exists()


def test_what_goes_with_a_notice_that_failed_has_failed_too(
    room, alice, bob, device_of, push_service, work
):
    device_of(bob)
    push_service.answers = [(410, {})]
    room.post(alice, "@bob one")
    room.post(alice, "@bob two")
    work(seconds=5)
    assert set(bob.notices.values_list("outcome", flat=True)) == {Notice.Outcome.GONE}
