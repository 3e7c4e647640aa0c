"""What one socket takes part in: the groups it is told by, and the rooms it has open.

The consumer speaks with the client; the tab is what the rest of the process knows of it.
"""

import secrets
from collections.abc import Sequence

from chat import broadcasts, presence
from chat.audience import Audience
from chat.broadcasts import room_group, room_of, user_group
from chat.errors import NotFound
from chat.hub import running_hub
from chat.models import Room
from chat.protocol import encode
from chat.protocol.server import RemovedFromRoom
from chat.threads import in_thread
from chat.watch import running_watch
from chat.wire import Frame, Wire


class Tab:
    """A member of the hub. `consumer` says who it is and is told when they are signed out."""

    def __init__(self, consumer, wire: Wire):
        self.consumer, self.wire = consumer, wire
        self.id = secrets.token_hex(8)
        self.user_id, self.session_key = consumer.user_id, consumer.session_key
        self.hub, self.watch = running_hub(), running_watch()
        self.groups = {user_group(self.user_id)}
        self.open: dict[str, Audience] = {}
        # By room: in which thread, or in the room itself.
        self.typing: dict[str, int | None] = {}
        self.looking: set[str] = set()
        # Which rooms were taken from it, whatever was read before says.
        self.lost: set[int] = set()
        # How many orders were heeded: what the watch read before one of them is out of date.
        self.orders = 0

    async def enter(self) -> None:
        """From now on this tab hears of what its person gains and loses."""
        self.watch.tabs.add(self)
        await self.hub.join(self, self.groups)

    async def join_rooms(self, revisions: dict[int, int]) -> None:
        """From now on this tab hears of these rooms of its person, by id, read after enter().

        The watch counts from the revisions that they had then.
        """
        still = revisions.keys() - self.lost
        groups = {room_group(room_id): revisions[room_id] for room_id in still}
        self.groups |= groups.keys()
        self.hub.add(self, groups)
        for group, revision in groups.items():
            self.hub.revisions.setdefault(group, revision)
        await self.hub.subscribe()

    async def leave(self) -> None:
        self.watch.tabs.discard(self)
        self.hub.leave_all(self, self.groups)
        for slug in tuple(self.open):
            await self.close_room(slug, grace=presence.GRACE)
        await in_thread(presence.leave, self.entry(presence.SITE))

    # Rooms that are open in this tab ------------------------------------------------------------

    def entry(self, place: presence.Place) -> presence.Entry:
        return place, self.user_id, self.id

    @property
    def entries(self) -> list[presence.Entry]:
        """Wherever this tab is."""
        seen = [presence.in_view(self.open[slug].room.pk) for slug in self.looking]
        places = [presence.SITE, *(audience.room.pk for audience in self.open.values()), *seen]
        return [self.entry(place) for place in places]

    async def open_room(self, room: Room) -> None:
        """From the return on, nothing that happens in the room escapes this tab."""
        self.orders += 1
        self.groups.add(room_group(room.pk))
        await self.hub.join(self, [room_group(room.pk)])
        if room.slug not in self.open:
            self.open[room.slug] = await Audience.enter(self.hub, room, self)

    def opened(self, room: Room, revision: int) -> None:
        """The client has the room as of `revision`: the watch counts from there."""
        self.hub.revisions.setdefault(room_group(room.pk), revision)
        broadcasts.presence_changed(room.pk)

    async def close_room(self, slug: str, grace: float = 0.0) -> None:
        """Take this tab off the list of who is here, `grace` seconds from now."""
        if slug not in self.open:
            return
        if slug in self.typing:
            self.stop_typing(slug, self.typing[slug])
        await self.look(slug, on=False)
        audience = self.open.pop(slug)
        audience.leave(self)
        await in_thread(presence.leave, self.entry(audience.room.pk), grace)
        self.hub.loop.call_later(grace, broadcasts.presence_changed, audience.room.pk)

    async def look(self, slug: str, on: bool) -> None:
        """Note whether this room is before somebody's eyes. Raises NotFound if it is not open."""
        if slug not in self.open:
            raise NotFound
        if on == (slug in self.looking):
            return
        (self.looking.add if on else self.looking.discard)(slug)
        entry = self.entry(presence.in_view(self.open[slug].room.pk))
        await (in_thread(presence.enter, entry) if on else in_thread(presence.leave, entry, 0.0))

    def start_typing(self, slug: str, thread: int | None) -> None:
        if slug not in self.open:
            raise NotFound
        self.typing[slug] = thread
        self._tell_typing(slug, thread, on=True)

    def stop_typing(self, slug: str, thread: int | None) -> None:
        """Unless they went on elsewhere in the room."""
        if slug in self.typing and self.typing[slug] == thread:
            del self.typing[slug]
            self._tell_typing(slug, thread, on=False)

    def _tell_typing(self, slug: str, thread: int | None, on: bool) -> None:
        broadcasts.typing(self.open[slug].room.pk, thread, self.consumer.person, on)

    # As a member of the hub ---------------------------------------------------------------------

    def write(self, frames: Sequence[Frame], data: bytes) -> None:
        # What they still look at goes on until it is closed; RFC 6455, 5.5.1: no data after that.
        if not self.consumer.closed:
            self.wire.write(frames, data)

    def tell(self, text: str) -> None:
        frame = Frame(text)
        self.write([frame], frame.data)

    def heed(self, order: dict) -> None:
        self.orders += 1
        match order:
            case {"do": "join", "room": room_id}:
                self.gain_room(room_id)
            case {"do": "leave", "room": room_id}:
                self.lose_room(room_id)
            case {"do": "tell", "text": text, "but": tab_id}:
                if tab_id != self.id:
                    self.tell(text)
            case {"do": "close", "session": session}:
                if session in {None, self.session_key}:
                    self.lose_everything()

    def gain_room(self, room_id: int) -> None:
        if self in self.watch.tabs:
            self.lost.discard(room_id)
            self.groups.add(room_group(room_id))
            # At once, as it is taken back at once: an order to leave may be next.
            self.hub.add(self, [room_group(room_id)])
            self.hub.loop.create_task(self.hub.subscribe())

    def lose_room(self, room_id: int) -> None:
        """From now on nothing of this room is delivered."""
        self.lost.add(room_id)
        self.groups.discard(room_group(room_id))
        self.hub.leave(self, room_group(room_id))
        for slug, audience in tuple(self.open.items()):
            if audience.room.pk == room_id:
                self.hub.loop.create_task(self.close_room(slug))

    def keep_rooms(self, room_ids: set[int]) -> None:
        """Bring the groups in line with the memberships that there are."""
        held = {room_id for group in self.groups if (room_id := room_of(group))}
        for room_id in held - room_ids:
            for slug in [slug for slug, here in self.open.items() if here.room.pk == room_id]:
                # Whoever took them out, the client did not hear of it.
                self.tell(encode(RemovedFromRoom(room=slug)))
            self.lose_room(room_id)
        for room_id in room_ids - held:
            self.gain_room(room_id)

    def lose_everything(self) -> None:
        """From now on nothing is delivered; the person is told, and the socket closes."""
        self.hub.leave_all(self, self.groups)
        for slug in tuple(self.open):
            self.hub.loop.create_task(self.close_room(slug))
        self.hub.loop.create_task(self.consumer.sign_out())
