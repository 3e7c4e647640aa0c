from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.db.models import Case, Q, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.errors import Filtered, NotAllowed, NotFound
from chat.models.moderation.decision import Decision
from chat.models.moderation.why import Reason
from chat.sieve import Said, Sieve

# By this each post knows, without a query of its own, whether what its process keeps still holds.
VERSION = "(SELECT MAX(version) FROM chat_filter)"


class FilterQuerySet(models.QuerySet["Filter"]):
    def switched_on(self) -> "FilterQuerySet":
        """The strictest first: where several catch the same, one of them decides."""
        strictness = Case(
            *(When(action=action, then=Value(place)) for place, action in enumerate(STRICTNESS))
        )
        return self.exclude(on_since=None).order_by(strictness, "pk")

    def move_to(self, room) -> None:
        """Let those of a room be those of another, which it becomes part of."""
        if self.exists():
            Filter.every_locked()
            self.update(room=room, version=Filter.next_version())


class Filter(models.Model):
    """What moderators do not want said: words, hosts of links or patterns, and what comes of them.

    It is made switched off, tried on what was said before, and only then switched on. Who moderates
    the room or the site is not filtered. To flag or hold is to show moderators what was said, so
    that happens in public rooms only; refusing shows nobody anything, and holds everywhere.
    """

    class Kind(models.TextChoices):
        WORDS = "words", _("Words or phrases")
        HOSTS = "hosts", _("Links to a host")
        PATTERNS = "patterns", _("Patterns")

    class Action(models.TextChoices):
        FLAG = "flag", _("Flag: it is said, and reported")
        HOLD = "hold", _("Hold: it waits for a moderator")
        REFUSE = "refuse", _("Refuse: it is not said")

    name = models.CharField(_("name"), max_length=60)
    kind = models.CharField(_("looks for"), max_length=10, choices=Kind, default=Kind.WORDS)
    terms = models.TextField(_("what to look for"))
    action = models.CharField(_("what happens"), max_length=10, choices=Action, default=Action.FLAG)
    room = models.ForeignKey(
        "chat.Room",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="filters",
        verbose_name=_("room"),
    )
    reason = models.CharField(_("what is wrong with it"), max_length=10, choices=Reason)
    note = models.CharField(_("note"), max_length=500, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        verbose_name=_("made by"),
    )
    made_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)
    # When it was tried as it is now, on how many messages, and how many it would have caught.
    tried_at = models.DateTimeField(_("tried"), null=True, editable=False)
    tried_on = models.PositiveIntegerField(default=0, editable=False)
    would_catch = models.PositiveIntegerField(default=0, editable=False)
    on_since = models.DateTimeField(_("on since"), null=True, editable=False)
    # Raised above all others when what is in force changes; microseconds since 1970, so that it
    # never comes again, whatever was deleted.
    version = models.BigIntegerField(null=True, db_index=True, editable=False)

    objects = FilterQuerySet.as_manager()

    class Meta:
        verbose_name = _("filter")
        verbose_name_plural = _("filters")
        constraints = [
            models.CheckConstraint(
                condition=Q(on_since=None) | Q(tried_at__isnull=False),
                name="filters_are_tried_before_they_are_on",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    FIELDS = ("name", "kind", "terms", "action", "room", "reason", "note")

    @cached_property
    def sieve(self) -> Sieve:
        return Sieve(self.kind, self.terms)

    # Keeping them -------------------------------------------------------------------------------

    @classmethod
    def create(cls, by, **fields) -> "Filter":
        """A new one, switched off. Raises Invalid, NotAllowed, or NotFound for a room that `by` may
        not see.
        """
        made = cls(made_by=by)
        made._take(by, "chat.add_filter", fields)
        made.save()
        return made

    def change(self, by, **fields) -> None:
        """Let it look for something else; then it is to be tried anew. Raises as create(), and
        NotAllowed while it is on.
        """
        with transaction.atomic():
            fresh = self._locked()
            fresh._require_off()
            fresh._take(by, "chat.change_filter", fields)
            fresh.changed_at, fresh.tried_at = timezone.now(), None
            fresh.save()
        self.refresh_from_db()

    def _take(self, by, permission: str, fields: dict[str, Any]) -> None:
        self._require(by, permission)
        for field in self.FIELDS:
            setattr(self, field, fields[field])
        room = self.room
        if room and not room.is_moderated_by(by):
            raise NotFound
        self.terms = self.terms.replace("\0", "")
        Sieve(self.kind, self.terms)

    def remove(self, by) -> None:
        """Delete it. Raises NotAllowed while it is on."""
        self._require(by, "chat.delete_filter")
        with transaction.atomic():
            fresh = self._locked()
            fresh._require_off()
            fresh.delete()
            # Else the newest of those that stay is one by which a process may know it as on.
            Filter.objects.exclude(version=None).update(version=Filter.next_version())

    def _locked(self) -> "Filter":
        for one in Filter.every_locked():
            if one.pk == self.pk:
                return one
        raise NotFound

    @classmethod
    def every_locked(cls) -> list["Filter"]:
        """So that versions rise in the order in which others come to see what has them."""
        return list(cls.objects.select_for_update(of=("self",)).order_by("pk"))

    def _require_off(self) -> None:
        if self.on_since:
            raise NotAllowed(_("Switch the filter off first."))

    @staticmethod
    def _require(by, permission: str) -> None:
        if not by.has_perm(permission):
            raise NotAllowed

    # On and off ---------------------------------------------------------------------------------

    def note_trial(self, looked: int, caught: int) -> None:
        """It was tried as it was when this was read; what has changed since is to be tried anew."""
        tried = {"tried_at": timezone.now(), "tried_on": looked, "would_catch": caught}
        Filter.objects.filter(pk=self.pk, changed_at=self.changed_at).update(**tried)

    def switch(self, by, on: bool) -> None:
        """Let it be in force for all that is said from now on, or no more. In the log.

        Raises NotAllowed for what was not tried since it was last changed.
        """
        self._require(by, "chat.change_filter")
        with transaction.atomic():
            fresh = self._locked()
            if on == (fresh.on_since is not None):
                return
            if on and fresh.tried_at is None:
                raise NotAllowed(_("Try the filter first: it has changed, or was never tried."))
            fresh.on_since = timezone.now() if on else None
            fresh.version = Filter.next_version()
            fresh.save(update_fields=["on_since", "version"])
            kind = Decision.Kind.FILTER_ON if on else Decision.Kind.FILTER_OFF
            details = {"filter": fresh.name}
            Decision.record(kind, by, room=fresh.room, details=details, reason=fresh.reason)
        self.refresh_from_db()

    @staticmethod
    def next_version() -> int:
        """Above all there are, and all there were."""
        newest = Filter.objects.aggregate(newest=models.Max("version"))["newest"] or 0
        return max(newest + 1, int(timezone.now().timestamp() * 1_000_000))

    # What they catch ----------------------------------------------------------------------------

    def is_for(self, room) -> bool:
        is_there = self.room_id in (None, room.pk)
        return is_there and (room.kind == "public" or not self.is_public_only)

    @property
    def is_public_only(self) -> bool:
        return self.action != self.Action.REFUSE

    def refusal(self, said: Said) -> Filtered:
        told = {"what": self.sieve.found_in(said), "why": Reason(self.reason).label}
        if self.action == self.Action.HOLD:
            return Filtered(
                _(
                    "With “%(what)s” (%(why)s) this would have to wait for a moderator, which a "
                    "change cannot. Leave that out, or say it in a new message."
                )
                % told
            )
        return Filtered(
            _("Not sent, because of “%(what)s” (%(why)s). Change that, and send it again.") % told
        )


STRICTNESS = (Filter.Action.REFUSE, Filter.Action.HOLD, Filter.Action.FLAG)


@dataclass(frozen=True)
class InForce:
    """The filters that are on, as this process knows them, of that version."""

    version: int | None = None
    filters: tuple[Filter, ...] = ()


_known = InForce()


def in_force(version: int | None) -> tuple[Filter, ...]:
    """The filters that are on. Read again only when `version`, which each post brings along, is not
    that of those that are kept.
    """
    global _known
    if version is None:
        return ()
    if version != _known.version:
        _known = InForce(version, tuple(Filter.objects.switched_on()))
    return _known.filters


def version_now() -> int | None:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {VERSION}")
        return cursor.fetchone()[0]


def caught(
    room, author, version: int | None, said: Callable[[], Said], *, change: bool = False
) -> tuple[Filter, Said] | None:
    """The filter that catches what `author` is about to say in `room`, and what was caught.

    `said` makes the text, which is not asked for where no filter is on. Raises Filtered where it is
    refused, and where it should be held and is a `change` of what was said.
    """
    filters = [one for one in in_force(version) if one.is_for(room)]
    if not filters:
        return None
    text = said()
    found = next((one for one in filters if one.sieve.catches(text)), None)
    if found is None or room.is_moderated_by(author):
        return None
    if found.action == Filter.Action.REFUSE or (change and found.action == Filter.Action.HOLD):
        raise found.refusal(text)
    return found, text
