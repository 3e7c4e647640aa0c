from django.db import models
from django.utils.translation import gettext_lazy as _


class MessageEdit(models.Model):
    """What a message said before it was changed. Members of its room may read it."""

    KEPT = 50  # of one message; the oldest go first

    message = models.ForeignKey("chat.Message", models.CASCADE, related_name="edits")
    body = models.TextField()
    html = models.TextField()
    written_at = models.DateTimeField()

    class Meta:
        verbose_name = _("earlier text")
        verbose_name_plural = _("earlier texts")

    def __str__(self) -> str:
        return f"{self.message_id}: {self.written_at:%Y-%m-%d %H:%M}"

    @classmethod
    def keep(cls, message) -> None:
        """Keep what `message` says now, under its room's lock."""
        cls.objects.create(
            message=message,
            body=message.body,
            html=message.html,
            written_at=message.edited_at or message.created_at,
        )
        kept = message.edits.order_by("-pk").values_list("pk", flat=True)
        if superfluous := list(kept[cls.KEPT :]):
            message.edits.filter(pk__in=superfluous).delete()
