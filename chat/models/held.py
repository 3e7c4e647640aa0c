import uuid
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import markup, sieve
from chat.errors import Archived, NotAllowed, NotFound, TooLong
from chat.models.membership import Membership
from chat.models.moderation.decision import Decision, noted, require_other
from chat.models.moderation.filter import Filter

if TYPE_CHECKING:
    from chat.models.message import Message


class HeldQuerySet(models.QuerySet["Held"]):
    def waiting(self) -> "HeldQuerySet":
        return self.filter(refused_at=None)

    def to_be_decided_by(self, moderator) -> "HeldQuerySet":
        """Nobody decides about themselves."""
        return self.waiting().exclude(author=moderator.pk)


class Held(models.Model):
    """What somebody said and a filter holds back until a moderator has seen it.

    Let through, it is a message like any other, under the nonce it was sent with, and gone from
    here. What is not let through stays for a while, for nobody but its author.
    """

    MOST = 50  # of one person
    KEPT = timedelta(days=30)  # after it was refused

    room = models.ForeignKey(
        "chat.Room", models.CASCADE, related_name="held_messages", verbose_name=_("room")
    )
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="held_messages",
        verbose_name=_("author"),
    )
    # As chat.Post has them.
    body = models.TextField(_("text"), blank=True)
    html = models.TextField(blank=True)
    nonce = models.UUIDField(default=uuid.uuid4, editable=False)
    reply_to = models.ForeignKey("chat.Message", models.SET_NULL, null=True, related_name="+")
    thread = models.ForeignKey("chat.Message", models.CASCADE, null=True, related_name="+")
    files = models.JSONField(default=list)  # the ids of `attachments`, in order
    poll = models.JSONField(null=True)
    forwarded = models.JSONField(null=True)

    filter = models.ForeignKey(
        Filter, models.SET_NULL, null=True, related_name="held", verbose_name=_("filter")
    )
    found = models.CharField(_("because of"), max_length=100, blank=True)
    created_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)
    refused_at = models.DateTimeField(_("refused"), null=True, editable=False)
    decision = noted(Decision)

    objects = HeldQuerySet.as_manager()

    class Meta:
        verbose_name = _("held message")
        verbose_name_plural = _("held messages")
        constraints = [
            models.UniqueConstraint("author", "nonce", name="held_once_per_nonce"),
        ]

    def __str__(self) -> str:
        return self.excerpt

    @property
    def excerpt(self) -> str:
        """One line of plain text, or what its files are called."""
        names = ", ".join(file.name for file in self.attachments.all())
        return markup.excerpt(self.html) or markup.shortened(names)

    @property
    def beside(self) -> list[str]:
        """What it says beside its text, by its files and the choices of its poll."""
        files = [file.about() for file in self.attachments.all()]
        return [said for said in sieve.more_of(files, self.poll) if said]

    @property
    def place(self) -> str:
        """The address of the conversation it was said in: the room, or a thread."""
        return self.room.address(thread=self.thread_id)

    @classmethod
    def keep(cls, post, room, original, root, files, found: Filter, said) -> "Held":
        """Hold back `post`, with the files that it claimed; under the lock of `room`."""
        author = post.author
        if author.held_messages.waiting().count() >= cls.MOST:
            raise TooLong(_("You can have at most %d messages waiting.") % cls.MOST)
        held = cls.objects.create(
            room=room,
            author=author,
            body=post.body,
            html=post.html,
            nonce=post.nonce or uuid.uuid4(),
            reply_to=original,
            thread=root,
            files=[file.pk for file in files],
            poll=post.poll,
            forwarded=post.forwarded,
            filter=found,
            found=found.sieve.found_in(said),
        )
        held.attachments.set(files)
        held._mark()
        room.tell_moderators()
        return held

    def _mark(self) -> None:
        """Let the membership say whether there is anything to show, so that no page has to ask."""
        theirs = self.room.held_messages.filter(author=self.author_id)
        mine = Membership.objects.filter(room=self.room_id, user=self.author_id)
        mine.update(has_held=theirs.exists())

    # Deciding -----------------------------------------------------------------------------------

    def let_through(self, by, **why) -> "Message":
        """Say it now, as its author would have. For who moderates its room, or the site.

        Raises NotAllowed, also where its author cannot write there now: then it goes on waiting.
        """
        with self.room.locked() as room:
            held = self._to_be_decided(by, room)
            held.attachments.update(held=None)
            try:
                if not held.author.is_active:
                    raise NotAllowed
                message = room.post_held(held)
            except (Archived, NotAllowed, NotFound):
                name = held.author.name
                raise NotAllowed(
                    _("%s cannot write there now. The message goes on waiting.") % name
                ) from None
            about = {"room": room, "person": held.author, "message": message}
            Decision.record(Decision.Kind.PASSED, by, **about, **why)
            held._end()
        return message

    def refuse(self, by, **why) -> Decision:
        """Do not let it be said: its author is told why, and keeps the text for a while."""
        with self.room.locked() as room:
            held = self._to_be_decided(by, room)
            about = {"room": room, "person": held.author}
            decision = Decision.record(Decision.Kind.WITHHELD, by, **about, **why)
            held.refused_at, held.decision = timezone.now(), decision
            held.save(update_fields=["refused_at", "decision"])
            room.tell_moderators()
        return decision

    def _to_be_decided(self, by, room) -> "Held":
        """It as it is now, locked with its room."""
        require_other(by, self.author_id)
        if not (by.has_perm("chat.change_held") or room.is_moderated_by(by)):
            raise NotAllowed
        waiting = room.held_messages.waiting().select_related("author", "reply_to")
        if held := waiting.filter(pk=self.pk).first():
            held.room = room
            return held
        raise NotAllowed(_("Somebody decided that already."))

    def withdraw(self) -> None:
        """For its author: let it wait no more, or be done with what was refused."""
        with self.room.locked() as room:
            if held := room.held_messages.filter(pk=self.pk).first():
                held.room = room
                held.attachments.release()
                held._end()

    def _end(self) -> None:
        self.delete()
        self._mark()
        self.room.tell_moderators()

    @classmethod
    def forget_old(cls) -> None:
        """Let go of what was refused long ago."""
        long_ago = timezone.now() - cls.KEPT
        for held in cls.objects.filter(refused_at__lt=long_ago).select_related("room"):
            with transaction.atomic():
                held.withdraw()
