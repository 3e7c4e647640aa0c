from datetime import UTC, datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.errors import Banned, Muted
from chat.models.moderation.decision import Decision
from chat.models.moderation.why import clock_of

# An end that does not come, where a column has to say that something is so at all.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class RestraintQuerySet(models.QuerySet):
    def in_force(self) -> "RestraintQuerySet":
        """Those that have not ended: the time ends them, nobody has to."""
        return self.filter(Q(until=None) | Q(until__gt=timezone.now()))

    def on(self, user) -> "RestraintQuerySet":
        """What holds for `user` now, by who they are or, for guests, by where they came from."""
        theirs = Q(person=user.pk)
        if user.is_guest and user.address_key:
            theirs |= Q(address=user.address_key)
        return self.filter(theirs).in_force()

    def bans(self) -> "RestraintQuerySet":
        return self.exclude(kind=Restraint.Kind.MUTE)


class Restraint(models.Model):
    """What is in force in a room: somebody may not write (a mute) or may not be in it (a ban).

    It outlives their leaving. While they are a member, `Membership.muted_until` says the same, so
    that a post needs no look-up here. Why, and by whom, is in the log.
    """

    class Kind(models.TextChoices):
        MUTE = "mute", _("Muted")
        BAN = "ban", _("Banned")
        ADDRESS = "address", _("Network address banned")

    room = models.ForeignKey("chat.Room", models.CASCADE, related_name="restraints")
    kind = models.CharField(max_length=10, choices=Kind)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="restraints"
    )
    # Of a guest, as accounts.addresses.fingerprint() has it.
    address = models.CharField(max_length=32, blank=True, db_index=True)
    until = models.DateTimeField(_("until"), null=True)  # None: no end
    decision = models.ForeignKey(Decision, models.DO_NOTHING, related_name="restraints")

    objects = RestraintQuerySet.as_manager()

    class Meta:
        verbose_name = _("mute or ban")
        verbose_name_plural = _("mutes and bans")
        constraints = [
            models.UniqueConstraint(
                "room", "person", "kind", condition=Q(address=""), name="restrained_once_by_name"
            ),
            models.UniqueConstraint(
                "room", "address", condition=~Q(address=""), name="restrained_once_by_address"
            ),
            models.CheckConstraint(
                condition=Q(kind="address", person=None) & ~Q(address="")
                | ~Q(kind="address") & Q(person__isnull=False, address=""),
                name="restraints_are_of_a_person_or_an_address",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.person or self.decision.details.get('mask')}"

    @property
    def lasts(self) -> datetime:
        """`until`, for columns in which None means that nothing is in force."""
        return self.until or NEVER

    def refusal(self, person) -> Muted | Banned:
        """What `person` is told when it stands in their way, by their own clock."""
        decision = self.decision
        told = {
            "until": self.until and clock_of(person, self.until),
            "by": decision.names.get("by", ""),
            "why": f" ({decision.why})" if decision.why else "",
        }
        if self.kind == self.Kind.MUTE:
            if self.until:
                return Muted(
                    _("You cannot write here until %(until)s. %(by)s muted you.%(why)s") % told
                )
            return Muted(_("You cannot write here any more. %(by)s muted you.%(why)s") % told)
        if self.until:
            return Banned(
                _("You cannot enter this room until %(until)s. %(by)s banned you.%(why)s") % told
            )
        return Banned(_("You cannot enter this room any more. %(by)s banned you.%(why)s") % told)
