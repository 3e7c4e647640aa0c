"""Tasks for the tests of the queue. What they did is said in the file named by $CHORES."""

import os
import time
from pathlib import Path

from django_tasks import task

from chat.queue import TryLater

DIARY = "CHORES"


def note(words: str) -> None:
    with Path(os.environ[DIARY]).open("a") as diary:
        diary.write(f"{words}\n")


@task()
def say(words: str) -> None:
    note(words)


@task()
def stumble() -> None:
    note("stumbled")
    raise ValueError("a stone")


@task()
def be_busy() -> None:
    note("busy")
    raise TryLater("not now", seconds=3600)


@task()
def take_long(while_exists: str) -> None:
    """Done when that file is gone; until then it is being done."""
    note("begun")
    while Path(while_exists).exists():
        time.sleep(0.02)
    note("done")
