from functools import partial

from django.conf import settings
from django.core.cache import cache
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.errors import NotAllowed
from chat.models.room import Room


class Block(models.Model):
    """That one person does not want to hear from another, who is never told.

    The blocked one cannot write to the other directly nor begin a group with them. What they say
    in rooms of both is folded in the other's browser, and nobody is notified of it for them.
    """

    blocker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="blocks")
    blocked = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="blocked_by")
    created_at = models.DateTimeField(_("since"), default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("block")
        verbose_name_plural = _("blocks")
        constraints = [
            models.UniqueConstraint("blocker", "blocked", name="one_block_per_pair"),
            models.CheckConstraint(
                condition=~Q(blocker=F("blocked")), name="nobody_blocks_themselves"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.blocker} → {self.blocked}"

    @classmethod
    def ids_of(cls, user) -> list[int]:
        """Whom `user` has blocked. Kept for a minute: each page of a room asks."""
        return cache.get_or_set(cls._key(user), lambda: cls._ids(user), 60) or []

    @classmethod
    def _ids(cls, user) -> list[int]:
        return list(user.blocks.values_list("blocked", flat=True))

    @staticmethod
    def _key(user) -> str:
        return f"blocked:{user.pk}"

    @classmethod
    def put(cls, by, person) -> None:
        """Hear no more from `person`. Their conversation leaves `by`'s list. Raises NotAllowed."""
        if by == person:
            raise NotAllowed(_("You cannot block yourself."))
        with transaction.atomic():
            cls.objects.get_or_create(blocker=by, blocked=person)
            transaction.on_commit(partial(cache.delete, cls._key(by)))
            for room in Room.objects.filter(people_key=Room.key_of([by.pk, person.pk])):
                room.hide_from(by)

    @classmethod
    def lift(cls, by, person) -> None:
        cls.objects.filter(blocker=by, blocked=person).delete()
        cache.delete(cls._key(by))
