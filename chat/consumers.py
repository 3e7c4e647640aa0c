"""One socket, that is one browser tab or bot: a frame comes in, one verb is called.

This is the only place where the socket's coroutines reach the database: in_thread() with the
whole verb, and before each verb the person is read afresh. So whoever lost their access is
refused by the next frame, even where the order to close the socket went astray.
"""

import logging
import secrets
from collections.abc import Sequence
from urllib.parse import parse_qs

import msgspec
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError, close_old_connections
from django.utils import timezone, translation

from chat import broadcasts, limits, presence
from chat.audience import Audience, people_here
from chat.errors import ChatError, Invalid, NotFound, SignedOut, Unavailable
from chat.hub import running_hub
from chat.models import Message, Room
from chat.protocol import (
    MAX_FRAME_BYTES,
    Ack,
    Changes,
    ClientFrame,
    DeleteMessage,
    EditMessage,
    Error,
    JoinRoom,
    LeaveRoom,
    MarkRead,
    Person,
    Ping,
    Pong,
    Resync,
    SendMessage,
    ServerFrame,
    Sync,
    TypingStart,
    TypingStop,
    Welcome,
    decode,
    encode,
    ref_of,
)
from chat.threads import in_thread
from chat.watch import running_watch
from chat.wire import Frame

logger = logging.getLogger(__name__)

# Close codes of our own, from the range that RFC 6455, section 7.4.2 leaves to applications.
CLOSE_TOO_BIG, CLOSE_SIGNED_OUT, CLOSE_TOO_FAST = 1009, 4401, 4429


class ChatConsumer(AsyncConsumer):
    # The hub speaks with the channel layer for all sockets; one channel per socket would be slow.
    channel_layer_alias = "the hub's"

    async def dispatch(self, message):
        # AsyncConsumer's own hops to a thread for each event, to close old database connections;
        # here that is done where the database is used.
        match message["type"]:
            case "websocket.connect":
                await self.connect()
            case "websocket.receive":
                await self.receive(message.get("text"))
            case "websocket.disconnect":
                await self.disconnect()
                raise StopConsumer

    # Coming and going ---------------------------------------------------------------------------

    async def connect(self):
        self.id = secrets.token_hex(8)
        self.groups: set[str] = set()
        self.open: dict[str, Audience] = {}
        self.typing: set[str] = set()
        self.frames, self.typings = limits.Allowance("frame"), limits.Allowance("typing")
        self.user_id = self.scope["user"].pk
        self.session_key = self.scope["session"].session_key
        self.language = self._wanted_language()
        self.wire, self.hub, self.watch = self.scope["wire"], running_hub(), running_watch()
        await self.send({"type": "websocket.accept"})
        try:
            self.person, room_ids = await self.ask(self._introduce)
        except ChatError as error:
            await self.refuse(error)
            await self.close(CLOSE_SIGNED_OUT if error.code == "signed_out" else CLOSE_TOO_FAST)
            return
        self.groups |= {broadcasts.user_group(self.user_id)}
        self.groups |= {broadcasts.room_group(room_id) for room_id in room_ids}
        self.watch.sockets.add(self)
        await self.hub.join(self, self.groups)
        body_and_frame = {"body": Message.BODY_LENGTH, "frame": MAX_FRAME_BYTES}
        await self.answer(Welcome(user=self.person, time=timezone.now(), limits=body_and_frame))

    def _introduce(self, user) -> tuple[Person, list[int]]:
        limits.spend("connect", user.pk)
        self.language = user.language or self.language
        return broadcasts.person_data(user), list(user.rooms.values_list("pk", flat=True))

    def _wanted_language(self) -> str:
        asked = parse_qs(self.scope["query_string"].decode("latin-1")).get("lang", [""])[0]
        return asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

    async def disconnect(self):
        self.watch.sockets.discard(self)
        self.hub.leave_all(self, self.groups)
        for slug in tuple(self.open):
            await self.close_room(slug, grace=presence.GRACE)

    async def close(self, code: int):
        await self.send({"type": "websocket.close", "code": code})

    # Frames in ----------------------------------------------------------------------------------

    async def receive(self, text: str | None):
        if text is not None and len(text) > MAX_FRAME_BYTES:
            await self.close(CLOSE_TOO_BIG)
            return
        try:
            frame = decode(text or "")
        except (msgspec.DecodeError, UnicodeError) as error:
            await self.refuse(Invalid(f"{Invalid.message} ({error})"), ref_of(text or ""))
            return
        try:
            with translation.override(self.language):
                await self.obey(frame)
        except ChatError as error:
            await self.refuse(error, frame.ref)
            if error.code == "signed_out":
                await self.close(CLOSE_SIGNED_OUT)
        except DatabaseError:
            logger.exception("The database failed")
            await self.refuse(Unavailable(retry_after=5), frame.ref)

    async def obey(self, frame: ClientFrame):
        self.frames.spend()
        match frame:
            case JoinRoom():
                await self.open_room(frame)
            case LeaveRoom():
                await self.close_room(frame.room)
                await self.ack(frame)
            case SendMessage():
                message = await self.ask(self._post, frame)
                self.stop_typing(frame.room)
                await self.ack(frame, id=message.pk, revision=message.revision, nonce=frame.nonce)
            case EditMessage():
                message = await self.ask(self._edit, frame)
                await self.ack(frame, revision=message.revision)
            case DeleteMessage():
                message = await self.ask(self._delete, frame)
                await self.ack(frame, revision=message.revision)
            case TypingStart():
                self.typings.spend()
                self.start_typing(frame.room)
            case TypingStop():
                self.stop_typing(frame.room)
            case MarkRead():
                await self.ask(self._mark_read, frame)
                await self.ack(frame)
            case Sync():
                await self.answer(await self.ask(self._changes, frame))
            case Ping():
                await self.answer(Pong(ref=frame.ref))

    # Verbs, each in one hop to a thread ---------------------------------------------------------

    async def ask(self, verb, *args):
        """Call `verb` with the person as they are now. Raises SignedOut, or what it does."""
        return await in_thread(self._as_of_now, verb, args)

    def _as_of_now(self, verb, args):
        close_old_connections()
        user = get_user_model().objects.signed_in(self.user_id, self.session_key)
        if user is None:
            raise SignedOut
        return verb(user, *args)

    def _room(self, user, slug: str) -> Room:
        room = Room.objects.visible_to(user).filter(slug=slug).first()
        if room is None:
            raise NotFound
        return room

    def _message(self, user, message_id: int) -> Message:
        messages = Message.objects.visible_to(user).visible().select_related("room")
        message = messages.filter(pk=message_id).first()
        if message is None:
            raise NotFound
        return message

    def _post(self, user, frame: SendMessage) -> Message:
        # An open room needs no look-up: post() itself checks the membership, under the lock.
        audience = self.open.get(frame.room)
        room = audience.room if audience else self._room(user, frame.room)
        return room.post(user, frame.body, nonce=frame.nonce, reply_to=frame.reply_to)

    def _edit(self, user, frame: EditMessage) -> Message:
        return self._message(user, frame.id).edit(user, frame.body)

    def _delete(self, user, frame: DeleteMessage) -> Message:
        return self._message(user, frame.id).remove(user)

    def _mark_read(self, user, frame: MarkRead) -> None:
        self._room(user, frame.room).membership_or_error(user).read_up_to(frame.id)

    def _changes(self, user, frame: JoinRoom | Sync) -> Changes | Resync:
        room = self._room(user, frame.room)
        room.membership_or_error(user)
        messages = room.changes_since(frame.since)
        ref = frame.ref if isinstance(frame, Sync) and frame.ref else msgspec.UNSET
        if messages is None:
            return Resync(room=room.slug, ref=ref)
        # Up to the last of them, not to the room's revision as it was read before: between the two
        # reads more may have happened.
        revision = max([room.revision, *(message.revision for message in messages)])
        data = [broadcasts.message_data(message) for message in messages]
        return Changes(room=room.slug, messages=data, revision=revision, ref=ref)

    # An open room -------------------------------------------------------------------------------

    async def open_room(self, frame: JoinRoom):
        """Be told first, then read the state: so nothing falls between the two."""
        room = await self.ask(self._enter, frame)
        group = broadcasts.room_group(room.pk)
        self.groups.add(group)
        await self.hub.join(self, [group])
        if room.slug not in self.open:
            self.open[room.slug] = await Audience.enter(self.hub, room, self)
        ack, changes = await self.ask(self._state, frame, room.pk)
        self.hub.revisions.setdefault(group, ack.revision)
        await self.answer(ack)
        if changes:
            await self.answer(changes)
        broadcasts.presence_changed(room.pk)

    def _enter(self, user, frame: JoinRoom) -> Room:
        room = self._room(user, frame.room)
        room.join(user)
        return room

    def _state(self, user, frame: JoinRoom, room_id: int) -> tuple[Ack, Changes | Resync | None]:
        presence.enter((room_id, self.user_id, self.id))
        users, count = people_here(room_id)
        room = self._room(user, frame.room)
        changes = None if frame.since is None else self._changes(user, frame)
        about = broadcasts.room_data(room)
        ack = Ack(
            ref=frame.ref,
            room=room.slug,
            revision=room.revision,
            about=about,
            users=users,
            count=count,
        )
        return ack, changes

    async def close_room(self, slug: str, grace: float = 0.0):
        audience = self.open.get(slug)
        if audience is None:
            return
        self.stop_typing(slug)
        del self.open[slug]
        audience.leave(self)
        room_id = audience.room_id
        await in_thread(presence.leave, (room_id, self.user_id, self.id), grace)
        self.hub.loop.call_later(grace, broadcasts.presence_changed, room_id)

    def start_typing(self, slug: str):
        if slug not in self.open:
            raise NotFound
        broadcasts.typing(self.open[slug].room_id, self.person, on=True)
        self.typing.add(slug)

    def stop_typing(self, slug: str):
        if slug in self.typing:
            self.typing.discard(slug)
            broadcasts.typing(self.open[slug].room_id, self.person, on=False)

    # Frames out ---------------------------------------------------------------------------------

    async def answer(self, frame: ServerFrame):
        await self.send({"type": "websocket.send", "text": encode(frame)})

    async def ack(self, frame: ClientFrame, **fields):
        await self.answer(Ack(ref=frame.ref, **fields))

    async def refuse(self, error: ChatError, ref: str | None = None):
        with translation.override(self.language):
            message = str(error.message)
        await self.answer(
            Error(code=error.code, message=message, ref=ref, retry_after=error.retry_after)
        )

    # As a member of the hub ---------------------------------------------------------------------

    def write(self, frames: Sequence[Frame], data: bytes) -> None:
        self.wire.write(frames, data)

    def heed(self, order: dict) -> None:
        match order:
            case {"do": "join", "room": room_id}:
                self.gain_room(room_id)
            case {"do": "leave", "room": room_id}:
                self.lose_room(room_id)
            case {"do": "close", "session": session}:
                if session in {None, self.session_key}:
                    self.lose_everything()

    def gain_room(self, room_id: int) -> None:
        group = broadcasts.room_group(room_id)
        self.groups.add(group)
        self.hub.loop.create_task(self.hub.join(self, [group]))

    def lose_room(self, room_id: int) -> None:
        """From now on nothing of this room is delivered."""
        group = broadcasts.room_group(room_id)
        self.groups.discard(group)
        self.hub.leave(self, group)
        for slug, audience in tuple(self.open.items()):
            if audience.room_id == room_id:
                self.hub.loop.create_task(self.close_room(slug))

    def keep_rooms(self, room_ids: set[int]) -> None:
        """Bring this socket's groups in line with the memberships that there are."""
        kept = {broadcasts.room_group(room_id): room_id for room_id in room_ids}
        held = self.groups - {broadcasts.user_group(self.user_id)}
        for group in held - kept.keys():
            self.lose_room(int(group.removeprefix("room.")))
        for group in kept.keys() - held:
            self.gain_room(kept[group])

    def lose_everything(self) -> None:
        """From now on nothing is delivered, and the socket closes."""
        self.hub.leave_all(self, self.groups)
        self.hub.loop.create_task(self._sign_out())

    async def _sign_out(self) -> None:
        for slug in tuple(self.open):
            await self.close_room(slug)
        await self.refuse(SignedOut())
        await self.close(CLOSE_SIGNED_OUT)
