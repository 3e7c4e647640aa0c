"""The queue and who works on it."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

import chat.tasks
from chat import queue, worker
from tests import chores

pytestmark = pytest.mark.django_db


@pytest.fixture
def diary(tmp_path, monkeypatch):
    """diary() -> what the chores noted."""
    path = tmp_path / "diary"
    monkeypatch.setenv(chores.DIARY, str(path))
    return lambda: path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def somebody():
    return worker.Worker(threads=1)


def come_due() -> None:
    """As if what waits for a later moment had waited long enough."""
    DBTaskResult.objects.update(run_after=timezone.now())


def test_what_is_asked_for_is_done_once(work, diary):
    chores.say.enqueue("hello")
    work()
    work()
    assert diary() == ["hello"]
    assert DBTaskResult.objects.get().status == TaskResultStatus.SUCCESSFUL


def test_what_was_asked_for_first_is_done_first(work, diary):
    now = timezone.now()
    for seconds, words in ((1, "third"), (3, "first"), (2, "second")):
        chores.say.using(run_after=now - timedelta(seconds=seconds)).enqueue(words)
    work()
    assert diary() == ["first", "second", "third"]


def test_what_is_for_later_waits(work, diary):
    chores.say.using(run_after=timezone.now() + timedelta(hours=1)).enqueue("later")
    work()
    assert diary() == []
    come_due()
    work()
    assert diary() == ["later"]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_was_never_asked_for(work, diary):
    with pytest.raises(RuntimeError), transaction.atomic():
        queue.later("forget_what_is_done")
        raise RuntimeError
    assert not DBTaskResult.objects.exists()


def test_what_fails_is_tried_again_later_and_later(work, diary, monkeypatch):
    monkeypatch.setattr(worker, "MOST_TRIES", 3)
    chores.stumble.enqueue()
    waits = []
    for _ in range(3):
        work()
        row = DBTaskResult.objects.get()
        waits.append(row.run_after - timezone.now())
        come_due()
    assert timedelta(seconds=3) < waits[0] < waits[1]
    work()
    assert diary() == ["stumbled"] * 3
    row.refresh_from_db()
    assert row.status == TaskResultStatus.FAILED
    assert "a stone" in row.traceback


def test_a_task_says_when_it_wants_to_be_tried_again(work, diary):
    chores.be_busy.enqueue()
    work()
    wait = DBTaskResult.objects.get().run_after - timezone.now()
    assert timedelta(minutes=59) < wait < timedelta(minutes=61)


def test_one_that_fails_does_not_hold_up_the_next(work, diary):
    chores.stumble.enqueue()
    DBTaskResult.objects.create(task_path="gone.away", args_kwargs={}, run_after=timezone.now())
    chores.say.enqueue("still here")
    work()
    assert "still here" in diary()


def test_a_worker_that_is_gone_leaves_its_task_to_others(somebody, work, diary):
    chores.say.enqueue("once more")
    DBTaskResult.objects.get().claim("who is gone")
    somebody.keep_house()
    work()
    assert diary() == []  # it may still be at it
    long_ago = timezone.now() - worker.LEASE - timedelta(seconds=1)
    DBTaskResult.objects.update(started_at=long_ago)
    somebody.keep_house()
    work()
    assert diary() == ["once more"]


def test_a_worker_that_lives_keeps_its_task(somebody, work, diary):
    chores.say.enqueue("mine")
    row = DBTaskResult.objects.get()
    row.claim(somebody.id)
    DBTaskResult.objects.update(started_at=timezone.now() - 2 * worker.LEASE)
    with somebody._holding(row):
        somebody.keep_house()
    worker.Worker(1).keep_house()
    row.refresh_from_db()
    assert row.status == TaskResultStatus.RUNNING


def test_a_task_that_kills_its_workers_is_given_up(work, diary):
    chores.say.enqueue("deadly")
    DBTaskResult.objects.update(worker_ids=["dead"] * worker.MOST_TRIES)
    work()
    assert diary() == []
    assert DBTaskResult.objects.get().status == TaskResultStatus.FAILED


def test_what_is_periodic_is_asked_for_once_in_its_time(somebody, work):
    somebody.keep_house()
    asked = list(DBTaskResult.objects.values_list("task_path", flat=True))
    assert "chat.tasks.forget_what_is_done" in asked
    somebody.keep_house()
    work()
    worker.Worker(1).keep_house()
    assert sorted(asked) == sorted(DBTaskResult.objects.values_list("task_path", flat=True))
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(days=1))
    somebody.keep_house()
    assert DBTaskResult.objects.count() == 2 * len(asked)


def test_what_was_done_is_forgotten_after_a_while(work, diary):
    chores.say.enqueue("old")
    work()
    DBTaskResult.objects.update(finished_at=timezone.now() - timedelta(days=3))
    chores.say.enqueue("waits")
    queue.later("forget_what_is_done")
    come_due()
    DBTaskResult.objects.filter(args_kwargs__args=["waits"]).update(
        run_after=timezone.now() + timedelta(days=30)
    )
    work()
    left = DBTaskResult.objects.filter(task_path__endswith="say")
    assert [row.args_kwargs["args"] for row in left] == [["waits"]]


def test_the_command_says_what_it_is_for(capsys):
    with pytest.raises(SystemExit):
        call_command("worker", "--help")
    assert "WORKERS=0" in capsys.readouterr().out


def test_what_asks_other_sites_has_a_thread_of_its_own(somebody):
    assert chat.tasks.show_preview.queue_name == "outside"
    queue.later("show_preview", 0)
    assert not somebody.do_next("default")
    assert somebody.do_next("outside")


def test_what_went_well_is_kept_for_an_hour_but_what_is_periodic_longer(work, diary, somebody):
    chores.say.enqueue("done")
    somebody.keep_house()
    work()
    periodic = DBTaskResult.objects.exclude(task_path__endswith="say").count()
    DBTaskResult.objects.update(finished_at=timezone.now() - timedelta(hours=2))
    queue.later("forget_what_is_done")
    work()
    assert not DBTaskResult.objects.filter(task_path__endswith="say").exists()
    assert DBTaskResult.objects.count() == periodic + 1
