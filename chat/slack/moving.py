"""An export into the site, by the verbs for what comes from elsewhere (chat/models/carrying.py).

Begun again, it goes on where it was: people, rooms and messages are known by their ids in Slack.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from django.conf import settings
from django.db import transaction

from accounts import names
from accounts.models import User
from chat import markup
from chat.errors import ChatError, Invalid, Taken
from chat.models import Message, Origin, Reaction, Room, StandIn
from chat.models.carrying import Entry, LeftOut, Reacted
from chat.models.carrying import File as CarriedFile
from chat.parcels import Unfit

from . import mrkdwn
from .export import Export
from .reading import Author, Limits, Reading, Said
from .records import Channel, Person
from .report import Loss, Report

MOST_STRANGERS = 1000  # authors in no list who get a name of their own
UNKNOWN = "unknown"  # see reading.known_form()
MOST_ALIKE = 98  # people of one name, told apart by a number
# What carry_in() could not take in, by what it says it was.
LOSSES = {
    "file": Loss.FILE_BROKEN,
    "reaction": Loss.REACTION_KINDS,
    "pin": Loss.PIN,
    "thread": Loss.ROOT,
}


class People:
    """Who of an export is who here: somebody the operator named, or one made for it.

    In a dry run nobody is made, and all have the names they have in Slack.
    """

    def __init__(self, source: str, listed: Mapping[str, Person], report: Report, dry_run: bool):
        self.source, self.listed, self.report, self.dry_run = source, listed, report, dry_run
        known = StandIn.objects.filter(source=source).select_related("user")
        self.here: dict[str, User] = {one.key: one.user for one in known}
        self.mapped: dict[str, User] = {}
        self.made: set[str] = set()
        self.strangers = 0
        alike = [names.likeness(user.name) for user in self.here.values()]
        self.looks = {look for one in alike if one for look in one}
        self.numbers: Counter[str] = Counter()

    def take_for(self, slack: str, user: User) -> None:
        """`slack`, an id or a name there, is `user` here. Raises Unfit."""
        found = [one for one in self.listed.values() if slack in (one.id, one.name)]
        if len(found) != 1:
            raise Unfit(f"There is nobody, or more than one, called “{slack}” in the export.")
        if before := self.here.get(found[0].id):
            self.report.lose(Loss.MAPPED, f"{slack}: {before.name}")
        self.mapped[found[0].id] = self.here[found[0].id] = user

    def of(self, author: Author) -> User | None:
        """None in a dry run."""
        if author.id not in self.listed and author.id not in self.here:
            author = self._stranger(author)
        return self._person(author)

    def known(self, slack_id: str) -> User | None:
        """Who is in the list of people, or wrote something; nobody else is made for being named."""
        if slack_id in self.here:
            return self.here[slack_id]
        return self._person(Author(slack_id)) if slack_id in self.listed else None

    def is_known(self, slack_id: str) -> bool:
        return any(slack_id in those for those in (self.listed, self.here, self.made))

    def name_of(self, slack_id: str) -> str:
        if user := self.known(slack_id):
            return user.name
        return (self.listed[slack_id].names or [slack_id])[0] if slack_id in self.listed else ""

    def members(self, channel: Channel) -> Iterator[User]:
        """Those of a channel who can come to the room: whom the operator named."""
        for slack_id in dict.fromkeys(channel.members or []):
            if user := self.mapped.get(slack_id):
                yield user

    def _stranger(self, author: Author) -> Author:
        if author.id in self.made:
            return author
        if self.strangers >= MOST_STRANGERS and author.id != UNKNOWN:
            self.report.lose(Loss.STRANGERS, author.id)
            return Author(UNKNOWN)
        self.strangers += 1
        self.report.lose(Loss.AUTHOR, ", ".join([author.id, *author.names[:1]]))
        return author

    def _person(self, author: Author) -> User | None:
        if author.id in self.here:
            return self.here[author.id]
        self.made.add(author.id)
        if self.dry_run:
            return None
        person = self.listed.get(author.id)
        name = self._free_name(person.names if person else author.names, author.id)
        is_bot = bool(person.is_bot) if person else author.is_bot
        self.here[author.id] = StandIn.of(self.source, author.id, name, is_bot=is_bot)
        return self.here[author.id]

    def _free_name(self, wishes: Iterable[str], slack_id: str) -> str:
        """By the site's rules, and one that nobody's looks like."""
        wishes = list(wishes)
        for candidate in self._candidates(wishes, slack_id):
            try:
                name = User.usable_name(candidate)
                User.require_free_name(name)
            except (Invalid, Taken):
                continue
            alike = {*(names.likeness(name) or ())}
            if not self.looks & alike:
                self.looks |= alike
                if wishes[:1] != [name]:
                    self.report.lose(Loss.NAME, f"{(wishes or [slack_id])[0]} → {name}")
                return name
        return ""

    def _candidates(self, wishes: list[str], slack_id: str) -> Iterator[str]:
        """What they are called, then the same with a number."""
        short = [name for wish in wishes if (name := names.clean(wish)[: User.NAME_LENGTH - 5])]
        yield from short
        for name in short[:1]:
            # Where very many are called the same, not all numbers are tried again for each.
            while self.numbers[name] < MOST_ALIKE:
                self.numbers[name] += 1
                yield f"{name} {self.numbers[name] + 1}"
        yield f"Slack {slack_id}"


@dataclass
class Brought:
    """What became of a channel."""

    channel: str
    room: str
    address: str  # '' in a dry run of a room that is to be made
    is_new: bool
    messages: int = 0
    files: int = 0
    known: int = 0  # messages that were there already
    members: int = 0


@dataclass
class Target:
    channel: Channel
    brought: Brought
    room: Room | None = None
    origin: Origin | None = None


class Moving:
    """Carries what was chosen of an export into the site, in the name of `by`."""

    def __init__(self, export: Export, report: Report, by: User, *, dry_run: bool = False):
        self.export, self.report, self.by, self.dry_run = export, report, by, dry_run
        teams = Counter(one.team_id for one in export.people.values() if one.team_id)
        team = teams.most_common(1)[0][0][:50] if teams else ""
        self.source = f"slack:{names.clean(team)}"
        self.people = People(self.source, export.people, report, dry_run)
        self.channels = {channel.id: channel for channel in export.channels}
        self.targets: dict[str, Target] = {}
        self.limits = Limits(
            file=settings.MAX_FILE_BYTES,
            files=Message.MOST_FILES,
            kinds=Reaction.KINDS,
            pins=Message.MOST_PINS,
        )

    def choose(self, only: Iterable[str] = (), *, private: bool = False) -> list[Channel]:
        """The channels that are to be carried over. Raises Unfit for one that is not there."""
        wanted = {self.called(name).id for name in only}
        chosen = []
        for channel in self.channels.values():
            if wanted and channel.id not in wanted:
                continue
            if channel.is_private and not private:
                self.report.lose(Loss.PRIVATE, f"#{channel.name}")
            elif not self.export.has_folder(channel):
                self.report.lose(Loss.CHANNEL, f"#{channel.name}: no folder")
            else:
                chosen.append(channel)
        return chosen

    def days(self, channels: list[Channel]) -> int:
        """How many days there are to be read."""
        return sum(len(self.export.days_of(channel)) for channel in channels)

    def called(self, name: str) -> Channel:
        """The channel of that name or id. Raises Unfit."""
        bare = name.removeprefix("#")
        found = [one for one in self.channels.values() if bare in (one.id, one.name)]
        if len(found) != 1:
            raise Unfit(f"There is no channel “{bare}” in the export, or more than one.")
        return found[0]

    def run(
        self, channels: list[Channel], into: Mapping[str, Room], told: Callable[[int], object]
    ) -> list[Brought]:
        """Carry these over; `into` the rooms named for some by the ids of channels, the others into
        rooms of their own. `told` hears of every day that was read.

        All rooms are there before the first message, which may name any of them. Raises as the
        verbs do, or Unfit.
        """
        for channel in channels:
            self.targets[channel.id] = self._target(channel, into.get(channel.id))
        self.report.lose(Loss.DIRECT, count=self.export.count_direct())
        for target in self.targets.values():
            self._carry(target, told)
        return [target.brought for target in self.targets.values()]

    def known_rooms(self, channels: list[Channel]) -> dict[str, Room]:
        """Those into which an earlier export was carried, by the ids of these channels."""
        sources = {f"{self.source}/{channel.id}": channel.id for channel in channels}
        origins = Origin.objects.filter(source__in=sources).select_related("room").order_by("-pk")
        return {sources[origin.source]: origin.room for origin in origins}

    # For reading.Here

    def name_of(self, slack_id: str) -> str:
        return self.people.name_of(slack_id)

    def address_of(self, slack_id: str) -> str:
        room = self.targets[slack_id].room if slack_id in self.targets else None
        return settings.SITE_URL + room.get_absolute_url() if room else ""

    def channel_called(self, slack_id: str) -> str:
        return self.channels[slack_id].name if slack_id in self.channels else ""

    # Rooms

    def _target(self, channel: Channel, room: Room | None) -> Target:
        source = f"{self.source}/{channel.id}"
        origin = Origin.objects.filter(source=source).select_related("room").order_by("pk").first()
        if origin and room and origin.room != room:
            raise Unfit(f"#{channel.name} was carried into “{origin.room}” before: go on there.")
        if room := room or (origin.room if origin else None):
            brought = Brought(names.clean(channel.name), room.name, room.slug, is_new=False)
            if self.dry_run:
                return Target(channel, brought, origin=origin)
            return Target(channel, brought, room, Origin.into(room, self.by, source))
        # In one step: a room without its origin would be made again.
        with transaction.atomic():
            room = self._room_for(channel)
            brought = Brought(names.clean(channel.name), room.name, room.slug, is_new=True)
            origin = Origin.into(room, self.by, source)
            if channel.is_archived:
                room.archive(self.by)
            transaction.set_rollback(self.dry_run)
        if self.dry_run:
            brought.address = ""
            return Target(channel, brought)
        return Target(channel, brought, room, origin)

    def _room_for(self, channel: Channel) -> Room:
        kind = Room.Kind.PRIVATE if channel.is_private else Room.Kind.PUBLIC
        wish, topic = names.clean(channel.name), self._topic_of(channel)
        for name in [
            wish,
            *(f"{wish[: Room.NAME_LENGTH - 4]} {number}" for number in range(2, 100)),
        ]:
            name = name[: Room.NAME_LENGTH].strip() or f"Slack {channel.id}"
            try:
                room = Room.create(self.by, name, topic=topic, kind=kind)
            except (Invalid, Taken):
                continue
            if name != channel.name:
                self.report.lose(Loss.NAME, f"#{channel.name} → {name}")
            return room
        raise Unfit(f"There is no free name for #{channel.name}: name a room for it with --into.")

    def _topic_of(self, channel: Channel) -> str:
        """Topic and purpose in one line."""
        said = [about.value for about in (channel.topic, channel.purpose) if about and about.value]
        reading = Reading(self.export, channel, Report(), self, self.limits)
        words = [" ".join(markup.clean(mrkdwn.plain(one, reading)).split()) for one in said]
        topic = " · ".join(dict.fromkeys(filter(None, words)))
        most = Room._meta.get_field("topic").max_length or 0
        if len(topic) > most:
            self.report.lose(Loss.TOPIC, f"#{channel.name}")
        return markup.shortened(topic, most)

    def _bring_members(self, target: Target) -> None:
        for user in self.people.members(target.channel):
            if target.room and not target.room.membership_of(user):
                try:
                    target.room.add_member(self.by, user)
                except ChatError as error:
                    self.report.lose(Loss.MEMBER, f"{user.username}: {error.message}")
                    continue
            target.brought.members += 1

    # Messages

    def _carry(self, target: Target, told: Callable[[int], object]) -> None:
        reading = Reading(self.export, target.channel, self.report, self, self.limits)
        said, brought = self._said(reading, told), target.brought
        if target.room is None or target.origin is None:
            self._bring_members(target)
            for one in said:
                self._look_at(one, target)
            return
        if not target.origin.carried.exists():
            self._bring_members(target)  # afterwards who left since then is not brought back
        for step in target.origin.carry_in(map(self._entry, said)):
            brought.messages += step.messages
            brought.files += step.files
            brought.known += step.known
            for left_out in step.left_out:
                self._note(target.channel, left_out)

    def _said(self, reading: Reading, told: Callable[[int], object]) -> Iterator[Said]:
        for day in self.export.days_of(reading.channel):
            yield from reading.said_on(day)
            told(1)

    def _entry(self, said: Said) -> Entry:
        meant = filter(None, map(self.people.known, said.mentions))
        return Entry(
            key=said.key,
            author=self.people.of(said.author),
            when=said.at,
            body=said.body,
            thread=said.thread,
            mentions={user.name: user for user in meant},
            files=[
                CarriedFile(file.called, partial(self.export.open, file.id)) for file in said.files
            ],
            reactions=list(self._reactions(said)),
            edited_at=said.edited_at,
            pinned_at=said.at if said.is_pinned else None,
            deleted_at=said.at if said.is_deleted else None,
        )

    def _reactions(self, said: Said) -> Iterator[Reacted]:
        for sign, people in said.reactions:
            for slack_id in people:
                if not self.people.is_known(slack_id):
                    self.report.lose(Loss.REACTION_PEOPLE, f"{sign} {slack_id[:50]}")
                elif user := self.people.known(slack_id):
                    yield Reacted(sign, user)

    def _look_at(self, said: Said, target: Target) -> None:
        """What a dry run makes of it."""
        self.people.of(said.author)
        list(self._reactions(said))
        if target.origin and target.origin.knows(said.key):
            target.brought.known += 1
        else:
            target.brought.messages += 1
            target.brought.files += len(said.files)

    def _note(self, channel: Channel, left_out: LeftOut) -> None:
        kind = LOSSES.get(left_out.what, Loss.DETAIL)
        self.report.lose(kind, f"#{channel.name} {left_out.key}: {left_out.why}")
