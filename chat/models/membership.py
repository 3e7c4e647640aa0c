from functools import partial
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import broadcasts
from chat.errors import NotFound
from chat.models.draft import Draft, ThreadDraft
from chat.models.mention import Mention
from chat.models.thread import ThreadReader


class Membership(models.Model):
    class Role(models.TextChoices):
        OWNER = "owner", _("Owner")
        MODERATOR = "moderator", _("Moderator")
        MEMBER = "member", _("Member")

    class Level(models.TextChoices):
        """Of what a member is told who is not looking."""

        EVERYTHING = "everything", _("Everything")
        MENTIONS = "mentions", _("Mentions")
        NOTHING = "nothing", _("Nothing")

    RANKS: ClassVar[dict[str, int]] = {Role.MEMBER: 0, Role.MODERATOR: 1, Role.OWNER: 2}

    room = models.ForeignKey("chat.Room", models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MEMBER)
    level = models.CharField(_("notices"), max_length=10, choices=Level, default=Level.MENTIONS)
    # The id of the newest message seen. Not a foreign key: pruning must not touch every member.
    last_read = models.BigIntegerField(default=0, editable=False)
    # The newest message that names them; only behind it is it worth counting what mentions them.
    named_up_to = models.BigIntegerField(default=0, editable=False)
    # Until when they may only read; Restraint says why. None: they may write.
    muted_until = models.DateTimeField(null=True, editable=False)
    # When they last wrote while the room was in slow mode.
    spoke_at = models.DateTimeField(null=True, editable=False)
    # Off the person's list until the next message; of direct conversations only.
    is_hidden = models.BooleanField(default=False, editable=False)
    has_draft = models.BooleanField(default=False, editable=False)
    # Whether something of theirs is held back here, or was refused: see Held.
    has_held = models.BooleanField(default=False, editable=False)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint("room", "user", name="one_membership_per_person_and_room"),
        ]
        indexes = [
            # Who is told of every message, among ten thousand who are not.
            models.Index("room", condition=models.Q(level="everything"), name="told_everything"),
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.room}"

    @classmethod
    def read_with(cls, room, user_id: int) -> "Membership":
        """Somebody's in a room of Room.objects.sidebar_for(), from what that read along.

        What else is asked of it is read then.
        """
        known = ["role", "last_read", "named_up_to", "has_draft", "has_held"]
        values = [room.mine, room.pk, user_id, *(getattr(room, name) for name in known)]
        membership = cls.from_db(room._state.db, ["id", "room_id", "user_id", *known], values)
        membership.room = room
        return membership

    def is_at_least(self, role: str) -> bool:
        return self.RANKS[self.role] >= self.RANKS[role]

    @property
    def is_muted(self) -> bool:
        return self.muted_until is not None and self.muted_until > timezone.now()

    @property
    def may_pin(self) -> bool:
        """Whether this person fills the room's board: who moderates, or two among equals."""
        return self.room.is_direct or self.is_at_least(self.Role.MODERATOR)

    @property
    def may_call_everybody(self) -> bool:
        """Whether this person's @room means everybody in it."""
        callers = self.room.callers
        if callers == self.room.Callers.MODERATORS:
            return self.is_at_least(self.Role.MODERATOR)
        return callers == self.room.Callers.EVERYONE

    def outranks(self, other: "Membership") -> bool:
        return self.RANKS[self.role] > self.RANKS[other.role] or self.role == self.Role.OWNER

    @property
    def level_here(self) -> str:
        """What they are told of, in words: of what is written to them alone it is everything."""
        is_all = self.room.is_direct and self.level != self.Level.NOTHING
        return str(self.Level.EVERYTHING.label if is_all else self.get_level_display())

    def set_level(self, level: str) -> None:
        """Choose what to be told of from now on."""
        self.level = level
        self.save(update_fields=["level"])

    @property
    def draft_or_none(self) -> Draft | None:
        if not self.has_draft:
            return None
        drafts = Draft.objects.select_related("reply_to__author")
        return drafts.filter(membership=self.pk).first()

    def draft_in(self, thread: int) -> ThreadDraft | None:
        """What they are writing under the message `thread`."""
        drafts = ThreadDraft.objects.select_related("reply_to__author")
        return drafts.filter(root=thread, root__room=self.room_id, user=self.user_id).first()

    def save_draft(
        self,
        body: str,
        reply_to: int | None = None,
        *,
        thread: int | None = None,
        by_tab: str = "",
    ) -> None:
        """Keep what this person is writing here, or under the message `thread`, in answer to the
        message `reply_to` if it is still there; nothing but blanks means that they are done. The
        last one to save wins.

        Their tabs are told, but not the one `by_tab`. Raises NotFound for no such thread.
        """
        body = body.replace("\0", "")  # which PostgreSQL does not keep
        is_kept = bool(body.strip())
        messages, draft = self.room.messages, None
        kind: Any = ThreadDraft if thread else Draft
        with transaction.atomic():
            if thread is None:
                place = {"membership_id": self.pk}
                # First, as it also locks: two tabs that save at once do so one after the other.
                Membership.objects.filter(pk=self.pk).update(has_draft=is_kept)
            else:
                place = {"root_id": thread, "user_id": self.user_id}
                if not messages.in_main().filter(pk=thread).exists():
                    raise NotFound
            if is_kept:
                original = messages.visible().filter(pk=reply_to).first()
                draft = kind(**place, body=body, reply_to=original)
                kind.objects.bulk_create(
                    [draft],
                    update_conflicts=True,
                    unique_fields=[*place],
                    update_fields=["body", "reply_to"],
                )
            else:
                kind.objects.filter(**place).delete()
            told = partial(broadcasts.draft_saved, self.room, self.user_id, draft, by_tab, thread)
            transaction.on_commit(told)

    def add_to_draft(self, other: Draft) -> None:
        """Keep what they began to write elsewhere below what they are writing here."""
        mine = self.draft_or_none
        words = [draft.body for draft in (mine, other) if draft]
        reply_to = (mine and mine.reply_to_id) or other.reply_to_id
        self.save_draft("\n\n".join(words), reply_to)

    def read_up_to(self, message_id: int) -> None:
        """Move the read mark forward to a visible message of this room; never back.

        A message of a thread moves the mark of that thread.
        """
        found = self.room.messages.visible().filter(pk=message_id)
        threads = found.values_list("thread", flat=True)
        if not threads:
            raise NotFound
        if root_id := threads[0]:
            ThreadReader.read_up_to(self.room, self.user_id, root_id, message_id)
            return
        moved = Membership.objects.filter(pk=self.pk, last_read__lt=message_id)
        if moved.update(last_read=message_id):
            self._tell_how_far(message_id)

    def mark_unread(self, message_id: int) -> None:
        """Let that message and what follows it be unread. Raises NotFound."""
        here = self.room.messages.visible().filter(pk=message_id, thread=None)
        if not here.exists():
            raise NotFound
        Membership.objects.filter(pk=self.pk).update(last_read=message_id - 1)
        self._tell_how_far(message_id - 1, back=True)

    def _tell_how_far(self, message_id: int, back: bool = False) -> None:
        unread = (self.room.last_message_id or 0) > message_id
        mentions = Mention.objects.unread_by(self.user, [self.room]) if unread else {}
        more = {"back": back, "unread": unread, "mentions": mentions.get(self.room_id, 0)}
        read = partial(broadcasts.read, self.room, self.user_id, message_id, **more)
        transaction.on_commit(read)
