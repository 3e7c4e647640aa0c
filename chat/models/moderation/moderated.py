from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import broadcasts
from chat.errors import Invalid, Locked, NotAllowed, NotFound, TooSoon
from chat.models.membership import Membership
from chat.models.moderation.decision import (
    Appeal,
    Decision,
    DecisionQuerySet,
    require_other,
)
from chat.models.moderation.restraint import Restraint
from chat.models.moderation.why import in_time


class Moderated:
    """The facet of Room that keeps the peace: what moderators decide there.

    All of these are for who moderates the room or runs it from above, take `reason` and `words`,
    and the open `report` that they answer; each gives the line of the log. They raise Invalid,
    NotAllowed, NotFound or TooLong.
    """

    MOST_SLOW = 3600  # seconds

    objects: Any
    pk: Any
    kind: str
    slow_seconds: int
    locked_at: datetime | None
    lock_words: str
    waiting: int
    memberships: Any
    messages: Any
    decisions: Any
    former_addresses: Any
    guests_allowed: bool
    # Verbs of Room.
    admit: Any
    locked: Any
    require_role: Any
    is_run_from_above_by: Any
    membership_of: Any
    save: Any
    _drop: Any
    require_owner_beside: Any
    restraints: Any
    reports: Any
    held_messages: Any

    # People -------------------------------------------------------------------------------------

    def mute(self, by, person, *, until: datetime | None = None, **why) -> Decision:
        """Let `person` read here, but not write, react or vote; without `until` for good."""
        with self._deciding(by, person) as room:
            decision = room._restrain(by, person, Restraint.Kind.MUTE, until, **why)
            lasts = decision.restraints.get().lasts
            room.memberships.filter(user=person).update(muted_until=lasts)
        return decision

    def ban(self, by, person, *, until: datetime | None = None, **why) -> Decision:
        """Show `person` out and let them neither in nor read here; without `until` for good."""
        with self._deciding(by, person) as room:
            was_member = room.let_go(person)
            details = {"was_member": was_member}
            return room._restrain(by, person, Restraint.Kind.BAN, until, details=details, **why)

    def ban_address(self, by, guest, *, until: datetime, **why) -> Decision:
        """Let no guest in who comes from where `guest` came from; those who are here leave.

        For a time only: addresses change hands. Accounts are banned by name.
        """
        if not (guest.is_guest and guest.address_key):
            raise NotAllowed(_("Only guests can be banned by their network address."))
        if until is None:
            raise Invalid(_("Say until when. Addresses change hands."))
        with self._deciding(by, guest) as room:
            same = room.memberships.filter(
                user__is_guest=True, user__address_key=guest.address_key, role="member"
            )
            gone = [membership.user for membership in same.select_related("user")]
            room._drop(same)
            details = {"mask": guest.address_mask, "guests": [person.pk for person in gone]}
            decision = room._restrain(
                by, guest, Restraint.Kind.ADDRESS, until, details=details, **why
            )
            for other in gone:
                if other != guest:
                    transaction.on_commit(partial(broadcasts.decided, decision, other))
            return decision

    def free(self, decision: Decision) -> None:
        """End what `decision` put in force, under the lock; for Decision.reverse(). Who was shown
        out is back.
        """
        restraint = self.restraints.in_force().filter(decision=decision).first()
        if restraint is None:
            raise NotAllowed(_("That is over already."))
        restraint.delete()
        if restraint.kind == Restraint.Kind.MUTE:
            self.memberships.filter(user=restraint.person_id).update(muted_until=None)
        elif decision.details.get("was_member") and self.has_place_for(decision.person):
            self.admit(decision.person)

    def has_place_for(self, person) -> bool:
        return person.is_active and (self.guests_allowed or not person.is_guest)

    @contextmanager
    def _deciding(self, by, person):
        """The room, locked, where `by` may decide about `person`."""
        with self.locked() as room:
            mine = room.require_role(by, Membership.Role.MODERATOR)
            require_other(by, person.pk)
            if not room.may_decide(by, mine, room.membership_of(person)):
                raise NotAllowed(_("You cannot decide about somebody who runs the room as you do."))
            yield room

    def may_decide(self, by, mine: Membership | None, theirs: Membership | None) -> bool:
        """Whether `by` may decide about another, whose membership is `theirs` as `mine` is that
        of `by`. For pages too; the verbs ask again.
        """
        if self.is_run_from_above_by(by, Membership.Role.MODERATOR):
            return True
        if mine is None or not mine.is_at_least(Membership.Role.MODERATOR):
            return False
        return theirs is None or mine.outranks(theirs)

    def _restrain(self, by, person, kind, until, **more) -> Decision:
        decision = Decision.record(
            RECORDED[kind], by, room=self, person=person, until=in_time(until), **more
        )
        is_address = kind == Restraint.Kind.ADDRESS
        whom = {"address": person.address_key} if is_address else {"person": person}
        terms = {"until": until, "decision": decision}
        self.restraints.update_or_create(**whom, kind=kind, defaults=terms)
        return decision

    def let_go(self, person) -> bool:
        """End the membership of `person`; whether there was one. Raises NotAllowed for the last
        owner. A link that is used up does not bring them back.
        """
        self.require_owner_beside(person)
        theirs = self.memberships.filter(user=person)
        was_member = theirs.exists()
        if was_member:
            self._drop(theirs)
        person.admissions.filter(invitation__room=self).delete()
        return was_member

    # The room -----------------------------------------------------------------------------------

    def slow_down(self, by, seconds: int, **why) -> Decision:
        """Let each member write once in that many seconds; 0 lets them go on as ever."""
        self.require_role(by, Membership.Role.MODERATOR)
        if not 0 <= seconds <= self.MOST_SLOW:
            raise Invalid(_("Slow mode waits for an hour at most."))
        with self.locked() as room:
            details = {"seconds": seconds, "before": room.slow_seconds}
            room.set_slow(seconds)
            self.slow_seconds = seconds
            return Decision.record(Decision.Kind.SLOWED, by, room=room, details=details, **why)

    def lock(self, by, **why) -> Decision:
        """Let only those write who moderate, until unlock()."""
        self.require_role(by, Membership.Role.MODERATOR)
        with self.locked() as room:
            if room.locked_at:
                raise NotAllowed(_("The room is locked already."))
            decision = Decision.record(Decision.Kind.LOCKED, by, room=room, **why)
            room.set_lock(timezone.now(), decision.words)
            self.locked_at, self.lock_words = room.locked_at, room.lock_words
            return decision

    def unlock(self, by, **why) -> Decision:
        """Let everybody write again."""
        locked = self.decisions.filter(kind=Decision.Kind.LOCKED).order_by("-pk").first()
        if locked is None or not self.locked_at:
            raise NotAllowed(_("The room is not locked."))
        undone = locked.reverse(by, **why)
        self.locked_at, self.lock_words = None, ""
        return undone

    def set_slow(self, seconds: int) -> None:
        self.slow_seconds = seconds
        self._save_and_tell("slow_seconds")

    def set_lock(self, when: datetime | None, words: str = "") -> None:
        self.locked_at, self.lock_words = when, words
        self._save_and_tell("locked_at", "lock_words")

    def _save_and_tell(self, *fields: str) -> None:
        self.save(update_fields=fields)
        transaction.on_commit(lambda: broadcasts.room_changed(self))

    @property
    def log(self) -> DecisionQuerySet:
        """What was decided here, and in the rooms that have become part of this one."""
        became = self.former_addresses.exclude(was=None).values_list("was", flat=True)
        # The number alone: filtered by the room, only those would be found whose room is there.
        decisions = Decision.objects.alias(room_was=F("room_id"))
        return decisions.filter(room_was__in=[self.pk, *became])

    # What a member meets ------------------------------------------------------------------------

    def require_voice(self, membership: Membership) -> None:
        """Raises Muted or Locked where `membership` does not let its person write here now."""
        if membership.is_muted:
            raise self.mute_of(membership.user).refusal(membership.user)
        if membership.muted_until:
            membership.muted_until = None  # it is over: nobody has to ask again
            membership.save(update_fields=["muted_until"])
        if self.locked_at and membership.role == Membership.Role.MEMBER:
            raise Locked(self.lock_said)

    def mute_of(self, user) -> Restraint:
        """The mute in force that `user` has here. Raises NotFound."""
        mutes = self.restraints.on(user).filter(kind=Restraint.Kind.MUTE)
        if mute := mutes.select_related("decision").first():
            return mute
        raise NotFound

    @property
    def lock_said(self) -> str:
        if self.lock_words:
            return _("This room is locked for now: %s") % self.lock_words
        return str(Locked.message)

    def take_turn(self, membership: Membership) -> None:
        """Count a message in slow mode, under the room's lock. Raises TooSoon."""
        if not self.is_slow_for(membership):
            return
        if wait := self.wait_of(membership):
            raise TooSoon.after(wait)
        membership.spoke_at = timezone.now()
        membership.save(update_fields=["spoke_at"])

    def is_slow_for(self, membership: Membership | None) -> bool:
        """Whether who has that `membership`, or will have one, must wait between two messages."""
        is_member = membership is None or membership.role == Membership.Role.MEMBER
        return self.slow_seconds > 0 and is_member

    def wait_of(self, membership: Membership | None) -> float:
        """Seconds until they may write again, in slow mode."""
        if membership is None or membership.spoke_at is None:
            return 0.0
        since = timezone.now() - membership.spoke_at
        return max(0.0, self.slow_seconds - since.total_seconds())

    def terms_for(self, user) -> dict[str, datetime | None]:
        """With what a new membership of `user` begins, as leaving ends nothing. Raises Banned."""
        found = {one.kind: one for one in self.restraints.on(user).select_related("decision")}
        mute = found.pop(Restraint.Kind.MUTE, None)
        for ban in found.values():
            raise ban.refusal(user)
        terms: dict[str, datetime | None] = {"muted_until": mute.lasts if mute else None}
        if self.slow_seconds:
            last = self.messages.filter(author=user).order_by("-pk").first()
            terms["spoke_at"] = last.created_at if last else None
        return terms

    def tell_moderators(self) -> None:
        """How many reports and appeals wait for them, after one came or was decided."""
        people = self._who_waits()
        type(self).objects.filter(pk=self.pk).update(waiting=len(people))
        moderators = self.memberships.exclude(role=Membership.Role.MEMBER)
        for moderator in moderators.values_list("user", flat=True):
            count = len(people) - people.count(moderator)  # nobody decides about themselves
            transaction.on_commit(partial(broadcasts.reported, self, moderator, count))

    def waiting_for(self, moderator) -> int:
        """How many reports and appeals `moderator` can decide here."""
        return sum(pk != moderator.pk for pk in self._who_waits()) if self.waiting else 0

    def _who_waits(self) -> list[int]:
        """The ids of the people whom the open reports and appeals, and what is held, concern."""
        appeals = Appeal.objects.open().filter(decision__in=self.log)
        return [
            *self.reports.open().values_list("person", flat=True),
            *self.held_messages.waiting().values_list("author", flat=True),
            *appeals.values_list("decision__person", flat=True),
        ]


RECORDED = {
    Restraint.Kind.MUTE: Decision.Kind.MUTED,
    Restraint.Kind.BAN: Decision.Kind.BANNED,
    Restraint.Kind.ADDRESS: Decision.Kind.ADDRESS_BANNED,
}
