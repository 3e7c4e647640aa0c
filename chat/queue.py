"""What is done later, or again until it works: the durable queue, which is a table.

django-tasks gives the interface that is Django's own from 6.0 on, django-tasks-db the table; the
worker (`chat/worker.py`) takes from it. Tasks are named, not imported: they call verbs, and verbs
ask for tasks.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string
from django_tasks.base import Task

# Tells the workers of this process that something is to be done now.
arrivals = threading.Condition()

# What is done again and again, and how often.
periodic: list[tuple[Task, timedelta]] = []


class TryLater(Exception):
    """Raised in a task that is to be done again after a while, which is at least `seconds`."""

    def __init__(self, reason: str, seconds: float = 0.0):
        self.seconds = seconds
        super().__init__(reason)


def later(name: str, *args, at: datetime | None = None) -> None:
    """Have the task `name` of chat/tasks.py done with `args`, now or after `at`.

    Written in the transaction that asks for it: neither is kept without the other. It is done at
    least once, so it must not matter when it is done twice.
    """
    task = import_string(f"chat.tasks.{name}")
    task.using(run_after=at or timezone.now()).enqueue(*args)
    if at is None:
        transaction.on_commit(wake)


def wake() -> None:
    with arrivals:
        arrivals.notify()


def every(**interval: float) -> Callable[[Task], Task]:
    """@every(hours=1) above @task(): done that often by one of the workers."""

    def decorate(task: Task) -> Task:
        periodic.append((task, timedelta(**interval)))
        return task

    return decorate
