from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from chat import broadcasts, limits
from chat.errors import NotAllowed, NotFound
from chat.models.membership import Membership
from chat.models.moderation.decision import Decision


class Joining:
    """The facet of Room that has people in it: who comes and goes, and who runs it."""

    objects: Any
    pk: Any
    memberships: Any
    restraints: Any
    is_direct: Any
    guests_allowed: bool
    last_message_id: int | None
    locked: Any
    hide_from: Any
    terms_for: Any
    _deciding: Any

    def membership_of(self, user) -> Membership | None:
        return self.memberships.filter(user=user.pk).first()

    def membership_or_error(self, user) -> Membership:
        """Raises NotFound for somebody who is not a member."""
        if membership := self.membership_of(user):
            return membership
        raise NotFound

    def require_role(self, user, role: str) -> Membership | None:
        """Raises NotAllowed unless `user` has at least `role` here, or runs the whole site.

        A direct conversation is run by nobody.
        """
        if self.is_direct:
            raise NotAllowed
        membership = self.membership_of(user)
        if (membership and membership.is_at_least(role)) or self.is_run_from_above_by(user, role):
            return membership
        raise NotAllowed

    def is_moderated_by(self, user) -> bool:
        """Whether require_role() lets them do what moderators do."""
        try:
            self.require_role(user, Membership.Role.MODERATOR)
        except NotAllowed:
            return False
        return True

    @staticmethod
    def is_run_from_above_by(user, role: str = Membership.Role.OWNER) -> bool:
        """Whether `user` runs this room like any other, as if they had that role there: a
        superuser, or staff given that right.
        """
        is_moderator = role != Membership.Role.OWNER and user.has_perm("chat.moderate_room")
        return is_moderator or user.has_perm("chat.change_room")

    def join(self, user) -> Membership:
        """Walk in. Raises NotFound where `user` may not, or TooFast."""
        if membership := self.membership_of(user):
            return membership
        limits.spend("join", user.pk)
        with self.locked() as room:  # it may be closing at this moment
            if not room.takes(user):
                raise NotFound
            return room.admit(user)[0]

    def leave(self, user) -> None:
        """Walk out; of a direct conversation, until the next message.

        Raises NotAllowed for the last owner, who first hands the room on.
        """
        if self.is_direct:
            self.hide_from(user)
            return
        with self.locked() as room:
            if room._is_only_owner(user):
                raise NotAllowed(
                    _("You are the only owner. Make somebody else an owner first, or archive it.")
                )
            room._drop(room.memberships.filter(user=user))

    def add_member(self, by, user, role="member") -> Membership:
        """Bring somebody in, whether they asked or not. Only owners may. Raises NotAllowed."""
        self.require_role(by, Membership.Role.OWNER)
        if user.is_guest and not self.guests_allowed:
            raise NotAllowed(_("This room does not take guests."))
        if user.is_guest and role != Membership.Role.MEMBER:
            raise NotAllowed(_("A guest cannot run a room."))
        if self.restraints.on(user).bans().exists():
            raise NotAllowed(_("%s is banned from this room. Lift the ban first.") % user.name)
        return self.admit(user, role)[0]

    def remove_member(self, by, user, **why) -> Decision:
        """Show somebody out, who may come back. A moderator may remove members, an owner everybody
        else.
        """
        with self._deciding(by, user) as room:
            if not room.let_go(user):
                raise NotFound
            return Decision.record(Decision.Kind.SHOWN_OUT, by, room=room, person=user, **why)

    def set_role(self, by, user, role: str) -> None:
        """Make a member owner, moderator or plain member. Only owners may; one always stays."""
        self.require_role(by, Membership.Role.OWNER)
        if user.is_guest and role != Membership.Role.MEMBER:
            raise NotAllowed(_("A guest cannot run a room."))
        with self.locked() as room:
            before = room.membership_or_error(user).role
            if before == role:
                return
            room.give_role(user, role)
            details = {"role": role, "before": before}
            Decision.record(Decision.Kind.ROLE, by, room=room, person=user, details=details)

    def give_role(self, user, role: str) -> None:
        """For set_role() and what takes it back, under the room's lock. One owner always stays."""
        if role != Membership.Role.OWNER:
            self.require_owner_beside(user)
        if not self.memberships.filter(user=user).update(role=role):
            raise NotFound
        transaction.on_commit(lambda: broadcasts.room_changed(self))

    def require_owner_beside(self, user) -> None:
        """Raises NotAllowed where `user` is the only owner."""
        if self._is_only_owner(user):
            raise NotAllowed(_("A room needs an owner. Make somebody else one first."))

    def _is_only_owner(self, user) -> bool:
        owners = self.memberships.filter(role=Membership.Role.OWNER).values_list("user", flat=True)
        return list(owners) == [user.pk]

    def admit(self, user, role=Membership.Role.MEMBER) -> tuple[Membership, bool]:
        """Make `user` a member, whoever asks; and whether they were none before. Raises Banned.

        For join() and Invitation.accept(), which know whether they may.
        """
        if membership := self.membership_of(user):
            return membership, False
        terms = self.terms_for(user)
        with transaction.atomic():
            membership, is_new = self.memberships.get_or_create(
                user=user,
                # What was said before one came is history, not news.
                defaults={"role": role, "last_read": self.last_message_id or 0, **terms},
            )
            if is_new:
                type(self).objects.filter(pk=self.pk).update(members_count=F("members_count") + 1)
                transaction.on_commit(lambda: broadcasts.membership_gained(self, user))
                transaction.on_commit(partial(broadcasts.members_changed, self.pk))
        return membership, is_new

    def _drop(self, memberships) -> None:
        gone = list(memberships.select_related("user"))
        memberships.delete()
        type(self).objects.filter(pk=self.pk).update(members_count=F("members_count") - len(gone))
        transaction.on_commit(partial(broadcasts.members_changed, self.pk))
        for membership in gone:
            transaction.on_commit(partial(broadcasts.membership_lost, self, membership.user))
