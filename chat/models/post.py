from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import IntegrityError, transaction

from chat import broadcasts, markup, search, sieve
from chat.errors import Archived, NotAllowed, NotFound, TooSoon
from chat.models.held import Held
from chat.models.mention import Mention
from chat.models.message import Message
from chat.models.moderation import filter as filters
from chat.models.moderation.filter import Filter
from chat.models.moderation.report import Report
from chat.models.preview import Preview
from chat.models.thread import ThreadReader
from chat.queue import later

if TYPE_CHECKING:
    from chat.models.room import Room


@dataclass(frozen=True)
class Post:
    """What somebody is about to say in a room, as it will be kept; see Room.prepare_post()."""

    room: "Room"
    author: Any
    body: str
    html: str
    nonce: UUID | None = None
    reply_to: int | None = None
    thread: int | None = None
    attachments: Sequence[int] = ()
    poll: dict | None = None
    due_at: datetime | None = None
    forwarded: dict | None = None
    # A moderator has seen it: it is neither filtered nor made to wait for its turn.
    is_let_through: bool = False

    @cached_property
    def is_previewed(self) -> bool:
        """Whether its first link is looked at: counted once, however often it is written."""
        return Preview.granted(self.author.pk, markup.first_link(self.html, self.body))

    def write(self) -> Message | Held:
        """Say it, or have it held back.

        Raises Archived, Filtered, Locked, Muted, NotAllowed, NotFound or TooSoon.
        """
        try:
            return self.write_all([self])[0]
        except (IntegrityError, NotFound, NotAllowed, Archived, TooSoon):
            # Only now is it asked whether the nonce was used: nearly always it was not.
            if twin := self.twin_of(self.author, self.nonce):
                return twin
            raise

    @staticmethod
    def twin_of(author, nonce: UUID | None) -> Message | Held | None:
        """What `author` has said under that nonce already."""
        if nonce is None:
            return None
        said = author.messages.filter(nonce=nonce).first()
        return said or author.held_messages.filter(nonce=nonce).first()

    @staticmethod
    def write_all(posts: "Sequence[Post]") -> list[Message | Held]:
        """Say these in one room, in this order and in one transaction: all of them or none.

        Raises as write() does, and IntegrityError where a nonce was used.
        """
        with transaction.atomic():
            room = posts[0].room.locked_for({post.author.pk for post in posts})
            if room.is_direct:
                room.bring_back()
            said = [post._insert(room) for post in posts]
            room.save(update_fields=["revision", "last_message", "active_at"])
        return said

    def _insert(self, room: "Room") -> Message | Held:
        """The next message of the room, under the room's lock; or what is held back of it."""
        if self.room != room:  # but another one that has its address now
            raise NotFound
        author = self.author
        membership = room.membership_of(author) if author.pk in room.held else None
        room.require_writable_by(author, membership)
        if membership and not self.is_let_through:
            room.take_turn(membership)
        original = room.message_to_reply_to(self.reply_to)
        root = room.root_of_thread(self.thread)
        files = author.attachments.claim(self.attachments) if self.attachments else []
        caught = None
        if not self.is_let_through:
            said = partial(self._said, files)
            caught = filters.caught(room, author, room.filters_version, said)
        if caught and caught[0].action == Filter.Action.HOLD:
            return Held.keep(self, room, original, root, files, *caught)
        room.have_notices_decided()
        room.revision += 1
        message = Message.objects.create(
            room=room,
            author=author,
            body=self.body,
            html=self.html,
            nonce=self.nonce,
            revision=room.revision,
            reply_to=original,
            thread=root,
            files=[file.about() for file in files],
            poll=self.poll,
            due_at=self.due_at,
            forwarded=self.forwarded,
        )
        if files:
            message.attachments.add(*files)
        if caught:
            Report.by_filter(message, *caught)
        search.put(message)
        if not message.forwarded:  # which names people of another room
            Mention.keep(message)
        if self.is_previewed:
            later("show_preview", message.pk)
        room.active_at = message.created_at
        if not root:
            room.last_message = message
        # Robust: what goes wrong in telling of one keeps none of its neighbours untold.
        transaction.on_commit(lambda: broadcasts.message_posted(message), robust=True)
        if root:
            root.count_thread(+1)
            ThreadReader.take_part(message)
        return message

    def _said(self, files) -> sieve.Said:
        """All that filters look at, with the `files` it is sent with."""
        more = sieve.more_of([file.about() for file in files], self.poll)
        return sieve.Said.of(self.body, self.html, more)
