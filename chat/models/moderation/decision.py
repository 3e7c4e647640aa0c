from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import broadcasts, limits
from chat.errors import Empty, NotAllowed, NotFound, Taken
from chat.models.membership import Membership
from chat.models.moderation.why import Why, checked, clock_of


def noted(to, related_name="+"):
    """A foreign key that outlives what it points to: nothing in the log is ever changed."""
    return models.ForeignKey(
        to, models.DO_NOTHING, null=True, db_constraint=False, related_name=related_name
    )


def require_other(by, person_id: int | None) -> None:
    """Raises NotAllowed where somebody would decide about themselves."""
    if by.pk == person_id:
        raise NotAllowed(_("Others decide about you."))


class DecisionQuerySet(models.QuerySet):
    def with_names(self) -> "DecisionQuerySet":
        """Everything that showing them needs. What is gone by now is None, its name is kept."""
        return self.select_related("by", "person", "room", "message", "of").prefetch_related(
            "answers"
        )

    def about(self, person) -> "DecisionQuerySet":
        """What `person` is told of: what was decided about them, and its reversals."""
        return self.filter(person=person.pk).exclude(kind=Decision.Kind.DISMISSED)


class Decision(Why):
    """One line of the moderation log, which the database lets nobody change or delete.

    A reversal is a line of its own, `of` the one that it takes back.
    """

    class Kind(models.TextChoices):
        REMOVED = "removed", _("Message removed")
        MUTED = "muted", _("Muted")
        BANNED = "banned", _("Banned")
        ADDRESS_BANNED = "address", _("Network address banned")
        SHOWN_OUT = "shown_out", _("Taken out of the room")
        ROLE = "role", _("Role given")
        SLOWED = "slowed", _("Slow mode set")
        LOCKED = "locked", _("Room locked")
        SUSPENDED = "suspended", _("Account suspended")
        SIGNED_OUT = "signed_out", _("Signed out everywhere")
        DISMISSED = "dismissed", _("Report dismissed")
        PASSED = "passed", _("Held message let through")
        WITHHELD = "withheld", _("Held message refused")
        FILTER_ON = "filter_on", _("Filter switched on")
        FILTER_OFF = "filter_off", _("Filter switched off")
        REVERSED = "reversed", _("Taken back")
        UPHELD = "upheld", _("Appeal declined")

    APPEALABLE = (Kind.REMOVED, Kind.MUTED, Kind.BANNED, Kind.ADDRESS_BANNED, Kind.SHOWN_OUT)

    # What cannot be taken back, only decided anew.
    FINAL = (
        *(Kind.REVERSED, Kind.UPHELD, Kind.SIGNED_OUT, Kind.PASSED, Kind.WITHHELD),
        *(Kind.FILTER_ON, Kind.FILTER_OFF),
    )

    kind = models.CharField(_("what"), max_length=10, choices=Kind)
    by = noted(settings.AUTH_USER_MODEL)
    person = noted(settings.AUTH_USER_MODEL, "decisions")  # whom it concerns
    room = noted("chat.Room", "decisions")
    message = noted("chat.Message")
    of = models.ForeignKey("self", models.DO_NOTHING, null=True, related_name="answers")
    until = models.DateTimeField(_("until"), null=True)  # None: no end
    # What they were called then: `by`, `person`, `room`.
    names = models.JSONField(default=dict)
    # What else it was about, and how things were before: see the verbs.
    details = models.JSONField(default=dict)
    created_at = models.DateTimeField(_("when"), default=timezone.now)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        constraints = [
            models.UniqueConstraint(
                "of", condition=Q(kind="reversed"), name="decisions_are_reversed_once"
            ),
        ]
        indexes = [
            models.Index(fields=["room", "-id"], name="decisions_in_a_room"),
            models.Index(fields=["person", "-id"], name="decisions_about_a_person"),
        ]

    def __str__(self) -> str:
        about = self.names.get("person") or self.details.get("filter") or self.names.get("room")
        return f"{self.get_kind_display()}: {about}"

    @classmethod
    def record(
        cls, kind, by, *, room=None, person=None, message=None, of=None, until=None, report=None,
        details=None, **why,
    ) -> "Decision":  # fmt: skip
        """Write it down, tell the person concerned, and close the `report` it answers.

        Within the transaction that does what was decided. `why`: `reason` and `words`.
        """
        names = {"by": by.name, "person": person and person.name, "room": room and room.name}
        decision = cls.objects.create(
            kind=kind,
            by=by,
            person=person,
            room=room,
            message=message,
            of=of,
            until=until,
            names={role: name for role, name in names.items() if name},
            details=details or {},
            **checked(**why),
        )
        if report:
            report.settle(decision)
        if person and kind != cls.Kind.DISMISSED:
            transaction.on_commit(partial(broadcasts.decided, decision))
        return decision

    @property
    def detail(self) -> str:
        """What else is to be said of it, in a word: the role, seconds, address or filter."""
        if role := self.details.get("role"):
            return str(Membership.Role(role).label)
        if self.kind == self.Kind.SLOWED:
            return str(_("%d s") % self.details["seconds"])
        return self.details.get("mask") or self.details.get("filter", "")

    @property
    def reversal(self) -> "Decision | None":
        return next((one for one in self.answers.all() if one.kind == self.Kind.REVERSED), None)

    @property
    def may_be_reversed(self) -> bool:
        """Whether it is in force; for pages, the verb decides."""
        return not self.reversal and self.kind not in self.FINAL

    def said_to(self, person) -> str:
        """The decision in one sentence for the person concerned, with who, until when and why."""
        kind, until = self.kind, self.until
        words = TOLD_UNTIL if until else TOLD
        if self.of and kind == self.Kind.REVERSED:
            kind, until, words = self.of.kind, None, TOLD_BACK
        told = {
            "by": self.names.get("by", ""),
            "room": self.names.get("room", _("a direct conversation")),
            "until": until and clock_of(person, until),
        }
        return f"{words[kind] % told} {self.why}".strip()

    @cached_property
    def current_room(self):
        """The room, or which it has become part of; None for one that is gone, or for none."""
        return self._meta.get_field("room").related_model.objects.that_was(self.room_id)

    # Taking it back -----------------------------------------------------------------------------

    def reverse(self, by, *, report=None, **why) -> "Decision":
        """Let things be as they were before; the new line of the log.

        Raises NotAllowed for who may not, and for what is over or taken back already.
        """
        try:
            with self.holding_room() as room:
                self._require_reversible_by(by)
                self._undo(room)
                reversal = self.answer(self.Kind.REVERSED, by, report=report, **why)
                self.settle_appeal(reversal)
                return reversal
        except IntegrityError:
            raise NotAllowed(_("That was taken back already.")) from None

    def holding_room(self):
        """A transaction with its room locked, the first thing that is; None without a room."""
        return self.current_room.locked() if self.current_room else transaction.atomic()

    def settle_appeal(self, answer: "Decision") -> None:
        """Let `answer` be what came of the appeal against it, if one is open."""
        appeals = Appeal.objects.open().filter(decision=self)
        if appeals.update(answered_at=timezone.now(), answer=answer) and self.current_room:
            self.current_room.tell_moderators()

    def answer(self, kind, by, **more) -> "Decision":
        """Record a decision about this one."""
        about = {"room": self.current_room, "person": self.person, "message": self.message}
        return self.record(kind, by, of=self, **about, **more)

    def _require_reversible_by(self, by) -> None:
        require_other(by, self.person_id)
        if self.kind == self.Kind.SUSPENDED:
            self.require_suspending(by, self.person)
            return
        if self.kind == self.Kind.DISMISSED and by.has_perm("chat.change_report"):
            return
        room = self.current_room
        if room is None:
            raise NotFound
        if self.kind == self.Kind.REMOVED and by.has_perm("chat.delete_message"):
            return
        role = "owner" if self.kind == self.Kind.ROLE else "moderator"
        mine = room.require_role(by, role)
        # What an owner decided, an owner takes back.
        if mine and mine.role == "moderator" and not room.is_run_from_above_by(by, role):
            theirs = self.by and room.membership_of(self.by)
            if theirs and theirs.role == "owner":
                raise NotAllowed(_("An owner of the room decided that. Only owners take it back."))

    def _undo(self, room) -> None:
        kind = self.Kind
        match self.kind:
            case kind.ROLE | kind.SLOWED | kind.LOCKED if room.pk != self.room_id:
                raise NotAllowed(_("That is over already."))
            case kind.REMOVED:
                if self.message is None:
                    raise NotFound
                self.message.put_back(self)
            case kind.MUTED | kind.BANNED | kind.ADDRESS_BANNED:
                room.free(self)
            case kind.SHOWN_OUT:
                if room.has_place_for(self.person):
                    room.admit(self.person)
            case kind.ROLE:
                room.give_role(self.person, self.details["before"])
            case kind.SLOWED:
                room.set_slow(self.details["before"])
            case kind.LOCKED:
                room.set_lock(None)
            case kind.SUSPENDED:
                self.person.reactivate()
            case kind.DISMISSED:
                self.reports.all().reopen()
                if room:
                    room.tell_moderators()
            case _:
                raise NotAllowed(_("This cannot be taken back. Decide anew instead."))

    # People without a room ----------------------------------------------------------------------

    @classmethod
    def suspend(cls, by, person, *, report=None, **why) -> "Decision":
        """Let `person` in no more, anywhere on the site. For who may suspend people."""
        cls.require_suspending(by, person)
        with transaction.atomic():
            if not person.is_active:
                raise NotAllowed(_("%s is not let in any more already.") % person.name)
            person.deactivate()
            return cls.record(cls.Kind.SUSPENDED, by, person=person, report=report, **why)

    @classmethod
    def readmit(cls, by, person, **why) -> "Decision | None":
        """Let `person` in again; the line of the log that takes the suspension back, if it was one.

        Raises NotAllowed, or Taken when somebody has their name by now.
        """
        cls.require_suspending(by, person)
        if person.is_active:
            raise NotAllowed(_("%s can sign in.") % person.name)
        suspensions = person.decisions.filter(kind=cls.Kind.SUSPENDED)
        last = suspensions.exclude(answers__kind=cls.Kind.REVERSED).order_by("-pk").first()
        if last:
            return last.reverse(by, **why)
        person.reactivate()
        return None

    @classmethod
    def sign_out(cls, by, person, *, report=None, **why) -> "Decision":
        """End all sessions of `person`, who may sign in again. For who may suspend people."""
        cls.require_suspending(by, person)
        with transaction.atomic():
            person.sign_out_everywhere()
            return cls.record(cls.Kind.SIGNED_OUT, by, person=person, report=report, **why)

    @staticmethod
    def require_suspending(by, person) -> None:
        """Raises NotAllowed unless `by` may act on the account of `person`."""
        require_other(by, person and person.pk)
        if person is None or not by.has_perm("accounts.suspend_user"):
            raise NotAllowed
        if (person.is_staff or person.is_superuser) and not by.is_superuser:
            raise NotAllowed(_("%s runs the site as you do.") % person.name)

    # Being heard --------------------------------------------------------------------------------

    def may_be_appealed_by(self, person) -> bool:
        """Whether `person` is concerned, and has not appealed yet; for pages, the verb decides."""
        concerns = self.person_id == person.pk and self.kind in self.APPEALABLE
        return concerns and not self.reversal and not hasattr(self, "appeal")

    def appeal_by(self, person, words: str) -> "Appeal":
        """Ask for another look at it, once. Raises Empty, NotFound, Taken, TooFast or TooLong."""
        if self.person_id != person.pk or self.kind not in self.APPEALABLE:
            raise NotFound
        words = checked(words=words)["words"]
        if not words:
            raise Empty(_("Say why it should be looked at once more."))
        limits.spend("report", person.pk)
        try:
            with self.holding_room() as room:
                if self.answers.filter(kind=self.Kind.REVERSED).exists():
                    raise NotAllowed(_("That was taken back already."))
                appeal = Appeal.objects.create(decision=self, words=words)
                if room:
                    room.tell_moderators()
        except IntegrityError:
            raise Taken(_("You have appealed already. It is looked at once.")) from None
        return appeal


_K = Decision.Kind
TOLD: dict[str, Any] = {
    _K.REMOVED: _("%(by)s removed a message of yours in “%(room)s”."),
    _K.MUTED: _("%(by)s muted you in “%(room)s”: you can read, but not write."),
    _K.BANNED: _("%(by)s banned you from “%(room)s”."),
    _K.ADDRESS_BANNED: _("%(by)s banned the network you come from from “%(room)s”."),
    _K.SHOWN_OUT: _("%(by)s took you out of “%(room)s”."),
    _K.ROLE: _("%(by)s gave you another role in “%(room)s”."),
    _K.PASSED: _("%(by)s let your message in “%(room)s” through."),
    _K.WITHHELD: _("%(by)s did not let your message in “%(room)s” through."),
    _K.SUSPENDED: _("%(by)s suspended your account."),
    _K.SIGNED_OUT: _("%(by)s signed you out everywhere."),
    _K.UPHELD: _("%(by)s looked at your appeal about “%(room)s”. The decision stands."),
}
TOLD_UNTIL: dict[str, Any] = {
    _K.MUTED: _("%(by)s muted you in “%(room)s” until %(until)s: you can read, but not write."),
    _K.BANNED: _("%(by)s banned you from “%(room)s” until %(until)s."),
    _K.ADDRESS_BANNED: _(
        "%(by)s banned the network you come from from “%(room)s” until %(until)s."
    ),
}
TOLD_BACK: dict[str, Any] = {
    _K.REMOVED: _("%(by)s brought your message in “%(room)s” back."),
    _K.MUTED: _("%(by)s lifted your mute in “%(room)s”."),
    _K.BANNED: _("%(by)s lifted your ban from “%(room)s”."),
    _K.ADDRESS_BANNED: _("%(by)s lifted the ban of your network from “%(room)s”."),
    _K.SHOWN_OUT: _("%(by)s brought you back into “%(room)s”."),
    _K.ROLE: _("%(by)s gave you your former role in “%(room)s” back."),
    _K.SUSPENDED: _("%(by)s opened your account again."),
}


class AppealQuerySet(models.QuerySet):
    def open(self) -> "AppealQuerySet":
        return self.filter(answered_at=None)

    def to_be_answered_by(self, moderator) -> "AppealQuerySet":
        """Nobody answers their own."""
        return self.open().exclude(decision__person=moderator.pk)


class Appeal(models.Model):
    """What the person concerned says against a decision. There is one, and one answer."""

    decision = models.OneToOneField(Decision, models.DO_NOTHING, related_name="appeal")
    words = models.CharField(_("in their words"), max_length=500)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    answer = models.ForeignKey(Decision, models.DO_NOTHING, null=True, related_name="+")

    objects = AppealQuerySet.as_manager()

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        indexes = [models.Index("created_at", condition=Q(answered_at=None), name="open_appeals")]

    def __str__(self) -> str:
        return f"{self.decision}: {self.words[:60]}"

    def grant(self, by, **why) -> Decision:
        """Take the decision back. Raises as Decision.reverse()."""
        with self._answering() as decision:
            return decision.reverse(by, **why)

    def decline(self, by, **why) -> Decision:
        """Let the decision stand."""
        with self._answering() as decision:
            decision._require_reversible_by(by)
            if decision.reversal:
                raise NotAllowed(_("That was taken back already."))
            upheld = decision.answer(Decision.Kind.UPHELD, by, **why)
            decision.settle_appeal(upheld)
            return upheld

    @contextmanager
    def _answering(self):
        """The decision, its room locked, while this is open. Raises NotAllowed."""
        with self.decision.holding_room():
            # Locked too: of people without a room there is no other lock.
            appeal = Appeal.objects.open().select_for_update().filter(pk=self.pk).first()
            if appeal is None:
                raise NotAllowed(_("Somebody answered that already."))
            yield appeal.decision
