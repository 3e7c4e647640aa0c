from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import broadcasts, search
from chat.errors import Invalid, NotAllowed
from chat.models.message import Message


@dataclass(frozen=True)
class Gone:
    """What was deleted: `messages`, those of threads included, and how much they held."""

    messages: int = 0
    text_bytes: int = 0
    file_bytes: int = 0

    def __add__(self, other: "Gone") -> "Gone":
        return Gone(
            self.messages + other.messages,
            self.text_bytes + other.text_bytes,
            self.file_bytes + other.file_bytes,
        )


class Bytes(models.Func):
    """How long a text is in UTF-8."""

    function, output_field = "OCTET_LENGTH", models.BigIntegerField()

    def as_sqlite(self, compiler, connection, **context):
        # It knows octet_length() only from 3.43 on.
        template = "LENGTH(CAST(%(expressions)s AS BLOB))"
        return self.as_sql(compiler, connection, template=template, **context)


class Pruning:
    """The facet of Room that forgets: messages are deleted for good, and leave no tombstone.

    The oldest go first, with their threads, some at a time: each step is one short transaction with
    a revision of its own, so whoever writes waits for one at most, and what is killed in between
    has left the room in order. What is pinned stays, what is reported and not decided, and what is
    still talked about in a thread.
    """

    AT_ONCE = 200  # messages of the room itself in one step

    pk: Any
    kind: str
    revision: int
    pruned_up_to: int
    pruned_revision: int
    kept_days: int | None
    last_message: Any
    archived_at: datetime | None
    messages: Any
    reports: Any
    log: Any
    scheduled: Any
    held_messages: Any
    memberships: Any
    locked: Any
    save: Any
    is_run_from_above_by: Any
    _drop: Any

    # What may go --------------------------------------------------------------------------------

    def older_than(self, moment: datetime) -> QuerySet[Message]:
        """What was said, and talked about in threads, before `moment`."""
        old = Q(thread_at=None) | Q(thread_at__lt=moment)
        return self._prunable().filter(old, created_at__lt=moment)

    def beyond_the_newest(self, kept: int) -> QuerySet[Message]:
        """All but the `kept` newest messages, and what is under those in threads."""
        newest = self.messages.in_main().order_by("-pk").values_list("pk", flat=True)
        if kept == 0:
            return self._prunable()
        edge = next(iter(newest[kept - 1 : kept]), 0)
        return self._prunable().filter(pk__lt=edge, thread_last__lt=edge)

    def _prunable(self) -> QuerySet[Message]:
        reported = self.reports.open().filter(message__isnull=False).values("message")
        appealed = self.log.filter(
            appeal__isnull=False, appeal__answered_at=None, message__isnull=False
        ).values("message")
        to_come = self.scheduled.filter(thread__isnull=False).values("thread")
        to_wait = self.held_messages.filter(thread__isnull=False).values("thread")
        held = (
            self.messages.pinned(),
            self.messages.filter(pk__in=reported),
            self.messages.filter(pk__in=appealed),
            self.messages.filter(pk__in=to_come),
            self.messages.filter(pk__in=to_wait),
        )
        prunable = self.messages.in_main()
        for messages in held:
            roots = messages.order_by().values_list(Coalesce("thread", "pk"))
            prunable = prunable.exclude(pk__in=roots)
        return prunable

    # Deleting -----------------------------------------------------------------------------------

    def prune(self, by, which: QuerySet[Message]) -> Iterator[Gone]:
        """Delete `which` of the two above, step by step. Raises NotAllowed at the first."""
        if not by.has_perm("chat.delete_message"):
            raise NotAllowed
        yield from self._prune(which)

    def keep_for(self, by, days: int | None) -> None:
        """Let messages be deleted after so many days from now on, or never. For who runs the site.

        Raises Invalid or NotAllowed.
        """
        if not self.is_run_from_above_by(by):
            raise NotAllowed
        if days is not None and not 1 <= days <= 36_500:
            raise Invalid(_("Messages are kept for at least a day, or for ever."))
        with self.locked() as room:
            room.kept_days = days
            room.save(update_fields=["kept_days"])
        self.kept_days = days

    def not_kept(self) -> QuerySet[Message]:
        """What is older than it is to be kept in this room."""
        if self.kept_days is None:
            return self.messages.none()
        return self.older_than(timezone.now() - timedelta(days=self.kept_days))

    @classmethod
    def forget_what_is_not_kept(cls) -> None:
        """Delete what is older than its room keeps it, in all rooms."""
        rooms = cls.objects.exclude(kept_days=None)  # type: ignore[attr-defined]
        for room in list(rooms):
            for _step in room._prune(room.not_kept()):
                pass

    def delete_in_steps(self, by) -> Iterator[Gone]:
        """Delete the room and all that was said in it. For who runs the site; others archive.

        At first everybody is out, so nothing more is said. Raises NotAllowed.
        """
        if not by.has_perm("chat.delete_room"):
            raise NotAllowed
        with self.locked() as room:
            room._drop(room.memberships.all())
            room.archived_at = room.archived_at or timezone.now()
            if room.kind == "public":
                room.kind = "private"  # nobody walks in, and its name is free
            room.save(update_fields=["archived_at", "kind"])
        yield from self._prune(self.messages.in_main())
        with self.locked() as room:
            search.drop_room(room)
            # Not room.delete(), which takes the id that is still to be told.
            type(room).objects.filter(pk=room.pk).delete()

    def delete_for_good(self, by) -> None:
        """As delete_in_steps(), in one go."""
        for _step in self.delete_in_steps(by):
            pass

    def _prune(self, which: QuerySet[Message]) -> Iterator[Gone]:
        last = 0
        while ids := list(
            which.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[: self.AT_ONCE]
        ):
            last = ids[-1]
            with self.locked() as room:
                # Once more: meanwhile one may have been pinned, or its thread gone on.
                still = list(which.filter(pk__in=ids).values_list("pk", flat=True))
                gone = room._forget(still) if still else Gone()
            yield gone

    def _forget(self, ids: list[int]) -> Gone:
        """Delete these messages of the room itself and their threads, under the room's lock."""
        in_threads = Message.objects.filter(thread__in=ids).values_list("pk", flat=True)
        every = [*in_threads, *ids]
        gone = Gone()
        quoting: set[int] = set()
        for some in self._in_pieces(every):
            quoting.update(Message.objects.filter(reply_to__in=some).values_list("pk", flat=True))
            gone += self._delete(some)
        self._note_pruned(max(ids))
        for some in self._in_pieces(sorted(quoting.difference(every))):
            for message in self.messages.with_author().filter(pk__in=some).order_by("pk"):
                message.room = self
                message.quote_nothing()
        return gone

    def _in_pieces(self, ids: list[int]) -> Iterator[list[int]]:
        """SQLite takes only so many values in one statement, and threads may be long."""
        for start in range(0, len(ids), self.AT_ONCE):
            yield ids[start : start + self.AT_ONCE]

    @staticmethod
    def _delete(ids: list[int]) -> Gone:
        doomed = Message.objects.filter(pk__in=ids)
        files = apps.get_model("chat", "Attachment").objects.filter(message__in=ids)
        text = doomed.aggregate(sum=Sum(Bytes("body") + Bytes("html")))["sum"]
        gone = Gone(len(ids), text or 0, files.aggregate(sum=Sum("size"))["sum"] or 0)
        files.release()
        search.drop_all(ids)
        doomed.delete()
        return gone

    def _note_pruned(self, up_to: int) -> None:
        self.revision += 1
        self.pruned_revision = self.revision
        self.pruned_up_to = max(self.pruned_up_to, up_to)
        self.last_message = self.messages.visible().in_main().order_by("-pk").first()
        fields = ["revision", "pruned_revision", "pruned_up_to", "last_message"]
        self.save(update_fields=fields)
        transaction.on_commit(partial(broadcasts.pruned, self, self.revision, self.pruned_up_to))
