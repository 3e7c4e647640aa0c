"""What the channel layer lost, the database knows: it is compared now and then.

A frame can get lost: Redis restarts, a process dies between its commit and its publish, a command
runs on a site without Redis. Clients notice by the hole in the revisions when the next frame
comes; the watch notices when none comes. Likewise for orders to close a socket or to leave a
room.
"""

import asyncio
import logging
from typing import NamedTuple

from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.db import DatabaseError
from django.utils import timezone

from chat import presence
from chat.broadcasts import room_group, room_of
from chat.hub import RoomHub, running_hub
from chat.models import Membership, Room
from chat.protocol.server import Missed
from chat.threads import in_thread

logger = logging.getLogger(__name__)

REVISIONS_EVERY = 2.0  # seconds
GUESTS_EVERY = 300.0  # seconds
ACCESS_EVERY = 20.0  # seconds; also renews who is here, well within presence.LIFETIME


class Seen(NamedTuple):
    """A room at one look; `newest` is the id of what was said last in its own flow."""

    slug: str
    revision: int
    newest: int | None


class Watch:
    """The watch over the tabs of one process and event loop."""

    def __init__(self, hub: RoomHub):
        self.hub = hub
        self.tabs: set = set()
        # By room, as the last look saw them, and the newest message when last nothing was missing.
        self.before: dict[int, Seen] = {}
        self.heard: dict[int, int | None] = {}
        self.tasks = [
            hub.loop.create_task(self._every(REVISIONS_EVERY, self.compare_revisions)),
            hub.loop.create_task(self._every(ACCESS_EVERY, self.check_access)),
            hub.loop.create_task(self._every(GUESTS_EVERY, self.let_guests_go)),
        ]

    async def _every(self, seconds: float, look) -> None:
        while True:
            await asyncio.sleep(seconds)
            try:
                await look()
            except DatabaseError as error:
                logger.warning("The watch goes on when the database is back: %s", error)
            except Exception:
                # Nobody would notice that the watch has stopped: whatever one look stumbled over,
                # the next one comes.
                logger.exception("The watch stumbled")

    # Frames that were lost ----------------------------------------------------------------------

    async def compare_revisions(self) -> None:
        """Tell the tabs of each room whose newest revision has not come by since the last look.

        Of all rooms that somebody here is a member of: in those that are not open it is news too.
        """
        room_ids = [room_id for group in self.hub.members if (room_id := room_of(group))]
        now = await in_thread(self._revisions, room_ids) if room_ids else {}
        heard: dict[int, int | None] = {}
        for room_id, seen in now.items():
            group, due = room_group(room_id), self.before.get(room_id)
            if group not in self.hub.members:
                continue
            come_by = self.hub.revisions.setdefault(group, seen.revision)
            if due and due.revision > come_by:
                self.hub.revisions[group] = due.revision
                is_news = due.newest != self.heard.get(room_id)
                newest = due.newest if is_news else None
                self.hub.tell(group, Missed(room=seen.slug, newest=newest))
            if seen.revision <= come_by:
                heard[room_id] = seen.newest
            elif due:
                heard[room_id] = due.newest
        self.before, self.heard = now, heard

    @staticmethod
    def _revisions(room_ids: list[int]) -> dict[int, Seen]:
        rooms = Room.objects.filter(pk__in=room_ids)
        seen = rooms.values_list("pk", "slug", "revision", "last_message")
        return {pk: Seen(slug, revision, newest) for pk, slug, revision, newest in seen.iterator()}

    # Orders that were lost, and sessions that ended by themselves -------------------------------

    async def check_access(self) -> None:
        tabs = tuple(self.tabs)
        orders = {tab: tab.orders for tab in tabs}
        entries = [entry for tab in tabs for entry in tab.entries]
        await in_thread(presence.renew, entries)
        keys, users = {tab.session_key for tab in tabs}, {tab.user_id for tab in tabs}
        sessions, active, rooms = await in_thread(self._access, keys, users)
        for tab in tabs:
            if tab.session_key not in sessions or tab.user_id not in active:
                tab.lose_everything()
            elif tab.orders == orders[tab]:
                tab.keep_rooms(rooms.get(tab.user_id, set()))

    @staticmethod
    def _access(keys: set[str], users: set[int]) -> tuple[set[str], set[int], dict[int, set[int]]]:
        alive = Session.objects.filter(pk__in=keys, expire_date__gt=timezone.now())
        people = get_user_model().objects.filter(pk__in=users, is_active=True)
        rooms: dict[int, set[int]] = {}
        memberships = Membership.objects.filter(user__in=users)
        for user_id, room_id in memberships.values_list("user_id", "room_id").iterator():
            rooms.setdefault(user_id, set()).add(room_id)
        return (
            set(alive.values_list("pk", flat=True)),
            set(people.values_list("pk", flat=True)),
            rooms,
        )

    async def let_guests_go(self) -> None:
        await in_thread(get_user_model().objects.expire_guests)


_watch: Watch | None = None


def running_watch() -> Watch:
    """The watch of the running event loop, started when it is first asked for."""
    global _watch
    hub = running_hub()
    if _watch is None or _watch.hub is not hub:
        _watch = Watch(hub)
    return _watch
