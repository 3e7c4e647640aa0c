"""Messages that are sent at a chosen time, and messages that one is reminded of."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from chat import limits, presence, rendering
from chat.errors import Empty, Invalid, NotFound, TooFast, TooLong
from chat.models import Attachment, Message, Notice, Reminder, Room, Scheduled
from chat.models.attachment import sweep
from tests.uploading import stored_files

pytestmark = pytest.mark.django_db(transaction=True)


def soon(**span: float):
    return timezone.now() + timedelta(**(span or {"minutes": 10}))


@pytest.fixture
def pass_time(work):
    """pass_time(minutes=10): as if so much time had passed, with a worker at work all the while."""

    def pass_time(**span: float) -> None:
        for model in (Scheduled, Reminder):
            for one in model.objects.all():
                model.objects.filter(pk=one.pk).update(due_at=one.due_at - timedelta(**span))
        work(**span)

    return pass_time


def bodies(room) -> list[str]:
    return list(room.messages.order_by("pk").values_list("body", flat=True))


def test_it_is_sent_when_its_time_has_come(room, bob, pass_time):
    Scheduled.create(room, bob, "Good morning", soon())
    pass_time(minutes=9)
    assert bodies(room) == []
    pass_time(minutes=1)
    assert bodies(room) == ["Good morning"]
    message = room.messages.get()
    assert (message.author, message.due_at) == (bob, None)
    assert not Scheduled.objects.exists()


def test_it_goes_into_the_thread_and_takes_its_files_along(room, bob, uploaded, pass_time):
    root = room.post(bob, "Shall we move the release?")
    ids = [uploaded(bob, room, name=f"{name}.png")["id"] for name in ("one", "two")]
    Scheduled.create(room, bob, "", soon(), thread=root.pk, attachments=ids[::-1])
    with pytest.raises(NotFound):  # they are not free for another message
        room.post(bob, "", attachments=ids)
    Attachment.objects.update(created_at=timezone.now() - timedelta(days=3))
    sweep()
    pass_time(minutes=10)
    message = room.messages.get(thread=root)
    assert [file["name"] for file in message.files] == ["two.png", "one.png"]
    assert message.attachments.count() == 2 and not Scheduled.objects.exists()


def test_what_will_not_be_sent_frees_its_files(room, bob, uploaded, work):
    id = uploaded(bob, room)["id"]
    Scheduled.create(room, bob, "Look", soon(), attachments=[id]).cancel()
    work()
    assert stored_files() == [] and not Attachment.objects.exists()


def test_what_the_room_refuses_keeps_its_files(room, alice, bob, uploaded, pass_time):
    id = uploaded(bob, room)["id"]
    scheduled = Scheduled.create(room, bob, "", soon(), attachments=[id])
    room.archive(alice)
    pass_time(minutes=10)
    assert Scheduled.objects.get().refused
    room.unarchive(alice)
    assert scheduled.send_now().files[0]["id"] == id


def test_it_is_sent_once_however_often_that_is_tried(room, bob, pass_time):
    scheduled = Scheduled.create(room, bob, "Once", soon())
    pass_time(minutes=10)
    Scheduled(**{f.attname: getattr(scheduled, f.attname) for f in Scheduled._meta.fields}).save()
    Scheduled.objects.update(due_at=timezone.now())
    Scheduled.send(scheduled.pk)  # as if its worker had died before it could note that it was sent
    assert bodies(room) == ["Once"]
    assert not Scheduled.objects.exists()


def test_after_a_downtime_it_is_sent_late_and_says_so(room, bob, work):
    scheduled = Scheduled.create(room, bob, "Late", soon())
    was_due = timezone.now() - timedelta(hours=3)
    Scheduled.objects.update(due_at=was_due)
    work(minutes=11)
    message = room.messages.get()
    assert (message.body, message.due_at) == ("Late", was_due)
    assert not Scheduled.objects.filter(pk=scheduled.pk).exists()


def test_one_whose_task_was_given_up_is_asked_for_again(room, bob, work):
    Scheduled.create(room, bob, "Found again", soon())
    DBTaskResult.objects.all().delete()
    Scheduled.objects.update(due_at=timezone.now() - timedelta(hours=1))
    Scheduled.ask_for_overdue()
    work()
    assert bodies(room) == ["Found again"]


def test_it_may_answer_a_message(room, alice, bob, pass_time):
    question = room.post(alice, "When?")
    Scheduled.create(room, bob, "Now", soon(), reply_to=question.pk)
    pass_time(minutes=10)
    assert room.messages.get(body="Now").reply_to == question


def test_it_can_be_changed_and_put_off(room, bob, pass_time):
    scheduled = Scheduled.create(room, bob, "Ten", soon())
    scheduled.change("Twenty", soon(minutes=20))
    pass_time(minutes=10)
    assert bodies(room) == []
    pass_time(minutes=10)
    assert bodies(room) == ["Twenty"]


def test_it_can_be_cancelled(room, bob, pass_time):
    Scheduled.create(room, bob, "Never", soon()).cancel()
    pass_time(minutes=10)
    assert bodies(room) == []


def test_it_can_be_sent_at_once(room, bob, pass_time):
    Scheduled.create(room, bob, "After all", soon()).send_now()
    pass_time(minutes=10)
    assert bodies(room) == ["After all"]


def test_what_was_sent_cannot_be_changed(room, bob):
    scheduled = Scheduled.create(room, bob, "Gone", soon())
    Scheduled.objects.get().send_now()
    with pytest.raises(NotFound):
        scheduled.change("Too late", soon())


def test_what_the_room_does_not_take_stays_with_the_reason(room, alice, bob, pass_time):
    Scheduled.create(room, bob, "Anybody?", soon())
    room.archive(alice)
    pass_time(minutes=10)
    scheduled = Scheduled.objects.get()
    assert "archived" in scheduled.refused
    Scheduled.ask_for_overdue()
    assert not DBTaskResult.objects.filter(status="READY", task_path__contains="sched").exists()
    room.unarchive(alice)
    scheduled.change("Here again", soon())
    pass_time(minutes=10)
    assert bodies(room) == ["Here again"]


def test_who_left_says_nothing_more(room, bob, pass_time):
    Scheduled.create(room, bob, "Bye", soon())
    room.leave(bob)
    pass_time(minutes=10)
    assert bodies(room) == []
    assert Scheduled.objects.get().refused


def test_who_was_deactivated_says_nothing_more(room, bob, pass_time):
    Scheduled.create(room, bob, "Bye", soon())
    bob.deactivate()
    pass_time(minutes=10)
    assert bodies(room) == []


def test_too_much_at_once_waits(room, bob, pass_time, work, limit):
    for text in ("one", "two", "three"):
        Scheduled.create(room, bob, text, soon())
    limit(message="2 per minute")
    limits.limiter().storage.reset()
    pass_time(minutes=10)
    assert len(bodies(room)) == 2
    limit(message="20 per minute")
    work(minutes=2)
    assert sorted(bodies(room)) == ["one", "three", "two"]


@pytest.mark.parametrize(
    ("body", "when", "error"),
    [
        ("", {"minutes": 1}, Empty),
        ("x" * 10_001, {"minutes": 1}, TooLong),
        ("then", {"minutes": -1}, Invalid),
        ("then", {"days": 400}, Invalid),
    ],
)
def test_what_cannot_be_sent_is_refused_at_once(room, bob, body, when, error):
    with pytest.raises(error):
        Scheduled.create(room, bob, body, soon(**when))
    assert not Scheduled.objects.exists()


def test_only_members_schedule(room, charlie):
    with pytest.raises(NotFound):
        Scheduled.create(room, charlie, "Hello", soon())


def test_nobody_has_more_than_a_hundred(room, bob, monkeypatch):
    monkeypatch.setattr(Scheduled, "MOST", 1)
    Scheduled.create(room, bob, "one", soon())
    with pytest.raises(TooLong):
        Scheduled.create(room, bob, "two", soon())


# Reminders --------------------------------------------------------------------------------------


@pytest.fixture
def message(room, alice) -> Message:
    return room.post(alice, "The key is under the mat")


def test_one_is_reminded_when_the_time_has_come(room, bob, message, device_of, pass_time):
    device = device_of(bob)
    room.membership_of(bob).read_up_to(message.pk)
    Reminder.set(bob, message, soon())
    pass_time(minutes=9)
    assert device.browser.notices == []
    pass_time(minutes=1)
    (notice,) = device.browser.notices
    assert notice["title"] == "Reminder: alice in Den"
    assert notice["body"] == "The key is under the mat"
    assert notice["url"] == f"/rooms/{room.slug}/?around={message.pk}"
    reminder = Reminder.objects.get()
    assert reminder.told_at and not reminder.was_late
    Reminder.tell(reminder.pk)
    assert len(device.browser.notices) == 1


def test_a_reminder_of_what_was_said_in_a_thread_leads_there(
    room, alice, bob, message, device_of, pass_time
):
    device = device_of(bob)
    said = room.post(alice, "Or under the stone", thread=message.pk)
    Reminder.set(bob, said, soon())
    pass_time(minutes=10)
    (notice,) = device.browser.notices
    assert notice["url"] == f"/rooms/{room.slug}/?thread={message.pk}&around={said.pk}"


def test_after_a_downtime_one_is_reminded_late(bob, message, device_of, work):
    device = device_of(bob)
    Reminder.set(bob, message, soon())
    Reminder.objects.update(due_at=timezone.now() - timedelta(hours=3))
    work(minutes=11)
    assert len(device.browser.notices) == 1
    assert Reminder.objects.get().was_late


def test_a_new_time_takes_the_place_of_the_old(bob, message, device_of, pass_time):
    device = device_of(bob)
    Reminder.set(bob, message, soon())
    Reminder.set(bob, message, soon(minutes=20))
    pass_time(minutes=10)
    assert device.browser.notices == []
    pass_time(minutes=10)
    assert len(device.browser.notices) == 1


def test_one_without_devices_finds_it_in_the_list(client_of, bob, message, pass_time):
    Reminder.set(bob, message, soon())
    pass_time(minutes=10)
    assert bob.notices.get().outcome == Notice.Outcome.NO_DEVICE
    assert "The key is under the mat" in client_of(bob).get("/later/").content.decode()


@pytest.mark.parametrize("happens", ["deleted", "left"])
def test_of_what_one_may_not_see_one_is_not_reminded(
    room, alice, bob, message, device_of, pass_time, happens
):
    device = device_of(bob)
    Reminder.set(bob, message, soon())
    if happens == "deleted":
        message.remove(alice)
    else:
        room.leave(bob)
    pass_time(minutes=10)
    assert device.browser.notices == []
    with pytest.raises(NotFound):
        Reminder.set(bob, Message.objects.get(pk=message.pk), soon())


def test_who_left_a_room_reads_nothing_of_it_in_the_list(client_of, room, bob, message):
    Reminder.set(bob, message, soon())
    room.leave(bob)
    assert "under the mat" not in client_of(bob).get("/later/").content.decode()


# The pages --------------------------------------------------------------------------------------


def test_it_is_scheduled_from_the_composer(client_of, room, bob):
    url = f"/rooms/{room.slug}/messages/scheduled/"
    said = {"body": " Tomorrow", "due_at": "2099-01-01T09:00:00.000Z", "reply_to": ""}
    refused = client_of(bob).post(url, said)
    assert (refused.status_code, refused.content.decode()) == (
        400,
        "Choose a moment to come, within a year.",
    )
    said["due_at"] = soon().isoformat()
    assert client_of(bob).post(url, said).status_code == 204
    assert Scheduled.objects.get().body == "Tomorrow"


@pytest.mark.parametrize(
    "files",
    ["9" * 5000, f"[{'9' * 5000}]", "[" * 100_000, "[0]", '["1"]', "{}", "[1.5]", "nothing"],
)
def test_what_is_no_list_of_files_is_refused(client_of, room, bob, files):
    said = {"body": "Look", "due_at": soon().isoformat(), "attachments": files}
    answer = client_of(bob).post(f"/rooms/{room.slug}/messages/scheduled/", said)
    assert (answer.status_code, Scheduled.objects.count()) == (400, 0)


def test_outsiders_schedule_nothing_and_are_reminded_of_nothing(client_of, room, charlie, message):
    url = f"/rooms/{room.slug}/messages/"
    due_at = soon().isoformat()
    outside = client_of(charlie)
    assert outside.post(f"{url}scheduled/", {"body": "x", "due_at": due_at}).status_code == 404
    assert outside.post(f"{url}{message.pk}/remind/", {"due_at": due_at}).status_code == 404


def test_ones_own_can_be_edited_sent_and_cancelled(client_of, room, alice, bob):
    bob.time_zone = "Asia/Shanghai"
    bob.save()
    one, two = (Scheduled.create(room, bob, text, soon()) for text in ("one", "two"))
    his, hers = client_of(bob), client_of(alice)
    page = his.get("/later/").content.decode()
    assert "one" in page and "two" in page
    for path in (f"/later/{one.pk}/", f"/later/{one.pk}/send/", f"/later/{one.pk}/cancel/"):
        assert hers.post(path).status_code == 404
    there = timezone.localtime(soon(hours=2), ZoneInfo("Asia/Shanghai"))
    his.post(f"/later/{one.pk}/", {"body": "uno", "due_at": f"{there:%Y-%m-%dT%H:%M}"})
    one.refresh_from_db()
    assert one.body == "uno"
    assert timedelta(minutes=118) < one.due_at - timezone.now() < timedelta(hours=2)
    his.post(f"/later/{two.pk}/cancel/")
    his.post(f"/later/{one.pk}/send/")
    assert bodies(room) == ["uno"]
    assert not Scheduled.objects.exists()


def test_a_late_message_says_so_in_its_fragment(room, bob):
    on_time, late = room.post(bob, "x"), room.post(bob, "y", due_at=timezone.now())
    assert 'class="late"' not in rendering.fragment(on_time)
    assert 'class="late"' in rendering.fragment(late)


def test_a_room_that_goes_takes_what_was_scheduled(room, bob, alice, pass_time):
    Scheduled.create(room, bob, "Nowhere", soon())
    alice.is_superuser = True
    alice.save()
    room.delete_for_good(alice)
    pass_time(minutes=10)
    assert not Room.objects.filter(pk=room.pk).exists()


def test_who_may_read_no_more_is_not_reminded(room, alice, bob, pass_time):
    message = room.post(alice, "For the members")
    Reminder.set(bob, message, soon())
    room.remove_member(alice, bob)
    presence.enter((presence.SITE, bob.pk, "a tab"))
    pass_time(minutes=10)
    assert bob.notices.get().outcome == Notice.Outcome.WITHDRAWN


def test_what_was_deleted_is_not_reminded_of(room, alice, bob, pass_time):
    message = room.post(alice, "Never mind")
    Reminder.set(bob, message, soon())
    message.remove(alice)
    presence.enter((presence.SITE, bob.pk, "a tab"))
    pass_time(minutes=10)
    assert bob.notices.get().outcome == Notice.Outcome.WITHDRAWN


def test_what_is_sent_is_what_it_says_by_then(room, bob):
    """A change that was told to be kept is not overtaken by what a worker had read before."""
    scheduled = Scheduled.create(room, bob, "first", soon())
    held = Scheduled.objects.get(pk=scheduled.pk)
    scheduled.change("second", soon())
    held.send_now()
    assert bodies(room) == ["second"]
    with pytest.raises(NotFound, match="sent already"):
        scheduled.cancel()
    with pytest.raises(NotFound, match="sent already"):
        scheduled.change("third", soon())


def test_it_stays_when_it_cannot_be_posted(room, bob, pass_time, monkeypatch):
    def fall_over(*args, **kwargs):
        raise RuntimeError

    Scheduled.create(room, bob, "Still here", soon())
    with monkeypatch.context() as patched:
        patched.setattr(Scheduled, "delete", fall_over)
        pass_time(minutes=10)
    assert bodies(room) == []  # not said without being taken off
    pass_time(minutes=1)
    assert bodies(room) == ["Still here"]


def test_reminders_are_limited(room, bob, limit):
    limit(later="1 per minute")
    message = room.post(bob, "Often")
    Reminder.set(bob, message, soon())
    with pytest.raises(TooFast):
        Reminder.set(bob, message, soon())


def test_times_are_by_the_browsers_clock_until_one_has_chosen_a_zone(client_of, alice, room):
    due = datetime(2031, 5, 1, 20, 0, tzinfo=UTC)
    Scheduled.objects.create(author=alice, room=room, body="Later", due_at=due)
    client = client_of(alice)

    def told() -> str:
        return client.get("/later/").content.decode()

    assert "May 1, 2031, 20:00" in told()
    client.cookies["zone"] = "Asia/Tokyo"
    assert "May 2, 2031, 05:00" in told()
    client.cookies["zone"] = "../Asia/Tokyo"
    assert "May 1, 2031, 20:00" in told()
    alice.time_zone = "Europe/Berlin"
    alice.save()
    client.cookies["zone"] = "Asia/Tokyo"
    assert "May 1, 2031, 22:00" in told()
