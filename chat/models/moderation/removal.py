from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.models.moderation.decision import Decision


class Removal(models.Model):
    """What a message said that a moderator removed: kept for a while, so that it can come back.

    The message itself is empty meanwhile, so nothing that shows messages can show it.
    """

    KEPT = timedelta(days=30)
    FIELDS = ("body", "html", "files", "poll", "forwarded", "pinned_at", "edited_at")

    message = models.OneToOneField("chat.Message", models.CASCADE, related_name="removal")
    decision = models.OneToOneField(Decision, models.DO_NOTHING, related_name="removal")
    body = models.TextField(_("text"), blank=True)
    html = models.TextField(blank=True)
    files = models.JSONField(default=list)
    poll = models.JSONField(null=True)
    forwarded = models.JSONField(null=True)
    pinned_at = models.DateTimeField(null=True)
    edited_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("removed message")
        verbose_name_plural = _("removed messages")

    def __str__(self) -> str:
        return f"#{self.message_id}"

    @classmethod
    def keep(cls, message, decision: Decision) -> None:
        """Keep what `message` says now, under its room's lock; its files are in quarantine."""
        said = {field: getattr(message, field) for field in cls.FIELDS}
        cls.objects.create(message=message, decision=decision, **said)
        message.attachments.update(quarantined_at=timezone.now())

    def give_back(self, message) -> None:
        """Let `message` say it again."""
        for field in self.FIELDS:
            setattr(message, field, getattr(self, field))
        message.attachments.update(quarantined_at=None)
        self.delete()

    @classmethod
    def forget_old(cls) -> None:
        """Let go for good of what was removed long ago, and of its files."""
        for removal in cls.objects.filter(created_at__lt=timezone.now() - cls.KEPT).iterator():
            with removal.message.room.locked():
                if cls.objects.filter(pk=removal.pk).exists():  # and was not given back just now
                    removal.message.attachments.release()
                    removal.message.edits.all().delete()
                    removal.delete()
