from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.db.models import Count, Exists, Min, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import limits
from chat.errors import Invalid, NotAllowed, NotFound, Taken
from chat.models.moderation.decision import Decision, noted, require_other
from chat.models.moderation.why import LENGTH, Why, checked


class ReportQuerySet(models.QuerySet):
    def open(self) -> "ReportQuerySet":
        return self.filter(decided_at=None)

    def to_be_decided_by(self, moderator) -> "ReportQuerySet":
        """Nobody decides about themselves."""
        return self.open().exclude(person=moderator.pk)

    def with_names(self) -> "ReportQuerySet":
        return self.select_related("reporter", "person", "message__author", "room")

    def first_of_each(self) -> "ReportQuerySet":
        """Of those about the same thing the oldest, which stands for all of them."""
        things = self.order_by().values("message", "person", "room")
        return self.filter(pk__in=things.annotate(first=Min("pk")).values("first"))

    def counts_of(self, reports) -> dict[tuple, int]:
        """How many there are about the `thing` of each of `reports`."""
        about = self.filter(person__in={report.person_id for report in reports}).order_by()
        counted = about.values_list("message", "person", "room").annotate(Count("pk"))
        return {tuple(thing): count for *thing, count in counted}

    def settle(self, decision: Decision) -> int:
        """Let `decision` be the answer to those of these that are open; how many that were."""
        return self.open().update(decided_at=timezone.now(), decision=decision)

    def reopen(self) -> None:
        """Let those of these wait again whose reporter has not reported the same anew."""
        anew = Report.objects.open().filter(reporter=OuterRef("reporter"))
        of_message = Exists(anew.filter(message=OuterRef("message")))
        of_person = Exists(anew.filter(message=None, person=OuterRef("person")))
        closed = self.exclude(of_message).exclude(of_person, message=None)
        closed.update(decided_at=None, decision=None)


class Report(Why):
    """That somebody finds a message, or a person, not right. Open until somebody decides."""

    AROUND = 3  # messages before it, and as many after it

    # Where it happened; None: the person was reported from their page.
    room = models.ForeignKey("chat.Room", models.CASCADE, null=True, related_name="reports")
    message = models.ForeignKey("chat.Message", models.CASCADE, null=True, related_name="reports")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="reports_about",
        verbose_name=_("about"),
    )
    reporter = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        null=True,
        related_name="reports",
        verbose_name=_("reporter"),
    )
    # Without a reporter: what the site reports by itself.
    filter = models.ForeignKey(
        "chat.Filter", models.SET_NULL, null=True, related_name="reports", verbose_name=_("filter")
    )
    # What the message said then: its author may change it, or take it back.
    text = models.TextField(_("text"), blank=True)
    created_at = models.DateTimeField(_("reported"), default=timezone.now, editable=False)
    decided_at = models.DateTimeField(_("decided"), null=True, editable=False)
    decision = noted(Decision, "reports")

    objects = ReportQuerySet.as_manager()

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        constraints = [
            models.UniqueConstraint(
                "reporter",
                "message",
                condition=Q(decided_at=None, message__isnull=False),
                name="one_open_report_per_message",
            ),
            models.UniqueConstraint(
                "reporter",
                "person",
                condition=Q(decided_at=None, message=None),
                name="one_open_report_per_person",
            ),
        ]
        indexes = [
            models.Index(fields=["room", "id"], condition=Q(decided_at=None), name="open_reports"),
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.person}"

    @classmethod
    def file(cls, by, *, message=None, person=None, room=None, **why) -> "Report":
        """Report a `message`, or a `person`, perhaps for what they did in `room`.

        Raises Invalid, NotAllowed, NotFound for what `by` cannot see, Taken while their report of
        the same is open, or TooFast.
        """
        why = checked(**why)
        if not why["reason"]:
            raise Invalid(_("Choose what is wrong with it."))
        if message:
            room, person = message.room, message.author
            if message.deleted_at:
                raise NotFound
        if room and not type(room).objects.visible_to(by).filter(pk=room.pk).exists():
            raise NotFound
        if person == by:
            raise NotAllowed(_("You cannot report yourself."))
        limits.spend("report", by.pk)
        text = message.body or message.excerpt if message else ""
        about = {"room": room, "message": message, "person": person, "text": text}
        try:
            with transaction.atomic():
                report = cls.objects.create(reporter=by, **about, **why)
        except IntegrityError:
            raise Taken(_("You have reported this already. Somebody will look at it.")) from None
        if room:
            room.tell_moderators()
        return report

    @classmethod
    def by_filter(cls, message, found, said) -> None:
        """The site's own report of what a filter caught in a `message`, unless one is open.

        Within the transaction that writes the message, under its room's lock.
        """
        if message.reports.open().filter(reporter=None).exists():
            return
        about = {"room": message.room, "message": message, "person": message.author}
        words = f"{found.name}: {found.sieve.found_in(said)}"[:LENGTH]
        text = message.body or message.excerpt
        cls.objects.create(filter=found, text=text, reason=found.reason, words=words, **about)
        message.room.tell_moderators()

    @property
    def reported_by(self) -> str:
        """The name of who reported it."""
        return self.reporter.name if self.reporter else str(_("Filter of the site"))

    @property
    def thing(self) -> tuple:
        """What it is about, by ids."""
        return self.message_id, self.person_id, self.room_id

    @property
    def twins(self) -> "ReportQuerySet":
        """All reports of the same, this one among them."""
        if self.message_id:
            return Report.objects.filter(message=self.message_id)
        return Report.objects.filter(message=None, person=self.person_id, room=self.room_id)

    def context(self) -> list:
        """The reported message, whatever has become of it, and what was said just before and after
        it, in order: of a private conversation a moderator reads that much.
        """
        if self.message is None or self.room is None:
            return []
        said = self.room.messages.filter(taken_back_at=None, thread=self.message.thread_id)
        said = said.select_related("author")
        before = said.filter(pk__lt=self.message_id).order_by("-pk")[: self.AROUND]
        after = said.filter(pk__gt=self.message_id).order_by("pk")[: self.AROUND]
        return [*reversed(before), self.message, *after]

    def settle(self, decision: Decision) -> None:
        """Let `decision` be the answer to it and its twins. Raises NotFound for another room's."""
        if decision.room_id not in {None, self.room_id}:
            raise NotFound
        if not self.twins.settle(decision) or self.room is None:
            return
        if decision.room_id:
            self.room.tell_moderators()
        else:
            # Decided about the person alone. Others lock the room before its reports, not after.
            transaction.on_commit(self.room.tell_moderators)

    def dismiss(self, by, **why) -> Decision:
        """There is nothing wrong. For who moderates its room, or the site."""
        require_other(by, self.person_id)
        if not by.has_perm("chat.change_report"):
            if self.room is None:
                raise NotFound
            self.room.require_role(by, "moderator")
        with self.room.locked() if self.room else transaction.atomic():
            if not self.twins.open().select_for_update().exists():
                raise NotAllowed(_("Somebody decided that already."))
            about = {"room": self.room, "person": self.person, "message": self.message}
            return Decision.record(Decision.Kind.DISMISSED, by, **about, report=self, **why)
