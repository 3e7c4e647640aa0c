from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Count, Max, Q
from django.db.models.functions import Coalesce

from chat import broadcasts
from chat.models.mention import Mention
from chat.models.message import Message
from chat.models.reaction import Reaction


@dataclass(frozen=True)
class Fault:
    """Something in a room that is not as it must be, in English, for who runs the site.

    `repair` mends it under the lock of the room that it is given; None: only a person can.
    """

    code: str
    words: str
    repair: Callable[[Any], None] | None = None


class Checking:
    """The facet of Room that knows what holds in a room that is in order.

    Reading takes no lock: on a live site something may seem wrong that is just being written, so
    what is found is looked at once more, and before it is mended again, under the lock.
    """

    pk: Any
    kind: str
    is_direct: Any
    people_key: str | None
    revision: int
    pruned_revision: int
    pruned_up_to: int
    members_count: int
    last_message_id: int | None
    messages: Any
    memberships: Any
    locked: Any
    save: Any
    refresh_from_db: Any

    def faults(self) -> list[Fault]:
        """What is wrong, and was a moment later still."""
        found = [*self._mendable(), *self._people(), *self._files()]
        if not found:
            return []
        self.refresh_from_db()
        still = {fault.words for fault in self._mendable()}
        return [fault for fault in found if fault.words in still or fault.repair is None]

    def repair(self) -> list[Fault]:
        """Mend what can be mended; what was."""
        with self.locked() as room:
            # Revisions come first, as some of the others take one.
            mended = list(room._mendable())
            for fault in mended:
                fault.repair(room)  # type: ignore[misc]
            if any(fault.code == "revision" for fault in mended):
                transaction.on_commit(lambda: broadcasts.much_changed(room))
        self.refresh_from_db()
        return mended

    def _mendable(self) -> Iterator[Fault]:
        yield from self._revisions()
        yield from self._counters()
        yield from self._pointers()
        yield from self._threads()
        yield from self._reactions()
        yield from self._mentions()

    # What holds -----------------------------------------------------------------------------------

    def _revisions(self) -> Iterator[Fault]:
        """The room's revision is that of the newest change, so nobody waits for one in vain."""
        newest = self.messages.aggregate(newest=Coalesce(Max("revision"), 0))["newest"]
        newest = max(newest, self.pruned_revision)
        if self.revision < newest:
            words = f"The revision is {self.revision}, but a change bears {newest}."
            yield Fault("revision", words, partial(Checking._take, revision=newest))
        elif self.revision > newest:
            words = f"The revision is {self.revision}, but the newest change bears {newest}."
            yield Fault("revision", words, Checking._have_all_load_afresh)

    def _counters(self) -> Iterator[Fault]:
        members = self.memberships.count()
        if members != self.members_count:
            words = f"It has {members} members, but {self.members_count} are counted."
            yield Fault("members", words, partial(Checking._take, members_count=members))

    def _pointers(self) -> Iterator[Fault]:
        newest = self.messages.visible().in_main().aggregate(newest=Max("pk"))["newest"]
        if newest != self.last_message_id:
            words = f"Its newest message is {newest}, but it points at {self.last_message_id}."
            yield Fault("newest", words, partial(Checking._take, last_message_id=newest))

    def _people(self) -> Iterator[Fault]:
        if self.is_direct:
            ids = sorted(self.memberships.values_list("user", flat=True))
            if self.people_key != "-".join(map(str, ids)):
                yield Fault("people", f"It is of {self.people_key}, but {ids} are in it.")
        elif self.members_count and not self.memberships.filter(role="owner").exists():
            yield Fault("owner", "Nobody owns it. Make somebody owner by manage.py roommembers.")

    def _threads(self) -> Iterator[Fault]:
        said = Message.objects.visible().filter(thread__room=self.pk).order_by().values("thread")
        said = said.annotate(count=Count("pk"), last=Max("pk"))
        there = {one["thread"]: (one["count"], one["last"]) for one in said}
        noted = self.messages.filter(Q(pk__in=there) | Q(thread_count__gt=0))
        for pk, *numbers in noted.values_list("pk", "thread_count", "thread_last"):
            if tuple(numbers) != there.get(pk, (0, 0)):
                words = f"The thread under message {pk} is not what that says of it."
                yield Fault("thread", words, partial(Checking._mend, pk=pk, verb="recount_thread"))

    def _reactions(self) -> Iterator[Fault]:
        there = Reaction.objects.filter(message__room=self.pk).order_by().values("message")
        counted = dict(there.annotate(count=Count("pk")).values_list("message", "count"))
        shown = self.messages.exclude(reaction_tally=[])
        tallies = dict(shown.values_list("pk", "reaction_tally"))
        for pk in sorted(counted.keys() | tallies.keys()):
            if counted.get(pk, 0) != sum(one["count"] for one in tallies.get(pk, [])):
                words = f"Message {pk} does not show the reactions that it has."
                yield Fault(
                    "reactions", words, partial(Checking._mend, pk=pk, verb="recount_reactions")
                )

    def _mentions(self) -> Iterator[Fault]:
        if count := self._mentions_astray().count():
            words = f"{count} mentions are noted for another room."
            yield Fault("mentions", words, Checking._claim_mentions)

    def _mentions_astray(self):
        return Mention.objects.filter(message__room=self.pk).exclude(room=self.pk)

    def _files(self) -> Iterator[Fault]:
        attachments = apps.get_model("chat", "Attachment").objects.filter(message__room=self.pk)
        for attachment in attachments.iterator():
            for name in filter(None, (attachment.stored, attachment.thumbnail)):
                if not default_storage.exists(name):
                    words = f"{name}, of “{attachment.name}” in message {attachment.message_id}"
                    yield Fault("file", f"{words}, is not in the storage.")

    # How it is mended, under the lock -------------------------------------------------------------

    def _take(self, **values) -> None:
        for field, value in values.items():
            setattr(self, field, value)
        self.save(update_fields=list(values))

    def _have_all_load_afresh(self) -> None:
        """Nobody knows what changed in between: who was here before asks for everything."""
        newest = self.messages.aggregate(newest=Coalesce(Max("pk"), 0))["newest"]
        self._take(pruned_revision=self.revision, pruned_up_to=max(self.pruned_up_to, newest))

    def _claim_mentions(self) -> None:
        self._mentions_astray().update(room=self.pk)

    def _mend(self, *, pk: int, verb: str) -> None:
        message = self.messages.with_author().get(pk=pk)
        message.room = self
        getattr(message, verb)()
