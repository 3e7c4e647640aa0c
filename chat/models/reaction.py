from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.errors import NotAllowed
from chat.models.tally import tally


class Reaction(models.Model):
    """An emoji that somebody put to a message."""

    KINDS = 20  # different ones to a message

    message = models.ForeignKey("chat.Message", models.CASCADE, related_name="reactions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    emoji = models.CharField(max_length=64)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("reaction")
        verbose_name_plural = _("reactions")
        constraints = [
            models.UniqueConstraint(
                "message", "user", "emoji", name="one_reaction_of_a_kind_per_person"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.emoji} {self.user}"

    @classmethod
    def put(cls, message, user, emoji: str, on: bool) -> bool:
        """Add or take away, under the lock of the message's room; whether that changed anything."""
        mine = message.reactions.filter(user=user, emoji=emoji)
        if not on:
            return mine.delete()[0] > 0
        if mine.exists():
            return False
        kinds = {one["key"] for one in message.reaction_tally}
        if len(kinds) == cls.KINDS and emoji not in kinds:
            raise NotAllowed(
                _("There are %d different reactions already. Join one of them.") % cls.KINDS
            )
        cls.objects.create(message=message, user=user, emoji=emoji)
        return True

    @classmethod
    def tally_of(cls, message) -> list[dict]:
        return tally(message.reactions, "emoji")
