"""Fan-out within one process: the one place that knows groups and the channel layer.

A room with a thousand tabs open in this process is one subscription to the channel layer. What
comes over it is made into one WebSocket frame and written to each of those sockets.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Protocol

from asgiref.sync import async_to_sync
from channels.layers import get_channel_layer
from django.conf import settings
from redis.exceptions import RedisError

from chat.protocol import encode
from chat.protocol.server import Missed, ServerFrame
from chat.queue import later
from chat.threads import in_thread
from chat.wire import Frame, joined

logger = logging.getLogger(__name__)

# What a layer raises while its Redis is away.
LAYER_ERRORS = (RedisError, OSError, TimeoutError)

MAX_UNPUBLISHED = 10_000
PATIENCE = 1.0  # seconds; the layer itself would wait for ever for a Redis that is silent
MOMENT = 0.1  # seconds; less than a client waits for a revision that it has not heard of
REST = 40e-6  # seconds per member between two writes to a group: ten times what it takes
FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # seconds between tries while the layer is away


class Member(Protocol):
    """What joins a group: a socket, or whoever acts for several of them in this process."""

    def write(self, frames: Sequence[Frame], data: bytes) -> None:
        """Pass on `frames`; `data` is the same, joined into the bytes of one write."""

    def heed(self, order: dict) -> None:
        """Do what another part of the site asks of the members of the group."""


class RoomHub:
    """The groups of one process and event loop. Not for other threads, but for publish()."""

    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.layer = get_channel_layer()
        self.members: dict[str, set[Member]] = {}
        # The newest revision that came by, per group: what the watch compares with the database.
        self.revisions: dict[str, int] = {}
        self.subscribed: set[str] = set()
        self.lock = asyncio.Lock()
        self.next_try: asyncio.TimerHandle | None = None  # while the layer is away
        self.channel: str | None = None
        self.pending: dict[str, list[Frame]] = {}
        # When the last write to a group has been rested from, on the clock of the loop.
        self.rested: dict[str, float] = {}
        self.outbox: asyncio.Queue[tuple[str, dict]] = asyncio.Queue(MAX_UNPUBLISHED)
        self.overflowed: set[str] = set()
        # What gather() has collected, by key; from several threads.
        self.gathered: dict[Hashable, list] = {}
        self.gathering = threading.Lock()
        self.tasks = [
            self.loop.create_task(self._receive()),
            self.loop.create_task(self._publish()),
        ]

    # Joining and leaving ------------------------------------------------------------------------

    async def join(self, member: Member, groups: Iterable[str]) -> None:
        """From the return on, `member` gets everything that is published to `groups`.

        While the layer is away it returns all the same; the layer is asked again until it answers.
        """
        self.add(member, groups)
        await self.subscribe()

    def add(self, member: Member, groups: Iterable[str]) -> None:
        """As join(), but subscribe() is still to be awaited."""
        for group in groups:
            self.members.setdefault(group, set()).add(member)

    def leave(self, member: Member, group: str) -> None:
        """From the return on, `member` gets nothing more of `group`; what came before, at once."""
        if group in self.pending:
            self._flush(group)
        members = self.members.get(group)
        if members and member in members:
            members.remove(member)
            if not members:
                del self.members[group]
                self.revisions.pop(group, None)
                self.rested.pop(group, None)
                self.loop.create_task(self._unsubscribe(group))

    def leave_all(self, member: Member, groups: Iterable[str]) -> None:
        for group in tuple(groups):
            self.leave(member, group)

    async def subscribe(self) -> None:
        """Have the channel layer send all groups that have a member here."""
        if self.members.keys() <= self.subscribed or self.next_try:
            return
        async with self.lock:
            try:
                if self.channel is None:
                    self.channel = await self._patiently(self.layer.new_channel())
                for group in tuple(self.members.keys() - self.subscribed):
                    await self._patiently(self.layer.group_add(group, self.channel))
                    self.subscribed.add(group)
            except LAYER_ERRORS as error:
                logger.warning("The channel layer does not answer: %r", error)
                self.next_try = self.loop.call_later(LONGEST_PAUSE, self._resubscribe)

    @staticmethod
    async def _patiently(answer: Awaitable):
        """Raises TimeoutError."""
        async with asyncio.timeout(PATIENCE):
            return await answer

    def _resubscribe(self) -> None:
        self.next_try = None
        self.loop.create_task(self.subscribe())

    async def _unsubscribe(self, group: str) -> None:
        async with self.lock:
            if group in self.subscribed and group not in self.members:
                self.subscribed.discard(group)
                try:
                    await self._patiently(self.layer.group_discard(group, self.channel))
                except LAYER_ERRORS as error:
                    logger.warning("The channel layer does not answer: %s", error)

    # Out: one queue, so that what this process publishes keeps its order ------------------------

    def gather(self, key: Hashable, item: Any, act: Callable[[list], None]) -> None:
        """See gather() below. From any thread."""
        with self.gathering:
            if key in self.gathered:
                self.gathered[key].append(item)
                return
            self.gathered[key] = []
        self.loop.call_soon_threadsafe(self.loop.call_later, MOMENT, self._gathered, key, act)
        act([item])

    def _gathered(self, key: Hashable, act: Callable[[list], None]) -> None:
        with self.gathering:
            items = self.gathered.pop(key)
            if items:
                self.gathered[key] = []
        if items:
            self.loop.call_later(MOMENT, self._gathered, key, act)
            self.loop.create_task(in_thread(act, items))

    def put(self, group: str, message: dict) -> None:
        try:
            self.outbox.put_nowait((group, message))
        except asyncio.QueueFull:
            self.overflowed.add(group)

    async def _publish(self) -> None:
        pause = FIRST_PAUSE
        while True:
            group, message = await self.outbox.get()
            while True:
                try:
                    await self._patiently(self.layer.group_send(group, message))
                    break
                except LAYER_ERRORS as error:
                    logger.warning("Not published yet, the channel layer is away: %s", error)
                    await asyncio.sleep(pause)
                    pause = min(pause * 2, LONGEST_PAUSE)
            pause = FIRST_PAUSE
            while self.overflowed and not self.outbox.full():
                group = self.overflowed.pop()
                self.put(group, {"type": "hub.frame", "group": group, "text": encode(Missed())})

    # In: from the layer to the members of this process ------------------------------------------

    async def _receive(self) -> None:
        pause = FIRST_PAUSE
        while True:
            try:
                async with self.lock:  # not two channels, of which one would be forgotten
                    if self.channel is None:
                        self.channel = await self._patiently(self.layer.new_channel())
                self._take(await self.layer.receive(self.channel))
            except LAYER_ERRORS as error:
                # Only in the beginning. Later on the layer itself connects and subscribes again,
                # and the watch finds what it did not hear meanwhile.
                logger.warning("The channel layer does not answer: %s", error)
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE)
            except Exception:
                # Whatever one member stumbled over, the others of this process still listen.
                logger.exception("A message of the channel layer was not passed on")
                await asyncio.sleep(FIRST_PAUSE)

    def _take(self, message: dict) -> None:
        group = message["group"]
        if order := message.get("order"):
            for member in tuple(self.members.get(group, ())):
                member.heed(order)
            return
        if (revision := message.get("revision")) and group in self.members:
            self.revisions[group] = max(revision, self.revisions.get(group, 0))
        if group not in self.pending:
            # What arrives together leaves in one write: the first of it at once, after everything
            # that waits in the layer was taken, but where many listen and much is said the next
            # not before a rest, so that no room has this process to itself.
            self.pending[group] = []
            self.loop.call_at(self.rested.get(group, 0), self._flush, group)
        self.pending[group].append(Frame(message["text"]))

    def _flush(self, group: str) -> None:
        frames, members = self.pending.pop(group, ()), tuple(self.members.get(group, ()))
        if not frames:  # somebody left meanwhile
            return
        data = joined(frames)
        for member in members:
            member.write(frames, data)
        if members:
            self.rested[group] = self.loop.time() + min(MOMENT, REST * len(members))

    def tell(self, group: str, frame: ServerFrame) -> None:
        """Write `frame` to the members of `group` in this process only."""
        wired = Frame(encode(frame))
        for member in tuple(self.members.get(group, ())):
            member.write([wired], wired.data)

    def stop(self) -> None:
        for task in self.tasks:
            task.cancel()


_hub: RoomHub | None = None


def running_hub() -> RoomHub:
    """The hub of the running event loop, started when it is first asked for."""
    global _hub
    if _hub is None or _hub.loop is not asyncio.get_running_loop():
        _hub = RoomHub()
    return _hub


def publish(group: str, *, text: str = "", order: dict | None = None, revision: int = 0) -> None:
    """Send `text`, a frame for browsers, or `order` to the members of `group` in all processes.

    From any thread, and from commands, which have no hub of their own. What is published by one
    process arrives in its order. Never fails because the channel layer is away: within a server
    it is sent when the layer is back, and clients find the hole that a lost frame leaves.
    """
    message: dict = {"type": "hub.frame", "group": group}
    message |= {"order": order} if order else {"text": text, "revision": revision}
    if pass_on(group, message):
        return
    if _is_by_queue.get() and not settings.REDIS_URL:
        later("pass_on", group, message)
        return
    try:
        async_to_sync(get_channel_layer().group_send)(group, message)
    except LAYER_ERRORS as error:
        logger.warning("Open browsers are not told, the channel layer is away: %s", error)


def gather(key: Hashable, item: Any, act: Callable[[list], None]) -> None:
    """Call `act` with `[item]` now; but while there is more of the same `key` in this process, with
    all of a MOMENT at once. From any thread; `act` is called in one that may use the database.
    """
    if _hub is None or not _hub.loop.is_running():
        act([item])
    else:
        _hub.gather(key, item, act)


def pass_on(group: str, message: dict) -> bool:
    """Give `message` to the hub of this process; whether it has one."""
    if _hub is None or not _hub.loop.is_running():
        return False
    _hub.loop.call_soon_threadsafe(_hub.put, group, message)
    return True


_is_by_queue = ContextVar("is_by_queue", default=False)


@contextmanager
def by_way_of_the_queue() -> Iterator[None]:
    """For commands: what is published within reaches open browsers also on a site without Redis.

    There nothing leaves this process but by the database: the server's workers take it from the
    queue. Where they are processes of their own, the watch finds some of it out, later.
    """
    token = _is_by_queue.set(True)
    try:
        yield
    finally:
        _is_by_queue.reset(token)
