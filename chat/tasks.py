"""What is done in the background: each task calls one verb, and may be done twice.

Asked for by `queue.later("name", ...)`, done by the worker.
"""

from datetime import datetime, timedelta

from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from chat import hub
from chat.models import (
    Attachment,
    Held,
    Message,
    Notice,
    Preview,
    Reminder,
    Removal,
    Room,
    Scheduled,
    Takeout,
    digest,
)
from chat.models.attachment import sweep
from chat.moving import mine
from chat.queue import every, periodic

# Longer than any interval of `every`: by these rows it is known what was done when, and what
# failed.
KEPT = timedelta(days=2)
# Of all else that went well: each look at the table reads through it.
SHORTLY = timedelta(hours=1)


@every(hours=1)
@task()
def forget_what_is_done() -> None:
    now = timezone.now()
    again_and_again = [task.module_path for task, _interval in periodic]
    is_done = DBTaskResult.objects.successful().exclude(task_path__in=again_and_again)
    is_done.filter(finished_at__lt=now - SHORTLY).delete()
    DBTaskResult.objects.finished().filter(finished_at__lt=now - KEPT).delete()


@task()
def nod() -> None:
    """Shows manage.py doctor that somebody works here."""


@task()
def pass_on(group: str, message: dict) -> None:
    hub.pass_on(group, message)


@task()
def decide_notices(room_id: int) -> None:
    Notice.decide(room_id)


@task()
def push(device_id: int, notice_ids: list[int]) -> None:
    Notice.push(device_id, notice_ids)


@every(hours=6)
@task()
def forget_old_notices() -> None:
    Notice.forget_old()


@task(queue_name="outside")
def show_preview(message_id: int) -> None:
    if message := Message.objects.visible().filter(pk=message_id).first():
        message.show_preview()


@every(hours=6)
@task()
def forget_old_previews() -> None:
    Preview.forget_old()


@task()
def discard_files(ids: list[int]) -> None:
    Attachment.objects.filter(pk__in=ids).discard()


@every(hours=1)
@task()
def free_files() -> None:
    sweep()


@task()
def gather(user_id: int, asked_at: str) -> None:
    mine.gather(user_id, asked_at)


@every(hours=6)
@task()
def forget_old_takeouts() -> None:
    Takeout.expire()


@every(hours=6)
@task()
def forget_what_was_removed() -> None:
    Removal.forget_old()
    Held.forget_old()


@every(hours=24)
@task()
def forget_what_is_not_kept() -> None:
    Room.forget_what_is_not_kept()


@task()
def send_scheduled(pk: int) -> None:
    Scheduled.send(pk)


@task()
def remind(pk: int) -> None:
    Reminder.tell(pk)


@every(minutes=5)
@task()
def ask_for_overdue() -> None:
    Scheduled.ask_for_overdue()
    Reminder.ask_for_overdue()


@every(hours=1)
@task()
def ask_for_digests() -> None:
    digest.ask_for_digests()


@task()
def send_digest(user_id: int, since: str) -> None:
    digest.send_digest(user_id, datetime.fromisoformat(since))
