from functools import partial

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.errors import NotAllowed
from chat.models.tally import tally


class Reaction(models.Model):
    """An emoji that somebody put to a message."""

    KINDS = 20  # different ones to a message

    message = models.ForeignKey("chat.Message", models.CASCADE, related_name="reactions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="reactions")
    emoji = models.CharField(max_length=64)
    # Who wrote the message, to find what others thought of all that one said.
    to = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("reaction")
        verbose_name_plural = _("reactions")
        constraints = [
            models.UniqueConstraint(
                "message", "user", "emoji", name="one_reaction_of_a_kind_per_person"
            ),
        ]
        indexes = [models.Index(fields=["to", "-created_at"], name="reactions_to_a_person")]

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
        cls.objects.create(message=message, user=user, emoji=emoji, to_id=message.author_id)
        author = get_user_model().objects.filter(pk=message.author_id)
        transaction.on_commit(partial(author.note_activity, user))
        return True

    @classmethod
    def tally_of(cls, message) -> list[dict]:
        return tally(message.reactions, "emoji")
