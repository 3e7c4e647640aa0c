from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import limits
from chat.errors import NotFound, TooLong
from chat.models.message import Message
from chat.models.notice import Notice
from chat.models.scheduled import LATE, due
from chat.queue import later


class Reminder(models.Model):
    """A message that somebody wants to be told of once more. It stays in their list until they
    take it off.
    """

    MOST = 200  # per person

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reminders")
    message = models.ForeignKey(Message, models.CASCADE, related_name="reminders")
    due_at = models.DateTimeField(_("when"), db_index=True)
    told_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        constraints = [
            models.UniqueConstraint("user", "message", name="one_reminder_per_person_and_message"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.message}"

    @classmethod
    def set(cls, user, message: Message, when: datetime) -> "Reminder":
        """Remind `user` of `message` at that time, and at no other.

        Raises Invalid, NotFound, TooFast or TooLong.
        """
        message.room.membership_or_error(user)
        if message.deleted_at:
            raise NotFound
        limits.spend("later", user.pk)
        with transaction.atomic():
            if user.reminders.count() >= cls.MOST:
                raise TooLong(_("You can have at most %d reminders.") % cls.MOST)
            reminder, _is_new = cls.objects.update_or_create(
                user=user, message=message, defaults={"due_at": due(when), "told_at": None}
            )
            later("remind", reminder.pk, at=reminder.due_at)
        return reminder

    @property
    def was_late(self) -> bool:
        """Whether nobody was at work when it was due."""
        return self.told_at is not None and self.told_at - self.due_at > LATE

    @classmethod
    def tell(cls, pk: int) -> None:
        """Remind, if it is due and not done: the first to note that it is done does it."""
        now = timezone.now()
        waiting = cls.objects.filter(pk=pk, told_at=None, due_at__lte=now)
        with transaction.atomic():
            if waiting.update(told_at=now):
                reminder = cls.objects.select_related("user").get(pk=pk)
                message = Message.objects.with_author().get(pk=reminder.message_id)
                Notice.remind(reminder.user, message)

    @classmethod
    def ask_for_overdue(cls) -> None:
        """Ask once more for those whose task was given up."""
        overdue = cls.objects.filter(told_at=None, due_at__lt=timezone.now() - timedelta(minutes=5))
        for pk in overdue.values_list("pk", flat=True):
            later("remind", pk)
