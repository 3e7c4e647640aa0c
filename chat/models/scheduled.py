import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from chat import limits
from chat.errors import ChatError, Invalid, NotFound, SignedOut, TooFast, TooLong
from chat.models.held import Held
from chat.models.message import Message
from chat.models.room import Room
from chat.queue import TryLater, later

LATE = timedelta(minutes=1)
FURTHEST = timedelta(days=366)


def due(when: datetime) -> datetime:
    """`when`, as long as it is to come, and within a year. Raises Invalid."""
    if not timezone.now() < when < timezone.now() + FURTHEST:
        raise Invalid(_("Choose a moment to come, within a year."))
    return when


class ScheduledQuerySet(models.QuerySet["Scheduled"]):
    def to_send(self) -> "ScheduledQuerySet":
        """With all that posting needs, and locked: nobody changes what is just being said."""
        return self.select_related("room", "author", "reply_to").select_for_update(of=("self",))


class Scheduled(models.Model):
    """A message that is sent at a chosen time. If nobody works then it is sent later, and says so.

    It is posted under its own nonce, so once, however often it is tried; then it is gone from here.
    What the room does not take stays, with the reason.
    """

    MOST = 100  # per person

    room = models.ForeignKey(Room, models.CASCADE, related_name="scheduled")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="scheduled")
    body = models.TextField(_("text"), blank=True)
    # Under which it is said, if in a thread.
    thread = models.ForeignKey(Message, models.CASCADE, null=True, related_name="+")
    reply_to = models.ForeignKey(Message, models.SET_NULL, null=True, related_name="+")
    files = models.JSONField(default=list, editable=False)  # the ids of `attachments`, in order
    nonce = models.UUIDField(default=uuid.uuid4, editable=False)
    due_at = models.DateTimeField(_("when"), db_index=True)
    refused = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScheduledQuerySet.as_manager()

    class Meta:
        verbose_name = _("scheduled message")
        verbose_name_plural = _("scheduled messages")

    def __str__(self) -> str:
        return f"{self.author} in {self.room}"

    @classmethod
    def create(
        cls,
        room: Room,
        author,
        body: str,
        when: datetime,
        *,
        reply_to: int | None = None,
        thread: int | None = None,
        attachments: Sequence[int] = (),
    ) -> "Scheduled":
        """Takes and raises what Room.post() does, and Invalid for a time that is not to come."""
        room.membership_or_error(author)
        scheduled = cls(
            room=room,
            author=author,
            reply_to=room.message_to_reply_to(reply_to),
            thread=room.root_of_thread(thread),
            files=list(attachments),
        )
        with transaction.atomic():
            if author.scheduled.count() >= cls.MOST:
                raise TooLong(_("You can have at most %d messages waiting.") % cls.MOST)
            scheduled.change(body, when)
            scheduled.attachments.set(author.attachments.claim(attachments))
        return scheduled

    def change(self, body: str, when: datetime) -> None:
        """Say something else, or at another time.

        Raises Empty, Invalid, NotFound when it has been sent, TooFast or TooLong.
        """
        limits.spend("later", self.author_id)
        self.body, self.refused = Message.readable(body, files=len(self.files)), ""
        self.due_at = due(when)
        with transaction.atomic():
            if self.pk:
                self._locked()
            self.save()
            later("send_scheduled", self.pk, at=self.due_at)

    def cancel(self) -> None:
        """Raises NotFound when it has been sent."""
        with transaction.atomic():
            waiting = self._locked()
            waiting.attachments.release()
            waiting.delete()

    def send_now(self) -> Message | Held:
        """Raises as Room.post() does."""
        with transaction.atomic():
            return self._locked()._post(late_since=None)

    def _locked(self) -> "Scheduled":
        """As it is now, and stays until the transaction ends. Raises NotFound when it was sent."""
        if fresh := Scheduled.objects.to_send().filter(pk=self.pk).first():
            return fresh
        raise NotFound(_("It has been sent already."))

    # In the background --------------------------------------------------------------------------

    @classmethod
    def send(cls, pk: int) -> None:
        """Send it if it is due: it may have been put off or cancelled since this was asked for."""
        with transaction.atomic():
            ready = cls.objects.to_send().filter(due_at__lte=timezone.now(), refused="")
            if scheduled := ready.filter(pk=pk).first():
                scheduled._send()

    def _send(self) -> None:
        is_late = timezone.now() - self.due_at > LATE
        try:
            self._post(late_since=self.due_at if is_late else None)
        except TooFast as error:
            raise TryLater("too fast", error.retry_after or 0.0) from error
        except ChatError as error:
            with translation.override(self.author.language or settings.LANGUAGE_CODE):
                self.refused = str(error.message)[:300]
            self.save(update_fields=["refused"])

    def _post(self, late_since: datetime | None) -> Message | Held:
        if not self.author.is_active:
            raise SignedOut
        with transaction.atomic():
            # Free to be sent; where the room refuses, this is as if it had not been.
            self.attachments.update(scheduled=None)
            message = self.room.post(
                self.author,
                self.body,
                nonce=self.nonce,
                reply_to=self.reply_to_id,
                thread=self.thread_id,
                attachments=self.files,
                due_at=late_since,
            )
            self.delete()
        return message

    @classmethod
    def ask_for_overdue(cls) -> None:
        """Ask once more for those whose task was given up: none is ever dropped."""
        overdue = cls.objects.filter(due_at__lt=timezone.now() - 5 * LATE, refused="")
        for pk in overdue.values_list("pk", flat=True):
            later("send_scheduled", pk)
