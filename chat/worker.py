"""Does what is in the queue, in threads: those of `./run`, or of `manage.py worker`.

The library's own worker marks a task as running and forgets it when it is killed, and it tries
nothing twice. Here a running task is held by a lease that its worker renews: a worker that is gone
renews nothing, and the next one begins the task anew. A task that fails is tried again, later and
later.
"""

import logging
import random
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from importlib import import_module
from traceback import format_exception

from django.db import DatabaseError, close_old_connections, connection, transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from chat.queue import TryLater, arrivals, periodic

logger = logging.getLogger(__name__)

LOOK_EVERY = 1.0  # seconds, where nobody tells that there is something to do
RENEW_EVERY = 10.0  # seconds
LEASE = timedelta(seconds=45)
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 3600.0  # seconds before it is tried again; doubled each time
MOST_TRIES = 16  # that is more than six hours


class Worker:
    """Does tasks in `threads` threads, from start() until stop(); in one more those of the queue
    "outside", so that a site that drips holds up nothing but other sites.
    """

    def __init__(self, threads: int):
        self.id = secrets.token_hex(8)
        self.held: set = set()
        self.stopped = threading.Event()
        import_module("chat.tasks")  # which says what is periodic
        queues = [*["default"] * threads, "outside"]
        works = [(partial(self.do_next, queue), self._await_arrivals) for queue in queues]
        self.threads = [
            threading.Thread(target=self._again_and_again, args=args, name="worker", daemon=True)
            for args in [(self.keep_house, self._rest), *works]
        ]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        """Begin nothing more, and wait for what is being done."""
        self.stopped.set()
        with arrivals:
            arrivals.notify_all()
        for thread in self.threads:
            thread.join()

    def _again_and_again(self, work: Callable[[], object], wait: Callable[[], None]) -> None:
        while not self.stopped.is_set():
            try:
                close_old_connections()
                if work():
                    continue
            except DatabaseError as error:
                logger.warning("Background work goes on when the database is back: %s", error)
                self.stopped.wait(LOOK_EVERY)
            except Exception:
                # Nobody would notice that it has stopped: the next task need not fail as well.
                logger.exception("The worker stumbled")
                self.stopped.wait(LOOK_EVERY)
            wait()
        connection.close()

    def _rest(self) -> None:
        self.stopped.wait(RENEW_EVERY)

    def _await_arrivals(self) -> None:
        with arrivals:
            if not self.stopped.is_set():
                arrivals.wait(LOOK_EVERY)

    # Doing --------------------------------------------------------------------------------------

    def do_next(self, queue: str) -> bool:
        """Do the next task of `queue` that is due; whether there was one."""
        if row := self._claim(queue):
            self._do(row)
        return row is not None

    def _claim(self, queue: str) -> DBTaskResult | None:
        """The next task that is due, from now on this worker's."""
        due = DBTaskResult.objects.ready().filter(queue_name=queue)
        if not due.exists():  # without taking the turn of who writes, on SQLite
            return None
        with transaction.atomic():
            row = due.get_locked()
            if row:
                row.claim(self.id)
        return row

    def _do(self, row: DBTaskResult) -> None:
        with self._holding(row):
            try:
                if len(row.worker_ids) > MOST_TRIES:
                    raise RuntimeError("its workers died of it")
                row.task.call(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
            except Exception as error:
                self._put_off(row, error)
            else:
                row.set_successful(None)

    @contextmanager
    def _holding(self, row: DBTaskResult) -> Iterator[None]:
        self.held.add(row.pk)
        try:
            yield
        finally:
            self.held.discard(row.pk)

    def _put_off(self, row: DBTaskResult, error: Exception) -> None:
        tries = len(row.worker_ids)
        if tries >= MOST_TRIES:
            logger.error("%s is given up", row.task_path, exc_info=error)
            row.set_failed(error)
            return
        wait = min(FIRST_PAUSE * 2 ** (tries - 1), LONGEST_PAUSE)
        wait *= random.uniform(1, 1.25)  # noqa: S311 - so that what failed together does not come back together
        if isinstance(error, TryLater):
            wait = max(wait, error.seconds)
        logger.warning("%s is tried again in %.0f s: %s", row.task_path, wait, error or repr(error))
        row.status, row.run_after = TaskResultStatus.READY, timezone.now() + timedelta(seconds=wait)
        row.traceback = "".join(format_exception(error))
        row.save(update_fields=["status", "run_after", "traceback"])

    # What else is to be seen to -----------------------------------------------------------------

    def keep_house(self) -> None:
        """Renew what is being done here, take up what died elsewhere, ask for what is periodic."""
        now = timezone.now()
        running = DBTaskResult.objects.running()
        if held := tuple(self.held):
            running.filter(pk__in=held).update(started_at=now)
        abandoned = running.filter(started_at__lt=now - LEASE)
        if abandoned.exists():
            count = abandoned.update(status=TaskResultStatus.READY, run_after=now)
            logger.warning("%d tasks of a worker that is gone are done again", count)
        self._ask_for_what_is_periodic(now)

    @staticmethod
    def _ask_for_what_is_periodic(now: datetime) -> None:
        for task, interval in periodic:
            waiting = Q(status__in=[TaskResultStatus.READY, TaskResultStatus.RUNNING])
            recent = waiting | Q(enqueued_at__gt=now - interval)
            if not DBTaskResult.objects.filter(recent, task_path=task.module_path).exists():
                task.using(run_after=now).enqueue()
