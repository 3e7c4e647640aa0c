"""The tabs of this process that have one room open, and what only they are told.

Who is here and who is typing changes more often than anybody can read. So a change is not a
message to everybody: each process hears that there was one, looks at most once a second, and
tells its own tabs what is different. Somebody more costs the others one frame, however many there
are.
"""

import asyncio
import logging
import math
import time
from collections.abc import Sequence

from django.contrib.auth import get_user_model
from django.db import DatabaseError
from msgspec import UNSET

from chat import presence
from chat.broadcasts import audience_group, person_data
from chat.hub import Member, RoomHub
from chat.models import Room
from chat.protocol import encode
from chat.protocol.parts import Person
from chat.protocol.server import Presence, ServerFrame, TypingIndicatorUpdate, UserJoined, UserLeft
from chat.threads import in_thread
from chat.wire import Frame, joined

logger = logging.getLogger(__name__)

SHOWN = 100  # people named in a list; of more only the number is told
ANNOUNCED = 5  # comings and goings between two looks that are told one by one
PAUSE = 1.0  # seconds between two looks at who is here
LOOK_AGAIN = 15.0  # seconds after which a process looks unasked: another one may have died
TYPING_LASTS = 6.0  # seconds; browsers say it again while it goes on


def people_here(room_id: int, ids: set[int] | None = None) -> tuple[list[Person], int]:
    """The first people here, by name, and the number of all."""
    ids = presence.present(room_id) if ids is None else ids
    return _people(ids), len(ids)


def _people(ids: set[int]) -> list[Person]:
    users = get_user_model().objects.filter(pk__in=ids).order_by("display_name", "username")
    return [person_data(user) for user in users[:SHOWN]]


class Audience:
    """Those who have a room open in this process; a member of the hub on behalf of all of them."""

    open: dict[tuple[RoomHub, int], "Audience"] = {}

    def __init__(self, hub: RoomHub, room):
        self.hub, self.room, self.slug = hub, room, room.slug
        self.tabs: set[Member] = set()
        self.here: set[int] = set()
        self.have_members_changed = False
        # By person: who, in which thread or in the room itself, and when that lapses.
        self.typists: dict[int, tuple[Person, int | None, asyncio.TimerHandle]] = {}
        self.looked_at = -math.inf  # a machine's clock may have begun a moment ago
        self.next_look: asyncio.TimerHandle | None = None
        self.next_look_at = 0.0
        self.started = hub.loop.create_task(self._start())

    async def _start(self) -> None:
        await self.hub.join(self, [audience_group(self.room.pk)])
        self.here = await in_thread(presence.present, self.room.pk)
        self._look_in(LOOK_AGAIN)

    @classmethod
    async def enter(cls, hub: RoomHub, room, tab: Member) -> "Audience":
        """Before the tab's own presence is noted, so that its coming is news."""
        audience = cls.open.get((hub, room.pk))
        if audience is None:
            audience = cls.open[hub, room.pk] = cls(hub, room)
        audience.tabs.add(tab)
        try:
            # Others wait for the same start: it goes on when this tab goes.
            await asyncio.shield(audience.started)
        except BaseException:
            audience.leave(tab)
            raise
        return audience

    def leave(self, tab: Member) -> None:
        self.tabs.discard(tab)
        if not self.tabs and self.open.pop((self.hub, self.room.pk), False):
            self.hub.leave(self, audience_group(self.room.pk))
            if self.next_look:
                self.next_look.cancel()

    def tell(self, *frames: ServerFrame) -> None:
        wired = [Frame(encode(frame)) for frame in frames]
        self.write(wired, joined(wired))

    # As a member of the hub ---------------------------------------------------------------------

    def write(self, frames: Sequence[Frame], data: bytes) -> None:
        for tab in tuple(self.tabs):
            tab.write(frames, data)

    def heed(self, order: dict) -> None:
        match order:
            case {"do": "members"}:
                self.have_members_changed = True
                # Whoever walks in is here in a moment: one look for both.
                self._look_in(PAUSE)
            case {"do": "presence"}:
                self._look_in(self.looked_at + PAUSE - time.monotonic())
            case {"do": "typing", "thread": thread, "person": person, "on": on}:
                self._note_typing(Person(**person), thread, on)

    # Who is here --------------------------------------------------------------------------------

    def _look_in(self, seconds: float) -> None:
        """Look after so many seconds, or earlier where that is arranged already."""
        when = self.hub.loop.time() + max(0.0, seconds)
        if self.next_look:
            if self.next_look_at <= when:
                return
            self.next_look.cancel()
        # Noted here: uvloop's handles do not all say when they are due.
        self.next_look_at = when
        self.next_look = self.hub.loop.call_at(when, self._begin_look)

    def _begin_look(self) -> None:
        self.next_look, self.looked_at = None, time.monotonic()
        self._look_in(LOOK_AGAIN)
        self.hub.loop.create_task(self._look())

    async def _look(self) -> None:
        before = self.here
        self.here = await in_thread(presence.present, self.room.pk)
        if self.here == before and not self.have_members_changed:
            return
        self.have_members_changed = False
        try:
            self.tell(*await in_thread(self._news, before, self.here))
        except DatabaseError as error:
            logger.warning("Who is here is told when the database is back: %s", error)
            # So that the next look sees the same difference.
            self.here, self.have_members_changed = before, True

    def _news(self, before: set[int], here: set[int]) -> list[ServerFrame]:
        """Who came, who went, and who is here now."""
        came, went = here - before, before - here
        news: list[ServerFrame] = []
        if len(came) + len(went) <= ANNOUNCED:
            news += [UserJoined(room=self.slug, user=person) for person in _people(came)]
            news += [UserLeft(room=self.slug, user=person) for person in _people(went)]
        users, count = people_here(self.room.pk, here)
        members = Room.objects.filter(pk=self.room.pk).values_list("members_count", flat=True)
        # None when the room was deleted meanwhile.
        members_count = members.first() or 0
        return [*news, Presence(room=self.slug, users=users, count=count, members=members_count)]

    # Who is typing ------------------------------------------------------------------------------

    def _note_typing(self, person: Person, thread: int | None, on: bool) -> None:
        _, before, ends = self.typists.get(person.id, (person, None, None))
        is_there = ends is not None and before == thread
        if not on and not is_there:
            return
        if ends:
            ends.cancel()
            del self.typists[person.id]
            if not is_there:
                self._tell_typing(before)
        if on:
            lapse = self.hub.loop.call_later(TYPING_LASTS, self._note_typing, person, thread, False)
            self.typists[person.id] = person, thread, lapse
        if on != is_there:
            self._tell_typing(thread)

    def _tell_typing(self, thread: int | None) -> None:
        users = [typist for typist, where, _ in self.typists.values() if where == thread]
        under = UNSET if thread is None else thread
        self.tell(TypingIndicatorUpdate(room=self.slug, users=users[:SHOWN], thread=under))
