"""The threads in which this process does what waits for the database.

By default asgiref runs all such work of a process in one thread: a slow page then holds up every
message. Here the verbs of the sockets and the pages have threads of their own.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connection

from chat.uploads import media

P = ParamSpec("P")
T = TypeVar("T")

# SQLite has one writer at a time. Posts that queue for the thread wait less than posts that poll
# for the lock.
VERBS = ThreadPoolExecutor(1 if connection.vendor == "sqlite" else 4, "verbs")
PAGES = ThreadPoolExecutor(4, "pages")
# Looking into a large video takes seconds; meanwhile pages go on, and there is always one thread
# for other files.
UPLOADS = ThreadPoolExecutor(media.IN_LINE + 1, "uploads")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` in a thread for verbs, in a copy of this context, with a connection to the
    database that works.
    """
    return await _run(VERBS, _connected, function, *args, **kwargs)


async def in_page_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function`, which makes a page, in a copy of this context."""
    return await _run(PAGES, function, *args, **kwargs)


async def in_upload_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function`, which takes in files, in a copy of this context."""
    return await _run(UPLOADS, function, *args, **kwargs)


def _connected(function, *args, **kwargs):
    close_old_connections()
    return function(*args, **kwargs)


async def _run(threads: ThreadPoolExecutor, function, *args, **kwargs):
    call = partial(contextvars.copy_context().run, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(threads, call)
