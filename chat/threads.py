"""The threads in which this process does what waits for the database.

By default asgiref runs all such work of a process in one thread. A small pool lets a quick post pass
a slow search; more threads than a few would only queue for the interpreter.
"""

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

THREADS = ThreadPoolExecutor(max_workers=4, thread_name_prefix="chatsite")


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run `function` in one of the threads, in a copy of this context."""
    call = partial(contextvars.copy_context().run, function, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(THREADS, call)
