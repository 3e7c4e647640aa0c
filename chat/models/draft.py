from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Begun(models.Model):
    """What somebody has begun to write, to be gone on with on any of their devices."""

    body = models.TextField(_("text"))
    reply_to = models.ForeignKey("chat.Message", models.SET_NULL, null=True, related_name="+")

    class Meta:
        abstract = True


class Draft(Begun):
    """In a room. Not on the membership: that is read with every page, a draft hardly ever."""

    membership = models.OneToOneField("chat.Membership", models.CASCADE, primary_key=True)

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")

    def __str__(self) -> str:
        return str(self.membership)


class ThreadDraft(Begun):
    """In the thread under `root`, of which its writer need not be a reader yet."""

    root = models.ForeignKey("chat.Message", models.CASCADE, related_name="drafts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")

    class Meta:
        verbose_name = _("draft in a thread")
        verbose_name_plural = _("drafts in threads")
        constraints = [
            models.UniqueConstraint("root", "user", name="one_draft_per_person_and_thread"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.root}"
