from django.db import models
from django.utils.translation import gettext_lazy as _


class Draft(models.Model):
    """What somebody has begun to write in a room, to be gone on with on any of their devices.

    Not on the membership: memberships are read with every page, their drafts hardly ever.
    """

    membership = models.OneToOneField("chat.Membership", models.CASCADE, primary_key=True)
    body = models.TextField(_("text"))
    reply_to = models.ForeignKey("chat.Message", models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")

    def __str__(self) -> str:
        return str(self.membership)
