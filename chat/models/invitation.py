import secrets

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import limits
from chat.errors import NotAllowed
from chat.models.membership import Membership
from chat.models.room import Room


def new_token() -> str:
    return secrets.token_urlsafe(16)


class InvitationQuerySet(models.QuerySet):
    def in_force(self) -> "InvitationQuerySet":
        """Those that have not ended, be they used up or not."""
        return self.filter(
            Q(expires_at=None) | Q(expires_at__gt=timezone.now()),
            revoked_at=None,
            room__archived_at=None,
        )

    def open(self) -> "InvitationQuerySet":
        """Those that let in somebody new."""
        return self.in_force().filter(Q(max_uses=None) | Q(uses__lt=F("max_uses")))

    def open_to(self, user) -> "InvitationQuerySet":
        """Those that let `user` in, who may be nobody: also where they were let in before."""
        before = Admission.objects.filter(invitation=OuterRef("pk"), user=user.pk)
        return self.open() | self.in_force().filter(Exists(before))


class Invitation(models.Model):
    """A link that lets people into a room: for a time, for a number of people, until revoked."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="invitations")
    token = models.CharField(max_length=32, unique=True, default=new_token, editable=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    max_uses = models.PositiveIntegerField(_("for how many people"), null=True, blank=True)
    uses = models.PositiveIntegerField(_("used"), default=0, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    link: str  # the whole address, for pages; set by who knows the site's

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        constraints = [
            models.CheckConstraint(
                condition=Q(max_uses=None) | Q(uses__lte=F("max_uses")),
                name="invitations_are_not_overused",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.room} ({self.uses})"

    @classmethod
    def create(cls, room: Room, by, *, expires_at=None, max_uses=None) -> "Invitation":
        """Raises NotAllowed unless `by` is a moderator of the room."""
        room.require_role(by, Membership.Role.MODERATOR)
        return cls.objects.create(
            room=room, created_by=by, expires_at=expires_at, max_uses=max_uses
        )

    def accept(self, user) -> Membership:
        """Let `user` in and count them, once. Raises NotAllowed when the link has ended.

        The count is raised under the room's lock, so that a link for one person lets in one
        person, however many come at the same moment. Members are let through without counting.
        """
        limits.spend("join", user.pk)
        with self.room.locked() as room:
            if user.is_guest and not room.guests_allowed:
                raise NotAllowed(_("This room does not take guests. Make an account to enter."))
            membership, is_new = room.admit(user)
            if is_new:
                self._count(user)
        return membership

    def _count(self, user) -> None:
        mine = Invitation.objects.filter(pk=self.pk)
        if not mine.open_to(user).exists():
            raise NotAllowed(_("This invitation has ended. Ask for a new one."))
        if self.admissions.get_or_create(user=user)[1]:
            mine.update(uses=F("uses") + 1)

    def revoke(self, by) -> None:
        self.room.require_role(by, Membership.Role.MODERATOR)
        self.revoked_at = timezone.now()
        self.save(update_fields=["revoked_at"])


class Admission(models.Model):
    """That somebody came by an invitation. Who leaves by themselves may come by it again."""

    invitation = models.ForeignKey(Invitation, models.CASCADE, related_name="admissions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="admissions")

    class Meta:
        constraints = [
            models.UniqueConstraint("invitation", "user", name="one_admission_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.invitation}"
