from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from chat import broadcasts, search
from chat.errors import Banned, FromPrivate, Invalid, NotAllowed
from chat.models.mention import Mention
from chat.models.message import Message


class Address(models.Model):
    """Where a room was found that is part of another now: links to it go on working."""

    slug = models.SlugField(max_length=80, unique=True, allow_unicode=True)
    # The id of the room that was found there: decisions about it go on naming that.
    was = models.BigIntegerField(null=True, unique=True, editable=False)
    room = models.ForeignKey("chat.Room", models.CASCADE, related_name="former_addresses")

    class Meta:
        verbose_name = _("former address")
        verbose_name_plural = _("former addresses")

    def __str__(self) -> str:
        return self.slug


class Merging:
    """The facet of Room that becomes part of another one.

    Messages keep their ids, and with them their place in time among those of the other room; they
    take its next revisions, in the order of their last changes. Threads move as a whole, some at a
    time: each step is one short transaction that leaves both rooms in order, and what is killed in
    between goes on when it is begun again.
    """

    AT_ONCE: int  # messages of the room itself in one step

    objects: Any
    pk: Any
    slug: str
    kind: str
    is_direct: Any
    guests_allowed: bool
    revision: int
    told_up_to: int
    last_message_id: int | None
    reports: Any
    messages: Any
    memberships: Any

    def merge_into(self, by, other, *, knowingly: bool = False) -> Iterator[int]:
        """Have everything that was said here, and everybody, in `other`; this room is then gone.

        Who comes along is a plain member there. Invitations, mutes and bans end with the room.
        Gives the number of messages of each step. Raises as require_mergeable().
        """
        self.require_mergeable(by, other, knowingly=knowingly)
        while not self._end_in(other):
            while moved := self._move_some_to(other):
                yield moved

    def require_mergeable(self, by, other, *, knowingly: bool = False) -> None:
        """Raises Invalid, NotAllowed, or FromPrivate where somebody may read then what they may
        not read now, unless that is done `knowingly`.
        """
        if not by.has_perms(["chat.delete_room", "chat.change_room"]):
            raise NotAllowed
        if self.pk == other.pk or self.is_direct or other.is_direct:
            raise Invalid(_("Two rooms can be merged, but no direct conversations."))
        if not knowingly and self._shows_more(other):
            raise FromPrivate

    def _shows_more(self, other) -> bool:
        """Whether anybody may read then what they may not read now, in either room."""
        is_opened = other.kind == "public" and self.kind != "public"
        takes_guests = other.guests_allowed and not self.guests_allowed
        return is_opened or takes_guests or self._is_news_to(other) or other._is_news_to(self)

    def _is_news_to(self, other) -> bool:
        """Whether members of `other` cannot read here."""
        here = self.memberships.values("user")
        return self.kind != "public" and other.memberships.exclude(user__in=here).exists()

    @contextmanager
    def _both_locked(self, other):
        """This room and the other one, always locked in the same order."""
        with transaction.atomic():
            rooms = type(self).objects.select_for_update().order_by("pk")
            found = {room.pk: room for room in rooms.filter(pk__in=[self.pk, other.pk])}
            yield found[self.pk], found[other.pk]

    # What was said ------------------------------------------------------------------------------

    def _move_some_to(self, other) -> int:
        with self._both_locked(other) as (here, there):
            ids = here.messages.in_main().order_by("pk").values_list("pk", flat=True)
            roots = list(ids[: self.AT_ONCE])
            some = models.Q(pk__in=roots) | models.Q(thread__in=roots)
            moving = Message.objects.filter(some).order_by("revision")
            if moving:
                here._hand_over(moving, there)
        return len(moving)

    def _hand_over(self, moving: models.QuerySet[Message], there) -> None:
        messages = list(moving)
        for revision, message in enumerate(messages, there.revision + 1):
            message.room, message.revision = there, revision
        Message.objects.bulk_update(messages, ["room", "revision"])
        Mention.objects.filter(message__in=moving).update(room=there)
        self.reports.filter(message__in=moving).update(room=there)
        search.put(*(message for message in messages if not message.deleted_at))
        there.revision += len(messages)
        there.save(update_fields=["revision"])
        news = [one.pk for one in messages if not one.thread_id and not one.deleted_at]
        there._reach(max(news, default=0), self)

    def _reach(self, newest: int, origin) -> None:
        """Have a newest message that came from elsewhere; news to who had not read it there."""
        before = self.last_message_id or 0
        if newest <= before:
            return
        behind = origin.memberships.filter(last_read__lt=origin.last_message_id or 0)
        up_to_date = self.memberships.filter(last_read__gte=before)
        up_to_date.exclude(user__in=behind.values("user")).update(last_read=newest)
        told = {"told_up_to": newest} if self.told_up_to >= before else {}
        type(self).objects.filter(pk=self.pk).update(last_message=newest, **told)

    # Who is there, and the end ------------------------------------------------------------------

    def _end_in(self, other) -> bool:
        """Bring the people over and be gone, unless there still is something to move."""
        with self._both_locked(other) as (here, there):
            if here.messages.exists():
                return False
            members = list(here.memberships.select_related("user"))
            transaction.on_commit(partial(broadcasts.room_moved, here, there))
            for membership in members:
                here._bring_over(membership, there)
                transaction.on_commit(partial(broadcasts.membership_lost, here, membership.user))
            here.scheduled.update(room=there)
            here.reports.update(room=there)
            here.filters.all().move_to(there)
            here.held_messages.update(room=there)
            held = there.held_messages.values("author")
            there.memberships.filter(user__in=held).update(has_held=True)
            here.former_addresses.update(room=there)
            known = {origin.source: origin for origin in there.origins.all()}
            here.origins.exclude(source__in=known).update(room=there)
            for origin in here.origins.all():
                known[origin.source].take_over(origin)
            there.active_at = max(here.active_at, there.active_at)
            there.called_up_to = max(here.called_up_to, there.called_up_to)
            there.members_count = there.memberships.count()
            there.save(update_fields=["active_at", "called_up_to", "members_count"])
            # Not here.delete(), which takes the id that is still to be told.
            type(here).objects.filter(pk=here.pk).delete()
            there.former_addresses.create(slug=here.slug, was=here.pk)
            there.tell_moderators()
            transaction.on_commit(partial(broadcasts.much_changed, there))
            transaction.on_commit(partial(broadcasts.members_changed, there.pk))
        return True

    def _bring_over(self, membership, there) -> None:
        user = membership.user
        if mine := there.membership_of(user):
            mine.named_up_to = max(mine.named_up_to, membership.named_up_to)
            mine.save(update_fields=["named_up_to"])
            if draft := membership.draft_or_none:
                mine.add_to_draft(draft)
            return
        if user.is_guest and not there.guests_allowed:
            return
        try:
            terms = there.terms_for(user)
        except Banned:
            return
        if membership.last_read >= (self.last_message_id or 0):
            membership.last_read = there.last_message_id or 0
        membership.role = membership.Role.MEMBER
        membership.room = there
        for field, value in terms.items():
            setattr(membership, field, value)
        membership.save(update_fields=["room", "role", "last_read", *terms])
        transaction.on_commit(partial(broadcasts.membership_gained, there, user))
