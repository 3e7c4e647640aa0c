"""What was said elsewhere comes into a room: see Origin.carry_in()."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import islice
from typing import IO, Any, NamedTuple

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Count, Max
from django.db.models.functions import Cast, Concat
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import names
from chat import broadcasts, markup, search
from chat.errors import Empty, Invalid, NotAllowed, TooLong
from chat.models.attachment import Attachment
from chat.models.edit import MessageEdit
from chat.models.message import Message
from chat.models.poll import Vote, new_poll
from chat.models.reaction import Reaction
from chat.models.room import Room
from chat.models.thread import ThreadReader

# What comes in ------------------------------------------------------------------------------------


class Earlier(NamedTuple):
    """What a message said before it was changed."""

    written_at: datetime
    body: str


class Reacted(NamedTuple):
    emoji: str
    user: Any
    at: datetime | None = None  # None: with the message


@dataclass(frozen=True)
class File:
    """A file of a message; `open` gives its bytes, and is called only when they are needed."""

    name: str
    open: Callable[[], IO[bytes]]
    description: str = ""
    waveform: str = ""  # of what was spoken, see Attachment


@dataclass(frozen=True)
class Asked:
    """A poll, and who chose which of the `choices`, by its place."""

    choices: list[str]
    votes: Sequence[tuple[Any, int]] = ()
    several: bool = False
    closes_at: datetime | None = None


@dataclass(frozen=True)
class Entry:
    """A message from elsewhere.

    People are Users of this site; for whoever is none, StandIn.of() gives one. `key` is what the
    message is called where it comes from, the same whenever it is carried in again; `thread` and
    `reply_to` are keys of messages that come before it.
    """

    key: str
    author: Any
    when: datetime
    # As it would be written here: Markdown, of at most Message.BODY_LENGTH characters, and not
    # empty where there are no files.
    body: str = ""
    thread: str | None = None
    reply_to: str | None = None
    # Names that stand in `body` behind an @, and whom they mean; None is everybody in the room.
    mentions: Mapping[str, Any] = field(default_factory=dict)
    files: Sequence[File] = ()
    reactions: Sequence[Reacted] = ()
    poll: Asked | None = None
    edited_at: datetime | None = None
    edits: Sequence[Earlier] = ()  # the earliest first
    pinned_at: datetime | None = None
    due_at: datetime | None = None
    forwarded: dict | None = None  # see origin_of()
    # Then it is a tombstone, and of all else only what stands in its thread is taken in.
    deleted_at: datetime | None = None
    removed_by: str = ""  # the name of the moderator who did that


class LeftOut(NamedTuple):
    """Something of an entry that could not be taken in: a `file`, `reaction`, `pin`, or the
    `thread` or `reply_to` that it names. `why` is for who runs the site.
    """

    key: str
    what: str
    why: str


@dataclass
class Step:
    """What one step took in: `messages` and the `files` in them; `known` were there already."""

    messages: int = 0
    files: int = 0
    known: int = 0
    left_out: list[LeftOut] = field(default_factory=list)

    def __add__(self, other: "Step") -> "Step":
        return Step(
            self.messages + other.messages,
            self.files + other.files,
            self.known + other.known,
            self.left_out + other.left_out,
        )


# Where it comes from ------------------------------------------------------------------------------


class StandIn(models.Model):
    """Who stands here for somebody of elsewhere: a name and nothing else, who cannot sign in.

    Nobody of this site is ever taken for them because of their name. Whom the importer was told
    that they are here, has no need of one.
    """

    source = models.CharField(max_length=200)
    key = models.CharField(max_length=100)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="stands_for")

    class Meta:
        verbose_name = _("stand-in")
        verbose_name_plural = _("stand-ins")
        constraints = [
            models.UniqueConstraint("source", "key", name="one_stand_in_per_person"),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.source}: {self.key})"

    @classmethod
    def of(cls, source: str, key: str, name: str, **about: bool):
        """The User who stands here for who is called `key` in `source`: the same as the last time,
        or made now with that `name`, as User.objects.stand_in() does it.
        """
        known = cls.objects.select_related("user").filter(source=source, key=key).first()
        if known:
            return known.user
        with transaction.atomic():
            user = get_user_model().objects.stand_in(name, **about)
            cls.objects.create(source=source, key=key, user=user)
        return user


class Origin(models.Model):
    """What of elsewhere was carried into a room: a channel, or a room of another site."""

    AT_ONCE = 200

    room = models.ForeignKey("chat.Room", models.CASCADE, related_name="origins")
    source = models.CharField(max_length=200)
    # From when to when that was said. Its ids do not tell: they are as high as those of today.
    since = models.DateTimeField(null=True)
    until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("origin")
        verbose_name_plural = _("origins")
        constraints = [
            models.UniqueConstraint("room", "source", name="one_origin_per_room_and_source"),
        ]

    def __str__(self) -> str:
        return f"{self.source} → {self.room}"

    @classmethod
    def into(cls, room: Room, by, source: str) -> "Origin":
        """The one of `room` that `source` names; for who runs the site.

        Raises NotAllowed, or Invalid where what is old would be deleted again.
        """
        if not by.has_perms(["chat.change_room", "chat.change_message"]):
            raise NotAllowed
        if room.kept_days:
            raise Invalid(gettext("This room keeps its messages only for a while."))
        return cls.objects.get_or_create(room=room, source=source)[0]

    def carry_in(self, entries: Iterable[Entry]) -> Iterator[Step]:
        """Let the room have these messages, in this order, which should be that of time; step by
        step, of AT_ONCE each. Gives what each step took in.

        They stand below what is there, as they were then: with their times, threads, answers,
        reactions, votes, earlier texts and pins. HTML is made here, of what they say. Nobody is
        told of them, they are nobody's news, and no page behind a link is fetched; open browsers
        load the room afresh. Nobody becomes a member. Files go the way of uploads, but not against
        their authors' quotas, nor do limits hold anything up.

        A step is one short transaction, before which the texts are rendered and the files stored;
        so whoever writes meanwhile waits for little. Begun again after an interruption, what is
        there is known by its key and passed over.

        Raises Empty or TooLong for a text that no message may have, and nothing of its step is
        taken in; what else cannot be is left out and told.
        """
        waiting = iter(entries)
        while some := list(islice(waiting, self.AT_ONCE)):
            known = self._ids({entry.key for entry in some})
            new = [entry for entry in some if entry.key not in known]
            step = Step(known=len(some) - len(new))
            if new:
                self._take_in(new, step)
            yield step

    def knows(self, key: str) -> bool:
        """Whether the message that has that key there was carried in, be it deleted since."""
        return self.carried.filter(key=key).exists()

    def _ids(self, keys: set[str]) -> dict[str, int | None]:
        """Of the messages that have these keys there; None of those that were deleted here."""
        return dict(self.carried.filter(key__in=keys).values_list("key", "message"))

    def _take_in(self, entries: list[Entry], step: Step) -> None:
        arrivals: list[_Arrival] = []
        try:
            arrivals.extend(_Arrival.prepared(entry, step) for entry in entries)
            with self.room.locked() as room:
                self._write(room, arrivals, step)
        except BaseException:
            ids = [file.pk for arrival in arrivals for file in arrival.files]
            Attachment.objects.filter(pk__in=ids).discard()
            raise

    def _write(self, room: Room, arrivals: "list[_Arrival]", step: Step) -> None:
        newest = room.last_message_id or 0
        is_told = not room.messages.filter(pk__gt=room.told_up_to).exists()
        pins = room.messages.pinned().count()
        for arrival in arrivals:
            pins += arrival.pin_unless_full(pins, step)
        messages = [arrival.begin(room) for arrival in arrivals]
        Message.objects.bulk_create(messages)
        self.carried.bulk_create(
            [Carried(origin=self, key=one.entry.key, message=one.message) for one in arrivals]
        )
        roots = self._connect(room, arrivals, step)
        for arrival in arrivals:
            arrival.complete()
        Message.objects.bulk_update(messages, _Arrival.COMPLETED)
        search.put(*(message for message in messages if not message.deleted_at))
        self._count_threads(room, messages, roots)
        self._reach(room, newest, is_told, arrivals)
        step.messages += len(messages)
        step.files += sum(len(arrival.files) for arrival in arrivals)
        transaction.on_commit(partial(broadcasts.much_changed, room))

    def _connect(self, room, arrivals: "list[_Arrival]", step: Step) -> dict[int, Message]:
        """Put them where they were said; the roots of their threads, by their ids."""
        entries = [arrival.entry for arrival in arrivals]
        here: dict[str, int | None] = {one.entry.key: one.message.pk for one in arrivals}
        named = {key for entry in entries for key in (entry.thread, entry.reply_to) if key}
        here |= self._ids(named - here.keys())
        those = {pk for key in named if (pk := here.get(key))}
        # What was just written are the very objects, so that all that is noted on them is kept.
        there = {one.pk: one for one in Message.objects.filter(pk__in=those)}
        there |= {arrival.message.pk: arrival.message for arrival in arrivals}
        roots = {}
        for arrival in arrivals:
            message, found = arrival.message, {}
            for what in ("thread", "reply_to"):
                if key := getattr(arrival.entry, what):
                    if (pk := here.get(key)) and pk < message.pk:
                        found[what] = there[pk]
                    else:
                        why = f"What it names, {key}, was not said before it."
                        step.left_out.append(LeftOut(arrival.entry.key, what, why))
            message.reply_to = found.get("reply_to")
            root = found.get("thread")
            if root and root.thread_id:  # there are no threads within threads
                root = there.get(root.thread_id) or Message.objects.get(pk=root.thread_id)
            if root:
                root.room, message.thread = room, root
                roots[root.pk] = root
        return roots

    def _count_threads(self, room, messages, roots: dict[int, Message]) -> None:
        """Tell under `roots` what has become of their threads; who takes part has read it."""
        said = Message.objects.visible().filter(thread__in=roots).order_by().values("thread")
        news = {one.pk for one in messages}
        times = {one.pk: one.created_at for one in messages}
        for one in said.annotate(count=Count("pk"), last=Max("pk")):
            root = roots[one["thread"]]
            readers = ThreadReader.objects.filter(root=root, last_read__gte=root.thread_last)
            readers.update(last_read=one["last"])
            root.thread_count, root.thread_last = one["count"], one["last"]
            root.thread_at = times.get(one["last"], root.thread_at)
            if root.pk not in news:  # who saw it before sees that there is more
                room.revision += 1
                root.revision = room.revision
        fields = ["thread_count", "thread_last", "thread_at", "revision"]
        Message.objects.bulk_update(roots.values(), fields)
        taking_part = {(one.thread_id, one.author_id) for one in messages if one.thread_id}
        taking_part |= {(root.pk, root.author_id) for root in roots.values()}
        ThreadReader.objects.bulk_create(
            [
                ThreadReader(root_id=pk, user_id=user, last_read=roots[pk].thread_last)
                for pk, user in sorted(taking_part)
            ],
            ignore_conflicts=True,
        )

    def _reach(self, room, newest: int, is_told: bool, arrivals: "list[_Arrival]") -> None:
        """Have the room and this know of them; nobody who had read everything has news."""
        messages = [arrival.message for arrival in arrivals]
        last = room.messages.visible().in_main().order_by("-pk").first()
        if last and last.pk > newest:
            room.memberships.filter(last_read__gte=newest).update(last_read=last.pk)
            room.last_message = last
        if is_told:
            room.told_up_to = messages[-1].pk
        room.save(update_fields=["revision", "last_message", "told_up_to"])
        times = [one.created_at for one in messages]
        # What claims to be said in times to come would be in the way of every search by dates.
        self._widen(min(times), min(max(times), timezone.now()))

    def _widen(self, since: datetime | None, until: datetime | None) -> None:
        self.since = min(filter(None, [since, self.since]), default=None)
        self.until = max(filter(None, [until, self.until]), default=None)
        self.save(update_fields=["since", "until"])

    def take_over(self, other: "Origin") -> None:
        """Know what `other` knows, of the same source in a room whose messages come into this."""
        known = self.carried.values("key")
        other.carried.exclude(key__in=known).update(origin=self)
        # What both know keeps a row: its time is not that of its id, which a search must know.
        twice = Concat(models.Value("again "), Cast("message", models.CharField()))
        other.carried.exclude(message=None).update(origin=self, key=twice)
        self._widen(other.since, other.until)


class Carried(models.Model):
    """That a message was carried in, and what it was called there."""

    origin = models.ForeignKey(Origin, models.CASCADE, related_name="carried", db_index=False)
    key = models.CharField(max_length=100)
    # None of one that was deleted here for good: it is not brought back.
    message = models.OneToOneField(
        "chat.Message", models.SET_NULL, null=True, related_name="carried"
    )

    class Meta:
        verbose_name = _("carried message")
        verbose_name_plural = _("carried messages")
        constraints = [
            models.UniqueConstraint("origin", "key", name="carried_once"),
        ]

    def __str__(self) -> str:
        return self.key


@dataclass
class _Arrival:
    """An entry on its way to become a message."""

    COMPLETED = ("thread", "reply_to", "reaction_tally", "poll")

    entry: Entry
    body: str
    html: str
    edits: list[MessageEdit]
    files: list[Attachment]
    reactions: list[Reacted]
    poll: dict | None
    pinned_at: datetime | None = None
    message: Message = field(init=False)

    @classmethod
    def prepared(cls, entry: Entry, step: Step) -> "_Arrival":
        """All that needs no lock. Raises Empty or TooLong."""
        if entry.deleted_at:
            return cls(entry, "", "", [], [], [], None)
        poll = cls._opened(entry.poll) if entry.poll else None
        body = Message.readable(entry.body, files=len(entry.files))
        earlier = [(one, Message.readable(one.body, files=1)) for one in entry.edits]
        html = rendered(body, entry.mentions)
        edits = [
            MessageEdit(body=text, html=rendered(text, entry.mentions), written_at=one.written_at)
            for one, text in earlier[-MessageEdit.KEPT :]
        ]
        reactions = list(cls._acceptable(entry, step))
        files = list(cls._stored(entry, step))
        if not body and not files:  # all of them were too large: at least it says what was there
            body = ", ".join(file.name for file in entry.files)
            html = rendered(body, {})
        return cls(entry, body, html, edits, files, reactions, poll, entry.pinned_at)

    @staticmethod
    def _opened(asked: Asked) -> dict:
        poll = new_poll(asked.choices, asked.several)
        if asked.closes_at:  # which may be long ago
            poll["closes_at"] = asked.closes_at.isoformat()
        return poll

    @staticmethod
    def _acceptable(entry: Entry, step: Step) -> Iterator[Reacted]:
        there: dict[str, set[int]] = {}
        for one in entry.reactions:
            emoji = markup.one_emoji(one.emoji)
            if emoji is None or (emoji not in there and len(there) == Reaction.KINDS):
                step.left_out.append(LeftOut(entry.key, "reaction", one.emoji))
            elif one.user.pk not in there.setdefault(emoji, set()):
                there[emoji].add(one.user.pk)
                yield one._replace(emoji=emoji)

    @staticmethod
    def _stored(entry: Entry, step: Step) -> Iterator[Attachment]:
        for file in entry.files:
            about = {"waveform": file.waveform, "description": file.description}
            try:
                with file.open() as source:
                    yield Attachment.carry_in(entry.author, source, file.name, **about)
            except (Empty, TooLong) as error:
                step.left_out.append(LeftOut(entry.key, "file", f"{file.name}: {error.message}"))

    def pin_unless_full(self, pins: int, step: Step) -> bool:
        if self.pinned_at and pins >= Message.MOST_PINS:
            step.left_out.append(LeftOut(self.entry.key, "pin", "The board is full."))
            self.pinned_at = None
        return self.pinned_at is not None

    def begin(self, room: Room) -> Message:
        """The message as it is without what refers to others, with the room's next revision."""
        entry, room.revision = self.entry, room.revision + 1
        self.message = Message(
            room=room,
            author=entry.author,
            body=self.body,
            html=self.html,
            revision=room.revision,
            files=[file.about() for file in self.files],
            forwarded=None if entry.deleted_at else entry.forwarded,
            created_at=entry.when,
            due_at=entry.due_at,
            edited_at=None if entry.deleted_at else entry.edited_at,
            pinned_at=self.pinned_at,
            deleted_at=entry.deleted_at,
            removed={"by": entry.removed_by} if entry.removed_by else None,
            poll=self.poll,
        )
        return self.message

    def complete(self) -> None:
        """What others added to it, and its files, now that it has an id."""
        message, entry = self.message, self.entry
        if self.files:
            mine = Attachment.objects.filter(pk__in=[file.pk for file in self.files])
            mine.update(message=message, created_at=entry.when)
        for edit in self.edits:
            edit.message = message
        MessageEdit.objects.bulk_create(self.edits)
        if self.reactions:
            Reaction.objects.bulk_create(
                Reaction(
                    message=message,
                    user=one.user,
                    emoji=one.emoji,
                    to_id=message.author_id,
                    created_at=one.at or entry.when,
                )
                for one in self.reactions
            )
            message.reaction_tally = Reaction.tally_of(message)
        if self.poll and entry.poll and entry.poll.votes:
            votes = {(user.pk, choice) for user, choice in entry.poll.votes}
            Vote.objects.bulk_create(
                Vote(message=message, user_id=user, choice=choice) for user, choice in sorted(votes)
            )
            message.poll = Vote.count(message)


def rendered(body: str, mentions: Mapping[str, Any]) -> str:
    """The HTML of `body` with links to those whom it names, whoever is a member of the room."""
    people = {}
    for name, user in mentions.items():
        url = user and reverse("person", args=[user.pk])
        meant = markup.Mentioned(user.pk, user.name, url) if user else markup.Mentioned(0, name)
        people[names.key(name)] = meant
    return markup.render(body, people)
