"""An archive -> a room: all of it is looked at before anything is made of it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import transaction

from accounts import names
from chat import markup
from chat.backup.making import bar
from chat.errors import ChatError
from chat.markup.mentions import EVERYONE
from chat.models import Message, Origin, Room, StandIn, new_poll
from chat.models.carrying import Asked, Earlier, Entry, File, Reacted, Step
from chat.moving import form
from chat.parcels import Unfit

People = Mapping[int, Any]  # Users of this site, by the ids of people in the archive


@dataclass
class Arrival:
    """An archive that is whole, and of which all can be taken in; see examined()."""

    archive: form.RoomArchive
    files: int = 0
    named: set[int] = field(default_factory=set)  # the people in its messages

    @property
    def manifest(self) -> form.Manifest:
        return self.archive.manifest

    @property
    def site(self) -> str:
        """Whence its people are."""
        return f"chatsite {self.manifest.site}"[:200]

    @property
    def source(self) -> str:
        return f"chatsite {self.manifest.site}/#{self.manifest.room}"[:200]

    @property
    def is_of_this_site(self) -> bool:
        return self.manifest.site == settings.SITE_URL

    @cached_property
    def about(self) -> form.RoomAbout:
        return self.archive.room()

    @cached_property
    def people(self) -> dict[int, form.Person]:
        return {one.id: one for one in self.about.people}

    # Looking at it --------------------------------------------------------------------------------

    def examine(self) -> None:
        """Read everything. Raises Unfit."""
        if names.clean(self.site) != self.site:
            raise Unfit("Its manifest names a site that has no such address.")
        with bar("examining", self.archive.size) as shown:
            for name in self.manifest.entries:
                self.archive.copy(name, None, shown.update)
        there = {*self.manifest.entries, *self.manifest.missing}
        taken: set[str] = set()
        for message in self.archive.messages():
            try:
                self._look_at(message)
            except (ChatError, ValueError) as error:
                raise Unfit(f"Message {message.id} cannot be taken in: {error}") from error
            for file in message.files:
                if file.path not in there or not form.FILE.fullmatch(file.path):
                    raise Unfit(f"The file {file.path!r} of message {message.id} is missing.")
                if file.path in taken:
                    raise Unfit(f"The file {file.path!r} is of several messages.")
                taken.add(file.path)
            self.files += len(message.files)

    def _look_at(self, message: form.Message) -> None:
        named = {message.author, *message.mentions.values()} - {0}
        named |= {one.by for one in message.reactions}
        if message.poll:
            named |= {person for person, _choice in message.poll.votes}
            new_poll(message.poll.choices)
            if any(choice >= len(message.poll.choices) for _person, choice in message.poll.votes):
                raise ValueError("somebody chose what is no choice.")
            voters = {person for person, _choice in message.poll.votes}
            if not message.poll.several and len(voters) < len(message.poll.votes):
                raise ValueError("somebody chose twice where one may choose once.")
        if unknown := named - self.people.keys():
            raise ValueError(f"{form.ROOM} does not know person {min(unknown)}.")
        for name, pk in message.mentions.items():
            if not pk and names.key(name) not in EVERYONE:
                raise ValueError(f"{name!r} does not mean everybody.")
        if not message.deleted_at:
            Message.readable(message.body, files=len(message.files))
        if message.forwarded and message.forwarded.author:
            named.add(message.forwarded.author)
        self.named |= named

    # Making a room of it --------------------------------------------------------------------------

    def begun_in(self, name: str) -> Room | None:
        """The room that was called so, into which this archive was being taken when it stopped."""
        rooms = Room.objects.filter(origins__source=self.source)
        return rooms.filter(name_key=names.key(name)[:255]).first()

    def make_room(self, by, name: str, people: People) -> Room:
        """A new one, with those of its members who are here. Raises as Room.create()."""
        about = self.about
        kind = Room.Kind.PRIVATE if about.kind == "direct" else about.kind
        with transaction.atomic():
            room = Room.create(
                by,
                name,
                topic=markup.clean(about.topic),
                kind=kind,
                guests_allowed=about.guests_allowed,
                callers=about.callers,
            )
            times = {"created_at": about.created_at, "archived_at": about.archived_at}
            Room.objects.filter(pk=room.pk).update(**times)
            for member, user, role in self.admitted(people):
                room.admit(user, role)
                room.memberships.filter(user=user).update(joined_at=member.joined_at)
            owners = room.memberships.filter(role="owner").exclude(user=by)
            if owners.exists() and by.pk not in {user.pk for user in self._members(people)}:
                room.leave(by)
            Origin.into(room, by, self.source)
        room.refresh_from_db()
        return room

    def admitted(self, people: People) -> Iterator[tuple[form.Member, Any, str]]:
        """Its members who become members of a new room, with who they are here, and as what."""
        for member in self.about.members:
            user = people.get(member.person)
            if user and user.is_active and (self.about.guests_allowed or not user.is_guest):
                yield member, user, "member" if user.is_guest else member.role

    def _members(self, people: People) -> list:
        found = [people.get(member.person) for member in self.about.members]
        return [user for user in found if user]

    def carry_into(self, room: Room, by, people: People) -> Iterator[Step]:
        """Take in all that was said, as Origin.carry_in() does it. Raises Unfit or NotAllowed."""
        everybody = self._everybody(people)
        entries = (self._entry(message, everybody) for message in self.archive.messages())
        yield from Origin.into(room, by, self.source).carry_in(entries)

    def _everybody(self, people: People) -> dict[int, Any]:
        """Who is nobody here has a stand-in, with a name that cannot be taken for another's."""
        known = StandIn.objects.filter(source=self.site).select_related("user")
        everybody = {int(one.key): one.user for one in known} | dict(people)
        User = get_user_model()
        for pk in sorted(self.named & self.people.keys() - everybody.keys()):
            one = self.people[pk]
            name = User.free_name(names.clean(one.name)[: User.NAME_LENGTH])
            about = {"is_bot": one.bot, "is_guest": one.guest}
            everybody[pk] = StandIn.of(self.site, str(pk), name, **about)
        return everybody

    def _entry(self, line: form.Message, people: dict[int, Any]) -> Entry:
        files = [self._file(file) for file in line.files if file.path in self.there]
        lost = ", ".join(file.name for file in line.files) if not files else ""
        return Entry(
            key=str(line.id),
            author=people[line.author],
            when=line.at,
            body=line.body or lost,
            thread=str(line.thread) if line.thread else None,
            reply_to=str(line.reply_to) if line.reply_to else None,
            mentions={
                names.clean(name): people[pk] if pk else None for name, pk in line.mentions.items()
            },
            files=files,
            poll=asked(line.poll, people) if line.poll else None,
            reactions=[Reacted(one.emoji, people[one.by], one.at) for one in line.reactions],
            edited_at=line.edited_at,
            edits=[Earlier(edit.at, edit.body) for edit in line.edits],
            pinned_at=line.pinned_at,
            due_at=line.due_at,
            forwarded=forwarded(line.forwarded, people) if line.forwarded else None,
            deleted_at=line.deleted_at,
            removed_by=names.clean(line.removed_by),
        )

    @cached_property
    def there(self) -> set[str]:
        return {*self.manifest.entries}

    def _file(self, file: form.FileAbout) -> File:
        open_it = partial(self.archive.open, file.path)
        return File(file.name, open_it, file.description, file.waveform)


@contextmanager
def examined(path: Path) -> Iterator[Arrival]:
    """Read the whole archive at `path`. Raises Unfit."""
    with form.RoomArchive(path) as archive:
        arrival = Arrival(archive)
        arrival.examine()
        yield arrival


def asked(poll: form.Poll, people: dict[int, Any]) -> Asked:
    votes = [(people[person], choice) for person, choice in poll.votes]
    return Asked(poll.choices, votes, poll.several, poll.closes_at)


def forwarded(origin: form.Forwarded, people: dict[int, Any]) -> dict:
    """As origin_of() gives it; without an address, which may not be here."""
    author = people.get(origin.author or 0)
    found: dict[str, Any] = {"author": {"id": author.pk, "name": author.name}} if author else {}
    room = names.clean(origin.room)
    return found | ({"room": {"name": room}} if room else {})
