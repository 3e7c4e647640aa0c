"""Looking for messages: what was asked, in the words of this person's rooms and people."""

import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from datetime import time as clock
from functools import cached_property
from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import names
from chat import limits, search
from chat.errors import Invalid
from chat.models.carrying import Origin
from chat.models.message import Message
from chat.models.room import Room
from chat.search import excerpts
from chat.search.query import parse

ME = {"me", "我"}

# Ids of messages, and the id down to which all was looked at: see search.newest().
Step = tuple[list[int], int]


class Hit:
    """A message that was found, and what is shown of it."""

    def __init__(self, message: Message, phrases: list[excerpts.Phrase]):
        text, *names = search.readable(message)
        self.message = message
        self.excerpt = excerpts.excerpt(text, phrases)
        self.names = [excerpts.marked(name, phrases) for name in names]  # of files, and choices


@dataclass
class Found:
    """A page of what was found, newest first.

    `next` is where the following page begins, None when there is nothing more. `looked_back_to` is
    set when the search was broken off there: all that is newer was looked at.
    """

    hits: list[Hit] = field(default_factory=list)
    next: int | None = None
    looked_back_to: datetime | None = None


class Search:
    """What `user` asks for, among the messages of the rooms they are in now.

    Raises Invalid when an operator's value makes no sense, or names nothing that they can see.
    """

    PAGE = 20
    # Seconds after which the person decides whether to look further back. Only words that are each
    # common and never stand together take as long.
    PATIENCE = 0.1
    MANY_ROOMS = 30
    SAMPLE = 1000  # messages
    MOST_CHOICES = 8
    MOST_CARRIED = 200  # messages

    def __init__(self, user, text: str, room: Room | None = None):
        self.user = user
        # What is theirs to see.
        self.rooms, self.messages, self.people = self._scope()
        self.query = parse(text)
        self.since, self.until = beginning_of(self.query.since), beginning_of(self.query.until)
        self.every = [{term} for term in sorted(self.query.terms)]
        if self.query.authors:
            self.every.append(self._authors())
        if self.query.has_file:
            self.every.append({search.HAS_FILE})
        # Those that are looked through, as ids or a query of them.
        self.within: Any = self.rooms.values("pk")
        # Last, as they may be many: they are only asked of what has all else.
        if self.query.rooms:
            self.within = self._rooms_called()
            self.every.append({search.in_room(pk) for pk in self.within})
        elif room:
            self.within = [room.pk]
            self.every.append({search.in_room(room.pk)})
        elif not self._is_nearly_everywhere():
            self.every.append({search.in_room(pk) for pk in self._room_ids})
        if not self.every:  # dates alone, which the index does not know
            self.every.append({search.in_room(pk) for pk in self._room_ids})

    def _scope(self):
        people = get_user_model().objects.visible_to(self.user)
        return self.user.rooms, Message.objects.visible_to(self.user), people

    def page(self, before: int | None = None) -> Found:
        """The newest, or those older than the message `before`. Raises TooFast."""
        limits.spend("search", self.user.pk)
        found = Found()
        above, below = self._ids()
        deadline = time.monotonic() + self.PATIENCE
        steps = search.newest(self.every, above, min(before or below, below))
        for ids, reached in self._gathered(steps, deadline):
            for message in self._messages(ids):
                if len(found.hits) == self.PAGE:
                    found.next = found.hits[-1].message.pk
                    return self._introduced(found)
                found.hits.append(Hit(message, self.query.phrases))
            if reached > above + 1 and time.monotonic() > deadline:
                found.next, found.looked_back_to = reached, self._time_at(reached)
                break
        return self._introduced(found)

    def _gathered(self, steps: Iterable[Step], deadline: float) -> Iterator[Step]:
        """Those that found little as one: reading messages costs more than to look further back."""
        gathered: list[int] = []
        reached = None
        for ids, reached in steps:
            gathered += ids
            if len(gathered) > self.PAGE or time.monotonic() > deadline:
                yield gathered, reached
                gathered = []
        if gathered and reached is not None:
            yield gathered, reached

    def _introduced(self, found: Found) -> Found:
        """With what conversations without a name are called for this person."""
        Room.introduce([hit.message.room for hit in found.hits], self.user)
        return found

    def _messages(self, ids: list[int]) -> Iterator[Message]:
        """Those of `ids` that are what was asked for, read few by few."""
        messages = self.messages.visible().select_related("author", "room").order_by("-pk")
        if self.since:
            messages = messages.filter(created_at__gte=self.since)
        if self.until:
            messages = messages.filter(created_at__lt=self.until)
        runs = [phrase for phrase in self.query.phrases if len(phrase) > 1]
        for start in range(0, len(ids), self.PAGE + 1):
            for message in messages.filter(pk__in=ids[start : start + self.PAGE + 1]):
                text = "\n".join(search.readable(message)) if runs else ""
                if all(excerpts.holds(text, run) for run in runs):
                    yield message

    def _ids(self) -> tuple[int, int]:
        """The ids between which to look. They are in the order of time, as in the history, but
        for what was carried in: its times are of then, and its ids of when that was.
        """
        newest = Message.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        above, below = 0, newest + 1
        origins = Origin.objects.filter(room__in=self.within)
        if self.since and not origins.filter(until__gte=self.since).exists():
            above = self._first_from(self.since, newest + 1, or_else=1) - 1
        if self.until and not origins.filter(since__lt=self.until).exists():
            below = self._first_from(self.until, newest + 1, or_else=newest + 1)
        return above, below

    def _first_from(self, moment: datetime, default: int, or_else: int) -> int:
        """The id with which begins what was said here from then on, `default` where nothing was;
        `or_else` where so much was carried in from then on that it is not worth looking for.
        """
        messages = Message.objects.filter(created_at__gte=moment).order_by("created_at", "pk")
        first = list(messages.values_list("pk", "carried")[: self.MOST_CARRIED])
        here = next((pk for pk, carried in first if carried is None), None)
        if here is None:
            return default if len(first) < self.MOST_CARRIED else or_else
        return here

    def _time_at(self, pk: int) -> datetime | None:
        messages = Message.objects.filter(pk__gte=pk).order_by("pk")
        return messages.values_list("created_at", flat=True).first()

    @cached_property
    def _room_ids(self) -> set[int]:
        """Of the rooms that this person is in."""
        return {*self.rooms.values_list("pk", flat=True)}

    def _is_nearly_everywhere(self) -> bool:
        """Whether so much is theirs to see that to name many rooms costs more than it leaves out.

        What is not theirs is then left out as each message is read. The newest messages tell, with
        which a search begins.
        """
        if len(self._room_ids) < self.MANY_ROOMS:
            return False
        newest = Message.objects.order_by("-pk").values_list("room", flat=True)[: self.SAMPLE]
        theirs = [room in self._room_ids for room in newest]
        return sum(theirs) > 0.75 * len(theirs)

    def _rooms_called(self) -> set[int]:
        ids: set[int] = set()
        for name in self.query.rooms:
            name = name.removeprefix("#")
            called = self.rooms.filter(Q(slug=name) | Q(name_key=names.key(name)))
            ids.update(called.values_list("pk", flat=True) or [self._room_like(name)])
        return ids

    def _room_like(self, name: str) -> int:
        """The only room in whose name a word begins so. Raises Invalid for none, and for more."""
        within = self.rooms.exclude(name="").filter(name_key__contains=names.key(name))
        begins = re.compile(rf"(?<!\w){re.escape(names.key(name))}")
        found = [room for room in within.order_by("name_key") if begins.search(room.name_key)]
        if not found:
            raise Invalid(_("You are in no room called “%s”.") % name)
        if len(found) > 1:
            choices = ", ".join(f'in:"{room.name}"' for room in found[: self.MOST_CHOICES])
            raise Invalid(_("Several rooms of yours are called so. Choose: %s") % choices)
        return found[0].pk

    def _authors(self) -> set[str]:
        terms = set()
        for name in self.query.authors:
            found = {search.by_author(pk) for pk in self._people_called(name.removeprefix("@"))}
            if not found:
                raise Invalid(_("Nobody in your rooms is called “%s”.") % name)
            terms |= found
        return terms

    def _people_called(self, name: str) -> list[int]:
        if name.lower() in ME:
            return [self.user.pk]
        alike = names.likeness(name)
        called = Q(username__iexact=name) | Q(display_name__iexact=name)
        if alike:
            called |= Q(name_key=alike.letters)
        return list(self.people.filter(called).values_list("pk", flat=True))


class ModeratorsSearch(Search):
    """The same, among all that who moderates the site may read without being there."""

    MOST = 200
    PATIENCE = 0.5

    def _scope(self):
        rooms = Room.objects.all()
        if not self.user.has_perm("chat.read_private"):
            rooms = rooms.filter(kind=Room.Kind.PUBLIC)
        messages = Message.objects.open_to_moderator(self.user)
        return rooms, messages, get_user_model().objects.all()

    def newest(self) -> list[int]:
        """The ids of the newest ones, no more than MOST."""
        found: list[int] = []
        above, below = self._ids()
        deadline = time.monotonic() + self.PATIENCE
        for ids, _reached in search.newest(self.every, above, below):
            found += [message.pk for message in self._messages(ids)]
            if len(found) >= self.MOST or time.monotonic() > deadline:
                break
        return found[: self.MOST]


def beginning_of(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, clock.min)) if day else None
