"""What waits to be said in one room is written in one transaction.

Those posts would wait for each other anyway, for the lock on the room's row. None waits for
company: one that is alone is written at once, and what comes meanwhile is next.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextvars import copy_context
from functools import partial
from typing import Any

from chat.models import Held, Message, Post
from chat.threads import in_thread

MOST = 50  # in one transaction: others want to lock the room too


class Letter:
    """A post on its way. Each step is taken in the context, and so the language, of its sender."""

    def __init__(self, prepare: Callable[[], Post]):
        self.prepare, self.context = prepare, copy_context()
        self.answer: asyncio.Future[Message | Held] = asyncio.get_running_loop().create_future()
        self.outcome: Any = None  # a Post, then what it became; or the exception that stopped it

    def take(self, step: Callable[[], Post | Message | Held]) -> None:
        try:
            self.outcome = self.context.run(step)
        except Exception as error:
            self.outcome = error

    def arrive(self) -> None:
        if self.answer.done():  # whoever sent it has gone
            return
        if isinstance(self.outcome, Exception):
            self.answer.set_exception(self.outcome)
        else:
            self.answer.set_result(self.outcome)


class Postbox:
    """The letters of one event loop, by the slugs of rooms. A room with any has a carrier."""

    def __init__(self) -> None:
        self.loop = asyncio.get_running_loop()
        self.waiting: dict[str, list[Letter]] = {}
        self.carriers: set[asyncio.Task] = set()

    async def post(self, slug: str, prepare: Callable[..., Post], *args) -> Message | Held:
        """Write what `prepare(*args)` gives; both in a thread. Raises what either does."""
        letter = Letter(partial(prepare, *args))
        if slug in self.waiting:
            self.waiting[slug].append(letter)
        else:
            self.waiting[slug] = [letter]
            carrier = self.loop.create_task(self._carry(slug))
            self.carriers.add(carrier)
            carrier.add_done_callback(self.carriers.discard)
        return await letter.answer

    async def _carry(self, slug: str) -> None:
        try:
            while letters := self.waiting[slug][:MOST]:
                del self.waiting[slug][:MOST]
                await self._write(letters)
        finally:
            del self.waiting[slug]

    @staticmethod
    async def _write(letters: "Sequence[Letter]") -> None:
        try:
            await in_thread(write_together, letters)
        except Exception as error:
            # Not of a post but of the thread or its connection: nobody waits for ever.
            for letter in letters:
                if not isinstance(letter.outcome, Message | Held):
                    letter.outcome = error
        for letter in letters:
            letter.arrive()


def write_together(letters: Sequence[Letter]) -> None:
    """Give each its outcome."""
    for letter in letters:
        letter.take(letter.prepare)
    ready = [letter for letter in letters if isinstance(letter.outcome, Post)]
    if not ready:
        return
    try:
        messages = Post.write_all([letter.outcome for letter in ready])
    except Exception:
        # Whichever it was: each by itself, so that it harms none of the others and hears of it.
        for letter in ready:
            letter.take(letter.outcome.write)
    else:
        for letter, message in zip(ready, messages, strict=True):
            letter.outcome = message


_postbox: Postbox | None = None


def running_postbox() -> Postbox:
    """The postbox of the running event loop."""
    global _postbox
    if _postbox is None or _postbox.loop is not asyncio.get_running_loop():
        _postbox = Postbox()
    return _postbox
