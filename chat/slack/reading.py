"""One channel of an export -> what was said in it, as this site keeps it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, Protocol

from django.utils.translation import gettext as _

from chat import markup

from . import blocks, emoji, mrkdwn
from .export import Export
from .records import (
    Attachment,
    Bot,
    Channel,
    Comment,
    Edited,
    File,
    Message,
    Person,
    Profile,
    Reaction,
    many,
    one,
    time_of,
)
from .report import Loss, Report

# What somebody said. All other subtypes are notices of what happened.
SAID = {None, "", "bot_message", "me_message", "thread_broadcast", "reply_broadcast"}
SAID |= {"file_share", "file_comment", "file_mention", "slackbot_response"}

MOST_PARTS = 10  # messages that one may become
MOST_TEXT = (MOST_PARTS - 1) * markup.MAX_LENGTH  # characters
ID = re.compile(r"\w{1,50}", re.ASCII)
# Of a file of which Slack kept nothing but that there was one.
GONE = {"tombstone", "hidden_by_limit"}


class Author(NamedTuple):
    """Whoever wrote, by Slack's id; and what the message says of them, for who is in no list."""

    id: str
    is_bot: bool = False
    names: tuple[str, ...] = ()


class Here(Protocol):
    """What those are called here whom a text names by Slack's ids."""

    def name_of(self, slack_id: str) -> str:
        """Of a person; '' of one who is not known."""

    def address_of(self, slack_id: str) -> str:
        """Of the room that a channel becomes; '' of none."""

    def channel_called(self, slack_id: str) -> str:
        """As it is called in Slack; '' of one that is not known."""


class Limits(NamedTuple):
    """What the site takes: a file in bytes, all else of one message or room by number."""

    file: int
    files: int
    kinds: int  # of reactions
    pins: int


@dataclass
class Said:
    """A message. `key` is its own in the channel; `thread` is the key of that it stands under."""

    key: str
    author: Author
    at: datetime
    body: str
    thread: str | None = None
    mentions: frozenset[str] = frozenset()  # Slack's ids
    is_deleted: bool = False
    edited_at: datetime | None = None
    is_pinned: bool = False
    reactions: list[tuple[str, list[str]]] = field(
        default_factory=list
    )  # emoji, who by Slack's ids
    files: list[File] = field(default_factory=list)  # that are in the archive


class Reading:
    """Goes through a channel, and says in the report what is left behind."""

    def __init__(
        self, export: Export, channel: Channel, report: Report, here: Here, limits: Limits
    ):
        self.export, self.channel, self.report = export, channel, report
        self.here, self.limits = here, limits
        self.pins, self.pinned = {micros(pin.id) for pin in channel.pins or []}, 0
        # By the time of each message that of the one whose thread it is in, its own for most.
        self.places: dict[int, int] = {}
        self.mentioned: set[str] = set()  # in the message that is being read

    def said_on(self, day: str) -> Iterator[Said]:
        """Of one day after the other, in their order."""
        for message in self.export.said_on(day):
            self.mentioned.clear()
            yield from self._said(message)

    def lose(self, kind: Loss, example: str = "", count: int = 1) -> None:
        self.report.lose(kind, f"#{self.channel.name}: {example}", count)

    # For mrkdwn.Names

    def person(self, slack_id: str) -> str:
        name = self.here.name_of(slack_id)
        if name:
            self.mentioned.add(slack_id)
        return name and f"@{name}"

    def link_to(self, slack_id: str, label: str) -> str:
        name = label or self.here.channel_called(slack_id) or slack_id
        return mrkdwn.link(self.here.address_of(slack_id), f"#{name}")

    def unknown_emoji(self, name: str) -> None:
        self.lose(Loss.EMOJI, f":{name}:")

    def _said(self, message: Message) -> Iterator[Said]:
        at, number = time_of(message.ts), micros(message.ts)
        if at is None or number is None:
            return self.lose(Loss.TIME, message.ts)
        if message.subtype == "tombstone":
            # Its thread stays where it is.
            self.lose(Loss.DELETED, message.ts)
            if number not in self.places and message.thread_ts == message.ts:
                self.places[number] = number
                yield Said(self._key(number), self._author(message), at, "", is_deleted=True)
            return
        if message.subtype not in SAID:
            return self.lose(Loss.EVENT, message.subtype or "")
        if number in self.places:
            return self.lose(Loss.TWICE, message.ts)
        files, named = self._files(message)
        parts = list(self._parts("\n".join(filter(None, [self._text(message), *named]))))
        if not parts and not files:
            return self.lose(Loss.EMPTY, message.ts)
        root = self._root(message, number)
        edited = one(message.edited, Edited, self._slip)
        said = Said(
            key=self._key(number),
            author=self._author(message),
            at=at,
            body=parts[0] if parts else "",
            thread=None if root == number else self._key(root),
            mentions=frozenset(self.mentioned),
            edited_at=time_of(edited.ts) if edited else None,
            is_pinned=self._is_pinned(message, number),
            reactions=list(self._reactions(message)),
            files=files,
        )
        yield said
        for part, body in enumerate(parts[1:], 2):
            key = f"{said.key}#{part}"
            yield Said(key, said.author, at, body, said.thread, said.mentions)

    def _key(self, number: int) -> str:
        return f"{number // 10**6}.{number % 10**6:06}"

    def _slip(self) -> None:
        self.lose(Loss.DETAIL)

    def _root(self, message: Message, number: int) -> int:
        root = micros(message.thread_ts) if message.thread_ts else number
        if root == number or root is None:
            self.places[number] = number
        elif root in self.places:
            if message.subtype in ("thread_broadcast", "reply_broadcast"):
                self.lose(Loss.BROADCAST, message.ts)
            self.places[number] = self.places[root]
        else:
            self.lose(Loss.ROOT, message.ts)
            self.places[number] = number
        return self.places[number]

    def _author(self, message: Message) -> Author:
        if message.subtype == "file_comment":
            comment = one(message.comment, Comment, self._slip) or Comment()
            return Author(known_form(comment.user or message.user))
        if message.user:
            profile = one(message.user_profile, Profile, self._slip)
            names = Person(id=message.user, profile=profile).names
            return Author(known_form(message.user), names=tuple(names))
        bot = one(message.bot_profile, Bot, self._slip) or Bot()
        names = [name for name in (message.username, bot.name) if name]
        return Author(known_form(message.bot_id or bot.id), is_bot=True, names=tuple(names))

    # The text ------------------------------------------------------------------------------------

    def _text(self, message: Message) -> str:
        text = message.text or ""
        if message.subtype == "file_comment":
            text = (one(message.comment, Comment, self._slip) or Comment()).comment
        words = self._markdown(text)
        if message.subtype == "me_message" and words and "\n" not in words:
            words = f"*{words}*"
        if not words.strip():
            words = blocks.to_markdown(one(message.blocks, list, self._slip) or [], self)
        cards = list(self._cards(message))
        return "\n".join(filter(None, [words, *cards]))

    def _markdown(self, text: str) -> str:
        if len(text) > MOST_TEXT:
            self.lose(Loss.CUT, f"{len(text):,} characters")
        return mrkdwn.to_markdown(text[:MOST_TEXT], self)

    def _cards(self, message: Message) -> Iterator[str]:
        """What apps wrote into attachments, as quotes; previews of links are made here anew."""
        for card in many(message.attachments, Attachment, self._slip):
            if card.is_preview:
                self.lose(Loss.PREVIEW, card.from_url or card.original_url or "")
                continue
            title = mrkdwn.link(card.title_link or "", card.title or "")
            words = [self._markdown(text or "") for text in (card.pretext, card.text)]
            words = [*filter(None, [words[0], title, words[1]])]
            words = words or [self._markdown(card.fallback or "")]
            self.lose(Loss.CARD, card.title or card.fallback or message.ts)
            if text := "\n".join(words).strip():
                yield "\n".join(f"> {line}" for line in text.split("\n"))

    def _parts(self, text: str) -> Iterator[str]:
        """`text` in pieces that the site takes."""
        text = markup.clean(text)
        if len(text) > markup.MAX_LENGTH:
            self.lose(Loss.LONG, f"{len(text):,} characters")
        for _part in range(MOST_PARTS):
            if not text:
                return
            part, text = mrkdwn.split(text, markup.MAX_LENGTH)
            if part := markup.clean(part):
                yield part
        if text:
            self.lose(Loss.CUT, f"{len(text):,} characters")

    # What hangs on it ----------------------------------------------------------------------------

    def _files(self, message: Message) -> tuple[list[File], list[str]]:
        """The files that come along, and a line of text for each that does not."""
        files: list[File] = []
        named: list[str] = []
        found = [*many(message.files, File, self._slip)]
        if not found and (old := one(message.file, File, self._slip)):
            found = [old]
        for file in found:
            size = self.export.size_of(file.id)
            if file.mode in GONE:
                self.lose(Loss.FILE_GONE, file.id)
                continue
            if size is None:
                self.lose(Loss.FILE_ABSENT, file.called)
            elif file.id in self.export.given:
                self.lose(Loss.FILE_TWICE, file.called)
            elif not 0 < size <= self.limits.file:
                self.lose(Loss.FILE_SIZE, f"{file.called}, {size:,} bytes")
            elif len(files) == self.limits.files:
                self.lose(Loss.FILE_COUNT, file.called)
            elif not self.export.is_whole(file.id):
                self.lose(Loss.FILE_BROKEN, file.called)
            else:
                files.append(file)
                self.export.given.add(file.id)
                continue
            if len(named) < self.limits.files:
                name = mrkdwn.escaped(" ".join(file.called.split())[:200])
                named.append(_("📎 %s (left behind in Slack)") % name)
        return files, named

    def _reactions(self, message: Message) -> Iterator[tuple[str, list[str]]]:
        kinds: set[str] = set()
        for reaction in many(message.reactions, Reaction, self._slip):
            count, name = max(1, len(reaction.users)), f":{reaction.name[:50]}:"
            sign = emoji.sign_of(reaction.name)
            if sign is None:
                self.lose(Loss.REACTION_EMOJI, name, count)
            elif sign not in kinds and len(kinds) == self.limits.kinds:
                self.lose(Loss.REACTION_KINDS, name, count)
            else:
                kinds.add(sign)
                # Of very many people Slack writes down only some.
                missing = max(0, reaction.count - len(reaction.users))
                self.lose(Loss.REACTION_PEOPLE, name, missing)
                yield sign, list(dict.fromkeys(reaction.users))

    def _is_pinned(self, message: Message, number: int) -> bool:
        pinned_to = one(message.pinned_to, list[str], self._slip) or []
        if number not in self.pins and self.channel.id not in pinned_to:
            return False
        if self.pinned == self.limits.pins:
            self.lose(Loss.PIN, message.ts)
            return False
        self.pinned += 1
        return True


def micros(stamp: str) -> int | None:
    """Slack's stamps, which tell messages apart, without the rounding of a float."""
    seconds, _point, fraction = stamp.partition(".")
    whole = seconds + fraction[:6].ljust(6, "0")
    return int(whole) if whole.isascii() and whole.isdigit() and len(whole) <= 16 else None


def known_form(slack_id: object) -> str:
    """An id as Slack writes them; all others are the same unknown one's."""
    return slack_id if isinstance(slack_id, str) and ID.fullmatch(slack_id) else "unknown"
