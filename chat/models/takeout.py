import secrets
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.errors import TooFast
from chat.models.notice import Notice
from chat.queue import later


class Takeout(models.Model):
    """An archive of what is somebody's here, as they asked for it; there for a while."""

    KEPT = timedelta(days=7)
    AGAIN_AFTER = timedelta(days=1)
    FAILED_AFTER = timedelta(hours=2)

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="takeout"
    )
    asked_at = models.DateTimeField()
    made_at = models.DateTimeField(null=True)
    # Its name in the storage, random; '' while it is being made.
    stored = models.CharField(max_length=100, blank=True)
    size = models.BigIntegerField(default=0)  # bytes

    class Meta:
        verbose_name = _("personal archive")
        verbose_name_plural = _("personal archives")

    def __str__(self) -> str:
        return f"{self.user}: {self.asked_at:%Y-%m-%d %H:%M}"

    @classmethod
    def of(cls, user) -> "Takeout | None":
        return cls.objects.filter(user=user.pk).first()

    @classmethod
    def ask(cls, user) -> None:
        """Have it made, instead of an older one. Raises TooFast within a day of the last time."""
        with transaction.atomic():
            get_user_model().objects.select_for_update().get(pk=user.pk)
            before = cls.of(user)
            if before and not before.may_be_asked_anew:
                raise TooFast(_("You have asked for your data today. Ask again tomorrow."))
            if before:
                before.discard()
            asked_at = timezone.now()
            cls.objects.create(user=user, asked_at=asked_at)
            later("gather", user.pk, asked_at.isoformat())

    @property
    def may_be_asked_anew(self) -> bool:
        return self.has_failed or self.asked_at < timezone.now() - self.AGAIN_AFTER

    @property
    def has_failed(self) -> bool:
        """Whether it is not to be expected any more, though the worker may still be trying."""
        return self.made_at is None and self.asked_at < timezone.now() - self.FAILED_AFTER

    @property
    def kept_until(self) -> datetime:
        return (self.made_at or timezone.now()) + self.KEPT

    @property
    def is_ready(self) -> bool:
        return bool(self.stored) and self.kept_until > timezone.now()

    def keep(self, archive: Path) -> None:
        """Be this; and tell who asked."""
        name = f"takeouts/{secrets.token_urlsafe(24)}.zip"
        with archive.open("rb") as file:
            default_storage.save(name, File(file))
        about = {"stored": name, "size": archive.stat().st_size, "made_at": timezone.now()}
        with transaction.atomic():
            mine = Takeout.objects.filter(pk=self.pk, asked_at=self.asked_at, stored="")
            is_wanted = mine.update(**about)  # not asked anew, nor made by another worker
            if is_wanted:
                Notice.tell_of_takeout(self.user)
        if not is_wanted:
            default_storage.delete(name)

    def discard(self) -> None:
        stored = self.stored
        self.delete()
        if stored:
            transaction.on_commit(lambda: default_storage.delete(stored))

    @classmethod
    def forget_all(cls) -> None:
        """Backups know of them, but do not hold them."""
        for takeout in cls.objects.iterator():
            takeout.discard()

    @classmethod
    def expire(cls) -> None:
        """Let go of those that were there long enough."""
        for takeout in cls.objects.filter(asked_at__lt=timezone.now() - cls.KEPT).iterator():
            if not takeout.is_ready:
                takeout.discard()
