"""One socket, that is one browser tab or bot: a frame comes in, one verb is called.

This is the only place where the socket's coroutines reach the database: in_thread() with the
whole verb, and before each verb the person is read afresh. So whoever lost their access is
refused by the next frame, even where the order to close the socket went astray.
"""

import logging
from functools import partial
from urllib.parse import parse_qs

import msgspec
from channels.consumer import AsyncConsumer
from channels.exceptions import StopConsumer
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import DatabaseError
from django.utils import timezone, translation

from chat import broadcasts, presence
from chat.audience import people_here
from chat.errors import ChatError, Invalid, NotFound, SignedOut, Unavailable
from chat.limits import Allowance, spend
from chat.models import Held, Message, Post, Room, ThreadReader, new_poll
from chat.models.activity import see_what_was_read
from chat.postbox import running_postbox
from chat.protocol import MAX_FRAME_BYTES, decode, encode, ref_of
from chat.protocol.client import (
    ClientFrame,
    ClosePoll,
    DeleteMessage,
    EditMessage,
    Forward,
    JoinRoom,
    LeaveRoom,
    Look,
    MarkAllRead,
    MarkRead,
    MarkUnread,
    Pin,
    Ping,
    React,
    RemovePreview,
    SaveDraft,
    SendMessage,
    Sync,
    TakeBack,
    TypingStart,
    TypingStop,
    Vote,
)
from chat.protocol.server import Ack, Changes, Error, Pong, Resync, ServerFrame, Welcome
from chat.tab import Tab
from chat.threads import in_thread
from chat.wire import Frame

logger = logging.getLogger(__name__)

# By the code of the error. Those from 4000 on are ours to choose (RFC 6455, section 7.4.2).
CLOSE_CODES = {"too_long": 1009, "unavailable": 1013, "signed_out": 4401, "too_fast": 4429}


class ChatConsumer(AsyncConsumer):
    # The hub speaks with the channel layer for all sockets; one channel per socket would be slow.
    channel_layer_alias = "the hub's"

    tab: Tab  # from the welcome on

    async def __call__(self, scope, receive, send):
        self.closed = False
        try:
            await super().__call__(scope, receive, send)
        finally:
            # Also when the client vanished in the middle of an answer, and `send` raised.
            if hasattr(self, "tab"):
                await self.tab.leave()

    async def dispatch(self, message):
        # AsyncConsumer's own hops to a thread for each event, to close old database connections;
        # here that is done where the database is used.
        match message["type"]:
            case "websocket.connect":
                await self.connect()
            case "websocket.receive":
                await self.receive(message.get("text"))
            case "websocket.disconnect":
                raise StopConsumer

    async def connect(self):
        self.allowance, self.typing_allowance = Allowance("frame"), Allowance("typing")
        self.sync_allowance = Allowance("sync")
        self.user_id = self.scope["user"].pk
        self.session_key = self.scope["session"].session_key
        self.language = self._wanted_language()
        await self.send({"type": "websocket.accept"})
        self.tab = Tab(self, self.scope["wire"])
        await self.tab.enter()
        try:
            revisions, threads, unread, drafts = await self.ask(self._introduce)
        except ChatError as error:
            await self.refuse(error)
            await self.close(CLOSE_CODES[error.code])
            return
        await self.tab.join_rooms(revisions)
        await self.answer(
            Welcome(
                user=self.person,
                time=timezone.now(),
                limits=Message.limits(),
                threads=threads,
                unread=unread,
                drafts=drafts,
            )
        )

    def _wanted_language(self) -> str:
        asked = parse_qs(self.scope["query_string"].decode("latin-1")).get("lang", [""])[0]
        return asked if asked in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE

    def _introduce(self, user) -> tuple[dict[int, int], list[int], list[str], list[str]]:
        """The revision of each of their rooms; the threads and rooms with something new; drafts."""
        spend("connect", user.pk)
        presence.enter(self.tab.entry(presence.SITE))
        self.language = user.language or self.language
        unread = Room.objects.unread_by(user).values_list("slug", flat=True)
        mine = user.memberships.values_list("room", "room__revision", "has_draft")
        revisions, begun = {}, []
        for room_id, revision, has_draft in mine:
            revisions[room_id] = revision
            if has_draft:
                begun.append(room_id)
        drafts = Room.objects.filter(pk__in=begun).values_list("slug", flat=True) if begun else []
        return revisions, ThreadReader.unread_by(user), list(unread), list(drafts)

    # Frames in ----------------------------------------------------------------------------------

    async def receive(self, text: str | None):
        if self.closed:
            return
        if len((text or "").encode(errors="surrogatepass")) > MAX_FRAME_BYTES:
            await self.close(CLOSE_CODES["too_long"])
            return
        with translation.override(self.language):
            try:
                self.allowance.spend()
                await self.obey(decode(text or ""))
            except (msgspec.DecodeError, UnicodeError) as error:
                await self.refuse(Invalid(f"{Invalid.message} ({error})"), ref_of(text or ""))
            except ChatError as error:
                await self.refuse(error, ref_of(text or ""))
                if isinstance(error, SignedOut):
                    await self.close(CLOSE_CODES[error.code])

    async def obey(self, frame: ClientFrame):
        match frame:
            case JoinRoom():
                await self.open_room(frame)
            case LeaveRoom():
                await self.tab.close_room(frame.room)
                await self.ack(frame)
            case SendMessage():
                together = partial(running_postbox().post, frame.room)
                said = await self.ask(self._post, frame, through=together)
                self.tab.stop_typing(frame.room, frame.thread)
                await self.ack_said(frame, said)
            case EditMessage():
                message = await self.ask(self._edit, frame)
                await self.ack(frame, revision=message.revision)
            case DeleteMessage():
                message = await self.ask(self._delete, frame)
                await self.ack(frame, revision=message.revision)
            case TakeBack():
                message = await self.ask(self._take_back, frame)
                await self.ack(frame, revision=message and message.revision)
            case React():
                message = await self.ask(self._react, frame)
                await self.ack(frame, revision=message.revision)
            case Pin():
                message = await self.ask(self._pin, frame)
                await self.ack(frame, revision=message.revision)
            case Vote():
                message = await self.ask(self._vote, frame)
                await self.ack(frame, revision=message.revision)
            case ClosePoll():
                message = await self.ask(self._close_poll, frame)
                await self.ack(frame, revision=message.revision)
            case RemovePreview():
                message = await self.ask(self._remove_preview, frame)
                await self.ack(frame, revision=message.revision)
            case Forward():
                await self.ack_said(frame, await self.ask(self._forward, frame))
            case SaveDraft():
                await self.ask(self._save_draft, frame)
                await self.ack(frame)
            case TypingStart():
                self.typing_allowance.spend()
                self.tab.start_typing(frame.room, frame.thread)
            case TypingStop():
                self.tab.stop_typing(frame.room, frame.thread)
            case Look():
                await self.tab.look(frame.room, frame.on)
            case MarkRead():
                await self.ask(self._mark_read, frame)
                await self.ack(frame)
            case MarkUnread():
                await self.ask(self._mark_unread, frame)
                await self.ack(frame)
            case MarkAllRead():
                await self.ask(Room.objects.mark_all_read)
                await self.ack(frame)
            case Sync():
                self.sync_allowance.spend()
                await self.answer(await self.ask(self._caught_up, frame))
            case Ping():
                await self.answer(Pong(ref=frame.ref))

    # Verbs, each in one hop to a thread ---------------------------------------------------------

    async def ask(self, verb, *args, through=in_thread):
        """Call `verb` with the person as they are now. Raises SignedOut, or what it does."""
        try:
            return await through(self._as_of_now, verb, args)
        except DatabaseError as error:
            logger.exception("The database failed")
            raise Unavailable(retry_after=5) from error

    def _as_of_now(self, verb, args):
        user = get_user_model().objects.signed_in(self.user_id, self.session_key)
        if user is None:
            raise SignedOut
        self.person = broadcasts.person_data(user)
        return verb(user, *args)

    def _room(self, user, slug: str) -> Room:
        return Room.objects.called(slug, user)

    def _message(self, user, message_id: int) -> Message:
        messages = Message.objects.visible_to(user).visible().select_related("room")
        message = messages.filter(pk=message_id).first()
        if message is None:
            raise NotFound
        return message

    def _post(self, user, frame: SendMessage) -> Post:
        # An open room needs no look-up: write() itself checks the membership, under the lock.
        audience = self.tab.open.get(frame.room)
        room = audience.room if audience else self._room(user, frame.room)
        asked = frame.poll
        poll = new_poll(asked.choices, asked.several, asked.closes_at) if asked else None
        return room.prepare_post(
            user,
            frame.body,
            nonce=frame.nonce,
            reply_to=frame.reply_to,
            thread=frame.thread,
            attachments=frame.attachments,
            poll=poll,
        )

    def _edit(self, user, frame: EditMessage) -> Message:
        return self._message(user, frame.id).edit(user, frame.body)

    def _delete(self, user, frame: DeleteMessage) -> Message:
        return self._message(user, frame.id).remove(user)

    def _take_back(self, user, frame: TakeBack) -> Message | None:
        sent = Message.objects.visible_to(user).visible().select_related("room")
        message = sent.filter(author=user, nonce=frame.nonce).first()
        return message and message.take_back(user)

    def _react(self, user, frame: React) -> Message:
        return self._message(user, frame.id).react(user, frame.emoji, frame.on)

    def _pin(self, user, frame: Pin) -> Message:
        return self._message(user, frame.id).pin(user, frame.on)

    def _vote(self, user, frame: Vote) -> Message:
        return self._message(user, frame.id).vote(user, frame.choices)

    def _close_poll(self, user, frame: ClosePoll) -> Message:
        return self._message(user, frame.id).close_poll(user)

    def _remove_preview(self, user, frame: RemovePreview) -> Message:
        return self._message(user, frame.id).remove_preview(user)

    def _forward(self, user, frame: Forward) -> Message | Held:
        room = self._room(user, frame.room)
        message = self._message(user, frame.id)
        return message.forward(user, room, knowingly=frame.knowingly, nonce=frame.nonce)

    def _save_draft(self, user, frame: SaveDraft) -> None:
        membership = self._room(user, frame.room).membership_or_error(user)
        membership.save_draft(frame.body, frame.reply_to, thread=frame.thread, by_tab=self.tab.id)

    def _mark_read(self, user, frame: MarkRead) -> None:
        self._room(user, frame.room).membership_or_error(user).read_up_to(frame.id)
        see_what_was_read(user)

    def _mark_unread(self, user, frame: MarkUnread) -> None:
        self._room(user, frame.room).membership_or_error(user).mark_unread(frame.id)

    def _caught_up(self, user, frame: Sync) -> Changes | Resync:
        room = self._room(user, frame.room)
        room.membership_or_error(user)
        return self._changes(room, frame.since, frame.ref or msgspec.UNSET)

    def _changes(self, room: Room, since: int, ref=msgspec.UNSET) -> Changes | Resync:
        messages = room.changes_since(since)
        if messages is None:
            return Resync(room=room.slug, ref=ref)
        # Up to the last of them, not to the room's revision as it was read before: between the two
        # reads more may have happened.
        revision = max([room.revision, *(message.revision for message in messages)])
        if revision > room.revision:
            room.refresh_from_db(fields=["pruned_revision", "pruned_up_to"])
        return Changes(
            room=room.slug,
            messages=[broadcasts.message_data(message) for message in messages],
            revision=revision,
            pruned_up_to=room.pruned_up_to if since < room.pruned_revision else msgspec.UNSET,
            ref=ref,
        )

    # Opening a room -----------------------------------------------------------------------------

    async def open_room(self, frame: JoinRoom):
        """Be told first, then read the state: so nothing falls between the two."""
        if frame.since is not None:
            self.sync_allowance.spend()
        room = await self.ask(self._join, frame)
        await self.tab.open_room(room)
        try:
            ack, changes = await self.ask(self._state, frame)
        except ChatError:
            self.tab.lose_room(room.pk)
            raise
        await self.answer(ack)
        if changes:
            await self.answer(changes)
        self.tab.opened(room, ack.revision)

    def _join(self, user, frame: JoinRoom) -> Room:
        room = self._room(user, frame.room)
        room.join(user)
        return room

    def _state(self, user, frame: JoinRoom) -> tuple[Ack, Changes | Resync | None]:
        room = self._room(user, frame.room)
        # Once more: it may have been lost while the tab was being added to those who are told.
        membership = room.membership_or_error(user)
        presence.enter(self.tab.entry(room.pk))
        users, count = people_here(room.pk)
        mute = room.mute_of(user) if membership.is_muted else None
        ack = Ack(
            ref=frame.ref,
            room=room.slug,
            revision=room.revision,
            about=broadcasts.room_data(room, user),
            draft=broadcasts.draft_data(membership.draft_or_none),
            muted=str(mute.refusal(user)) if mute else None,
            muted_until=mute.until if mute else None,
            users=users,
            count=count,
            members=room.members_count,
        )
        return ack, None if frame.since is None else self._changes(room, frame.since)

    # Frames out ---------------------------------------------------------------------------------

    async def answer(self, frame: ServerFrame):
        # Over the wire, which is bounded: a client that asks and does not read is cut off too.
        if not self.closed:
            answer = Frame(encode(frame))
            self.scope["wire"].write([answer], answer.data)

    async def ack(self, frame: ClientFrame, **fields):
        await self.answer(Ack(ref=frame.ref, **fields))

    async def ack_said(self, frame: SendMessage | Forward, said: Message | Held):
        if isinstance(said, Held):
            await self.ack(frame, held=True, nonce=frame.nonce)
        else:
            await self.ack(frame, id=said.pk, revision=said.revision, nonce=frame.nonce)

    async def refuse(self, error: ChatError, ref: str | None = None):
        with translation.override(self.language):
            message = str(error.message)
        await self.answer(
            Error(code=error.code, message=message, ref=ref, retry_after=error.retry_after)
        )

    async def close(self, code: int):
        if not self.closed:
            self.closed = True
            await self.scope["wire"].close(code)

    async def sign_out(self):
        await self.refuse(SignedOut())
        await self.close(CLOSE_CODES[SignedOut.code])
