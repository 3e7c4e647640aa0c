from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import broadcasts, limits, markup, search, sieve
from chat.errors import Empty, FromPrivate, Invalid, NotAllowed, NotFound, TooLong
from chat.models.edit import MessageEdit
from chat.models.held import Held
from chat.models.mention import Mention
from chat.models.moderation import filter as filters
from chat.models.moderation.decision import Decision
from chat.models.moderation.removal import Removal
from chat.models.moderation.report import Report
from chat.models.poll import Vote, is_closed
from chat.models.preview import Preview
from chat.models.reaction import Reaction
from chat.protocol import MAX_FRAME_BYTES
from chat.queue import later


class MessageQuerySet(models.QuerySet):
    def visible_to(self, user) -> "MessageQuerySet":
        """Messages of the rooms that `user` is a member of."""
        return self.filter(room__memberships__user=user.pk)

    def open_to_moderator(self, user) -> "MessageQuerySet":
        """What `user` may read who moderates the site: what was said in public, and what somebody
        reported. What was said around that, see Report.context().
        """
        there = self.filter(taken_back_at=None)
        if user.has_perm("chat.read_private"):
            return there
        reported = Report.objects.filter(message__isnull=False).values("message")
        return there.filter(Q(room__kind="public") | Q(pk__in=reported))

    def visible(self) -> "MessageQuerySet":
        return self.filter(deleted_at=None)

    def in_main(self) -> "MessageQuerySet":
        """What is said in the room itself, and not in a thread."""
        return self.filter(thread=None)

    def pinned(self) -> "MessageQuerySet":
        """What is on the board of the room, the newest first."""
        return self.filter(pinned_at__isnull=False).order_by("-pinned_at")

    def with_author(self) -> "MessageQuerySet":
        """Everything that showing a message needs, in one query."""
        return self.select_related("author", "room", "reply_to__author")

    def page(self, *, before=None, after=None, around=None) -> "Page":
        """At most 50 messages next to the one with that id; without an id, the newest.

        Found by their neighbours' ids, in either direction, never by counting: the thousandth page
        costs what the first does.
        """
        # Not by joins: fifty messages have a few authors, and making each anew costs more.
        there = self.filter(taken_back_at=None)
        messages: MessageQuerySet = there.prefetch_related("author", "reply_to__author")
        if around is not None:
            up_to_it = messages.page(before=around + 1)
            after_it = messages.page(after=around)
            half = Page.SIZE // 2
            return Page(
                up_to_it.messages[-half:] + after_it.messages[:half],
                has_older=up_to_it.has_older or len(up_to_it.messages) > half,
                has_newer=after_it.has_newer or len(after_it.messages) > half,
            )
        if after is not None:
            found = list(messages.filter(pk__gt=after).order_by("pk")[: Page.SIZE + 1])
            return Page(found[: Page.SIZE], has_older=True, has_newer=len(found) > Page.SIZE)
        older = messages if before is None else messages.filter(pk__lt=before)
        found = list(older.order_by("-pk")[: Page.SIZE + 1])
        return Page(
            found[: Page.SIZE][::-1],
            has_older=len(found) > Page.SIZE,
            has_newer=before is not None,
        )


@dataclass
class Page:
    """A piece of a room's history, oldest first."""

    SIZE: ClassVar[int] = 50

    messages: "list[Message]"
    has_older: bool
    has_newer: bool


class Message(models.Model):
    """What somebody said: the text as written, and its HTML, made once when it was written.

    A deleted message stays as a tombstone without text, so that `sync` can tell of the deletion.
    """

    BODY_LENGTH = 10_000
    MOST_FILES = 10
    MOST_PINS = 100  # in a room
    # A slip of the pen that is mended at once is nobody's business.
    GRACE = timedelta(seconds=60)
    # What was sent can be undone: browsers offer it for ten seconds, the rest is for the way.
    UNDONE_WITHIN = timedelta(seconds=15)
    # What catching up may bring at once, in messages and in characters of text and HTML.
    CHANGES_LIMIT, CHANGES_LENGTH = 200, 100_000

    room = models.ForeignKey("chat.Room", models.CASCADE, related_name="messages")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="messages")
    body = models.TextField(_("text"), blank=True)
    html = models.TextField(blank=True, editable=False)
    # Made by the client, so that a post that is sent twice is one message.
    nonce = models.UUIDField(null=True, blank=True, editable=False)
    revision = models.BigIntegerField(editable=False)
    reply_to = models.ForeignKey(
        "self", models.SET_NULL, null=True, blank=True, related_name="replies"
    )
    # The message under which a side conversation goes on, on what is said there.
    thread = models.ForeignKey(
        "self", models.CASCADE, null=True, blank=True, related_name="+", db_index=False
    )
    # Of the message that has one: how many messages, the newest one's id, and its time.
    thread_count = models.PositiveIntegerField(default=0, editable=False)
    thread_last = models.BigIntegerField(default=0, editable=False)
    thread_at = models.DateTimeField(null=True, editable=False)
    # Made anew with each reaction, so that showing a message costs no query for them: see tally().
    reaction_tally = models.JSONField(default=list, editable=False)
    # What its files look like, see Attachment.about(): to show a message no other table is read.
    files = models.JSONField(default=list, blank=True, editable=False)
    poll = models.JSONField(null=True, blank=True, editable=False)  # see new_poll()
    forwarded = models.JSONField(null=True, blank=True, editable=False)  # see origin_of()
    # Of its first link, with its `url`: see Preview.about. Empty: its author wants none.
    preview = models.JSONField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)
    # When a scheduled message should have been sent, where that was later.
    due_at = models.DateTimeField(null=True, blank=True, editable=False)
    pinned_at = models.DateTimeField(_("pinned"), null=True, blank=True, editable=False)
    edited_at = models.DateTimeField(_("edited"), null=True, blank=True, editable=False)
    deleted_at = models.DateTimeField(_("deleted"), null=True, blank=True, editable=False)
    # By a moderator: the `id` of the decision, and who they are called, `by`.
    removed = models.JSONField(null=True, blank=True, editable=False)
    # Deleted right after it was sent: then nothing is shown in its place.
    taken_back_at = models.DateTimeField(null=True, editable=False)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        permissions = [("read_private", _("Can read private rooms without being a member"))]
        constraints = [
            models.UniqueConstraint("room", "revision", name="one_message_per_room_revision"),
            models.UniqueConstraint("author", "nonce", name="one_message_per_nonce"),
        ]
        indexes = [
            models.Index(
                fields=["room", "id"],
                condition=models.Q(thread__isnull=True),
                name="messages_in_order",
            ),
            models.Index(
                fields=["thread", "id"],
                condition=models.Q(thread__isnull=False),
                name="threads_in_order",
            ),
            models.Index(fields=["created_at"], name="messages_by_time"),
            models.Index(
                fields=["room", "pinned_at"],
                condition=models.Q(pinned_at__isnull=False),
                name="pinned_messages",
            ),
        ]

    def __str__(self) -> str:
        return markup.excerpt(self.body, 60)

    @property
    def place(self) -> str:
        """The address of the conversation it was said in: the room, or a thread."""
        return self.room.address(thread=self.thread_id)

    @property
    def address(self) -> str:
        """Where it stands among what was said around it."""
        return self.room.address(thread=self.thread_id, around=self.pk)

    @property
    def excerpt(self) -> str:
        """One line of plain text, or what its files show or are called; empty for a deleted one."""
        names = ", ".join(file.get("description") or file["name"] for file in self.files)
        return markup.excerpt(self.html) or markup.shortened(names)

    @property
    def is_only_emoji(self) -> bool:
        return markup.is_only_emoji(self.body)

    @property
    def link(self) -> str:
        """The address that a preview is shown of, or ''."""
        return markup.first_link(self.html, self.body)

    @classmethod
    def limits(cls) -> dict[str, int]:
        """What clients have to keep to: `body` in characters, `frame` and `file` in bytes."""
        return {
            "body": cls.BODY_LENGTH,
            "frame": MAX_FRAME_BYTES,
            "file": settings.MAX_FILE_BYTES,
            "files": cls.MOST_FILES,
        }

    @classmethod
    def readable(cls, body: str, *, files: int = 0) -> str:
        """`body` as it will be kept, beside so many files. Raises Empty, or TooLong with the number
        to cut.
        """
        if files > cls.MOST_FILES:
            raise TooLong(_("A message has at most %d files.") % cls.MOST_FILES)
        text = markup.clean(body)
        if not text and not files:
            raise Empty
        if len(text) > cls.BODY_LENGTH:
            raise TooLong(
                _("A message has at most %(limit)d characters; this one has %(length)d.")
                % {"limit": cls.BODY_LENGTH, "length": len(text)}
            )
        return text

    def edit(self, by, body: str) -> "Message":
        """Change the text of one's own message. Raises as Room.post() does, or NotAllowed.

        What it said before is kept for the members, but not what its author mends at once, before
        anybody took it up.
        """
        text = self.readable(body, files=len(self.files))
        html = markup.render(text, Mention.people_in(self.room, self.author, text))
        limits.spend("edit", by.pk)
        with self._locked() as message:
            is_mine = message.author_id == by.pk
            if not is_mine and not by.has_perm("chat.change_message"):
                raise NotAllowed(_("Only its author can edit a message."))
            message.room.require_writable_by(by, message.room.membership_of(by))
            if message.forwarded is not None:
                raise NotAllowed(_("What somebody else said cannot be changed."))
            if text == message.body:
                return message
            more = sieve.more_of(message.files, message.poll)
            said = partial(sieve.Said.of, text, html, more)
            caught = filters.caught(message.room, by, filters.version_now(), said, change=True)
            now = timezone.now()
            if not is_mine or now - message.created_at > self.GRACE or message._is_taken_up():
                MessageEdit.keep(message)
                message.edited_at = now
            message._take_revision()
            before, link_before = message.html, message.link
            message.body, message.html = text, html
            Mention.keep(message, before)
            if message.link != link_before:
                message._show_no_preview(None)
                Preview.ask_for(message)
            message.save(update_fields=["body", "html", "edited_at", "revision", "preview"])
            if caught:
                Report.by_filter(message, *caught)
            search.put(message)
        return message

    def describe(self, by, picture) -> None:
        """Show the new `description` of one's own `picture` in it. Raises as edit() does.

        That leaves no mark: the words and the picture, which others answered, are what they were.
        """
        with self._locked() as message:
            message._require_taking_part(by)
            if message.author_id != by.pk:
                raise NotAllowed(_("Only its author can edit a message."))
            if message.forwarded is not None:
                raise NotAllowed(_("What somebody else said cannot be changed."))
            said = partial(sieve.Said, picture.description)
            caught = filters.caught(message.room, by, filters.version_now(), said, change=True)
            about = picture.about()
            message.files = [about if one["id"] == picture.pk else one for one in message.files]
            message._take_revision()
            message.save(update_fields=["files", "revision"])
            message.attachments.filter(pk=picture.pk).update(description=picture.description)
            if caught:
                Report.by_filter(message, *caught)
            search.put(message)

    def _is_taken_up(self) -> bool:
        """Whether others reacted, voted or answered: on what they did so stays to be seen."""
        has_voters = self.poll is not None and self.poll["voters"] > 0
        is_answered = self.thread_count > 0 or self.replies.exists()
        return bool(self.reaction_tally) or has_voters or is_answered

    def remove(self, by, *, report=None, **why) -> "Message":
        """Delete one's own message; or as a moderator of the room or the site anybody's, for
        a `reason` and in `words`, which closes what was reported of it and can be reversed.
        """
        is_mine = self.author_id == by.pk
        if not is_mine and not by.has_perm("chat.delete_message"):
            self.room.require_role(by, "moderator")
        with self._changing() as message:
            if is_mine:
                message._discard()
            else:
                about = {"room": message.room, "person": message.author, "message": message}
                decision = Decision.record(Decision.Kind.REMOVED, by, **about, report=report, **why)
                Removal.keep(message, decision)
                message.removed = {"id": decision.pk, "by": by.name}
                if message.reports.settle(decision):
                    message.room.tell_moderators()
            message._become_tombstone()
        return message

    def take_back(self, by) -> "Message":
        """Undo that this was sent, as long as it is new: it goes without a trace, unless somebody
        has begun a thread under it. Its files are its author's again, who may send them anew.

        Raises NotAllowed for what others wrote, and when it is too late.
        """
        with self._locked() as message:
            if message.author_id != by.pk:
                raise NotAllowed
            if timezone.now() - message.created_at > self.UNDONE_WITHIN:
                raise NotAllowed(_("It is too late to undo this. It can still be deleted."))
            if message.files:
                # As if they had just come: what waits for long unsent is swept away.
                message.attachments.update(message=None, created_at=timezone.now())
                message.files = []
            if not message.thread_count:
                message.taken_back_at = timezone.now()
            message._take_revision()
            message._discard()
            message._become_tombstone()
        return message

    def _discard(self) -> None:
        """Let go of what others added to it, and of its files."""
        if self.files:
            self.attachments.release()
        for more in (self.reactions, self.edits, self.votes):
            more.all().delete()

    def _become_tombstone(self) -> None:
        self.body, self.html, self.files = "", "", []
        self.deleted_at, self.pinned_at, self.reaction_tally = timezone.now(), None, []
        self.poll = self.forwarded = None
        self._show_no_preview(None)
        self.mentions.all().delete()
        self.save()
        search.drop(self)
        self._settle_counts(-1)

    def restore(self, by, **why) -> Decision:
        """Let what a moderator removed be said again. Raises NotAllowed or NotFound."""
        removal = Removal.objects.filter(message=self.pk).select_related("decision").first()
        if removal is None:
            raise NotFound
        return removal.decision.reverse(by, **why)

    def put_back(self, decision: Decision) -> None:
        """What restore() does once it is allowed; for Decision.reverse()."""
        with self.room.locked() as room:
            gone = room.messages.with_author().filter(pk=self.pk, removal__decision=decision)
            message = gone.select_related("removal").first()
            if message is None:
                raise NotFound(_("What this message said is not kept any more."))
            message.room = room
            message.removal.give_back(message)
            message.deleted_at, message.removed = None, None
            message.reaction_tally = Reaction.tally_of(message)
            if message.poll:
                message.poll = Vote.count(message)
            message._take_revision()
            message.save()
            search.put(message)
            if not message.forwarded:
                Mention.keep(message)
            Preview.ask_for(message)
            message._settle_counts(+1)

    def _settle_counts(self, more: int) -> None:
        """What the room and the thread know of their newest, after this one came or went."""
        room = self.room
        if not self.thread_id:
            room.last_message = room.messages.visible().in_main().order_by("-pk").first()
            room.save(update_fields=["last_message"])
        else:
            self._root().count_thread(more)

    def pin(self, by, on: bool = True) -> "Message":
        """Put this message on the room's board, or take it off. For who moderates the room, and
        for everybody in a direct conversation. Raises Archived, NotAllowed, NotFound or TooFast.
        """
        if not self.room.is_direct:
            self.room.require_role(by, "moderator")
        limits.spend("edit", by.pk)
        with self._locked() as message:
            if message.room.is_direct:
                message._require_taking_part(by)
            else:
                message.room.require_writable_by(by, message.room.membership_of(by))
            if on == (message.pinned_at is not None):
                return message
            if on and message.room.messages.pinned().count() >= self.MOST_PINS:
                raise NotAllowed(
                    _("%d messages are pinned already. Unpin one first.") % self.MOST_PINS
                )
            message.pinned_at = timezone.now() if on else None
            message._take_revision()
            message.save(update_fields=["pinned_at", "revision"])
        return message

    def react(self, by, emoji: str, on: bool = True) -> "Message":
        """Put an emoji to this message, or take one's own back; what is so already stays as it is.

        Raises Archived, Invalid, NotAllowed, NotFound or TooFast.
        """
        sign = markup.one_emoji(emoji)
        if sign is None:
            raise Invalid(_("That is not an emoji."))
        limits.spend("react", by.pk)
        with self._locked() as message:
            message._require_taking_part(by)
            if Reaction.put(message, by, sign, on):
                message.reaction_tally = Reaction.tally_of(message)
                message._take_revision(broadcasts.message_reacted)
                message.save(update_fields=["reaction_tally", "revision"])
        return message

    def vote(self, by, choices: list[int]) -> "Message":
        """Let these be one's choices in the poll, by their places; with none one takes back one's
        vote. Raises Archived, Invalid, NotAllowed, NotFound or TooFast.
        """
        limits.spend("react", by.pk)
        with self._locked() as message:
            message._require_taking_part(by)
            if message.poll is None:
                raise NotFound
            if Vote.cast(message, by, choices):
                message.poll = Vote.count(message)
                message._take_revision(broadcasts.message_reacted)
                message.save(update_fields=["poll", "revision"])
        return message

    def close_poll(self, by) -> "Message":
        """End the poll now: for who asked, and who moderates the room. Raises as vote() does."""
        if self.author_id != by.pk:
            self.room.require_role(by, "moderator")
        with self._locked() as message:
            message._require_taking_part(by)
            if message.poll is None:
                raise NotFound
            if not is_closed(message.poll):
                message.poll |= {"closes_at": timezone.now().isoformat()}
                message._take_revision()
                message.save(update_fields=["poll", "revision"])
        return message

    def show_preview(self) -> None:
        """Show what the page behind the link says of itself, fetched now if nobody has today."""
        if self.preview is not None or not (link := self.link):
            return
        preview = Preview.of(link)
        if preview is None:
            later("show_preview", self.pk, at=timezone.now() + Preview.LOOK_AGAIN)
        elif preview.about:
            with self._locked() as message:
                if message.preview is None and message.link == link:
                    message.preview = preview.about | {"url": link}
                    message.previews.add(preview)
                    message._take_revision()
                    message.save(update_fields=["preview", "revision"])

    def remove_preview(self, by) -> "Message":
        """Show no preview of the link in one's own message any more.

        Raises Archived, NotAllowed or NotFound.
        """
        with self._locked() as message:
            message._require_taking_part(by)
            if message.author_id != by.pk:
                raise NotAllowed
            if message.preview:
                message._show_no_preview({})
                message._take_revision()
                message.save(update_fields=["preview", "revision"])
        return message

    def _show_no_preview(self, instead: dict | None) -> None:
        if self.preview:
            self.previews.clear()
        self.preview = instead

    def forward(self, by, room, *, knowingly: bool = False, nonce=None) -> "Message | Held":
        """Say this again in another `room` of `by`. Gives the message there, or what waits there.

        Out of a private room only `knowingly`: raises FromPrivate before. Raises NotAllowed for a
        poll, and as Room.take_forwarded() and Room.post() do.
        """
        self.room.membership_or_error(by)
        if self.poll:
            raise NotAllowed(_("A poll stays where it was asked. Send a link to it instead."))
        if self.room.kind != self.room.Kind.PUBLIC and not knowingly:
            raise FromPrivate
        return room.take_forwarded(by, self, nonce=nonce)

    @contextmanager
    def _changing(self):
        """This message read afresh under its room's lock, with the next revision; then told."""
        with self._locked() as message:
            message._take_revision()
            yield message

    @contextmanager
    def _locked(self):
        """This message read afresh under its room's lock. Raises NotFound for a deleted one."""
        with self.room.locked() as room:
            message = room.messages.with_author().visible().filter(pk=self.pk).first()
            if message is None:
                raise NotFound
            message.room = room
            yield message

    def _take_revision(self, tell=broadcasts.message_changed) -> None:
        """The room's next, under its lock; the change is told when it is committed."""
        self.room.revision += 1
        self.room.save(update_fields=["revision"])
        self.revision = self.room.revision
        transaction.on_commit(partial(tell, self))

    def quote_nothing(self) -> None:
        """What this message answered is gone for good. Under the room's lock."""
        self._take_revision()
        self.save(update_fields=["revision"])

    def _root(self) -> "Message":
        """The message whose thread this is said in, under the room's lock."""
        root = Message.objects.with_author().get(pk=self.thread_id)
        root.room = self.room
        return root

    def count_thread(self, more: int) -> None:
        """Tell under this message what has become of its thread. Under the room's lock."""
        last = Message.objects.visible().filter(thread=self.pk).order_by("-pk").first()
        self.thread_count += more
        self.thread_last, self.thread_at = (last.pk, last.created_at) if last else (0, None)
        self._take_revision()
        self.save(update_fields=["thread_count", "thread_last", "thread_at", "revision"])

    def recount_thread(self) -> None:
        """As count_thread(), whatever was counted before."""
        self.thread_count = Message.objects.visible().filter(thread=self.pk).count()
        self.count_thread(0)

    def recount_reactions(self) -> None:
        """Show the reactions that there are. Under the room's lock."""
        self.reaction_tally = Reaction.tally_of(self)
        self._take_revision()
        self.save(update_fields=["reaction_tally", "revision"])

    def _require_taking_part(self, user) -> None:
        """Raises NotFound for who is not a member now, and Archived."""
        self.room.require_writable_by(user, self.room.membership_or_error(user))
