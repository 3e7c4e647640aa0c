"""What is in an archive of a room, and how it is read with distrust."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec
from django.utils import timezone
from msgspec import Meta, Struct

from chat.parcels import BROKEN, Entry, Parcel, Unfit

ROOM, MESSAGES = "room.json", "messages.jsonl"
FILES, THUMBNAILS = "files", "thumbnails"
FILE = re.compile(r"(files|thumbnails)/[1-9]\d{0,18}(\.[a-z0-9]{1,10})?", re.ASCII)
PAGE = re.compile(r"(index|pages/\d{1,7})\.html|search/\d{1,7}\.js|look/[a-z]+\.(css|js)", re.ASCII)
# What a browser, or a system, does no more with than show it, opened from somebody's disk.
HARMLESS = frozenset(
    """
    7z aac avi avif bmp csv doc docx epub flac gif gz heic heif jpeg jpg json log m4a m4v md mkv
    mov mp3 mp4 odp ods odt oga ogg ogv opus pdf png ppt pptx rtf srt tar tgz tif tiff tsv txt wav
    weba webm webp xls xlsx xz zip
    """.split()  # noqa: SIM905 - a list of words is read and kept more easily as text
)
# Bytes of one message with all that was said of it, and of what is told of the room.
LONGEST_LINE, LONGEST_ROOM = 4_000_000, 200_000_000

Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Text = Annotated[str, Meta(max_length=10_000)]
Line = Annotated[str, Meta(max_length=1000)]
Name = Annotated[str, Meta(max_length=200)]
Moment = Annotated[datetime, Meta(tz=True)]
MOST = Meta(max_length=10_000)  # of what many people do with one message


class Part(Struct, omit_defaults=True, forbid_unknown_fields=True):
    """Of an archive: what is as it mostly is, is not written."""


class Manifest(Part):
    format: Literal[1]
    kind: Literal["chatsite room"]
    version: str  # of the site
    made_at: Moment
    site: Line  # its address
    room: Id  # its id there
    revision: Annotated[int, Meta(ge=0)]  # of the room: what was said up to then is in it
    messages: Annotated[int, Meta(ge=0)]  # lines of messages.jsonl
    entries: dict[str, Entry]
    # The paths of files that were deleted while it was made, or had been lost before.
    missing: list[str] = []


class Person(Part):
    id: Id
    name: Name
    username: Name = ""  # of who has an account
    bot: bool = False
    guest: bool = False


class Member(Part):
    person: Id
    joined_at: Moment
    role: Literal["owner", "moderator", "member"] = "member"


class RoomAbout(Part):
    slug: Name
    name: Name  # of a direct conversation those of its people
    kind: Literal["public", "private", "direct"]
    created_at: Moment
    people: list[Person]  # all that are named anywhere in the archive
    topic: Line = ""
    guests_allowed: bool = False
    callers: Literal["moderators", "everyone", "nobody"] = "moderators"
    archived_at: Moment | None = None
    members: list[Member] = []


class FileAbout(Part):
    path: Line
    name: Line
    kind: Literal["picture", "video", "audio", "voice", "file"]
    type: Line
    size: Annotated[int, Meta(ge=0)]
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    waveform: Name = ""
    description: Line = ""
    thumbnail: Line = ""


class Edit(Part):
    at: Moment
    body: Text = ""


class Reaction(Part):
    emoji: Annotated[str, Meta(max_length=64)]
    by: Id
    at: Moment


class Poll(Part):
    choices: Annotated[list[Name], Meta(min_length=2, max_length=10)]
    several: bool = False
    closes_at: Moment | None = None
    votes: Annotated[list[tuple[Id, Annotated[int, Meta(ge=0, lt=10)]]], MOST] = []


class Forwarded(Part):
    """Where it was said first, as far as its readers may know."""

    author: Id | None = None
    room: Name = ""


class Message(Part):
    id: Id
    author: Id
    at: Moment
    body: Text = ""
    thread: Id | None = None
    reply_to: Id | None = None
    # Names behind an @ in the body, and whom they mean; 0 is everybody in the room.
    mentions: Annotated[dict[Name, Annotated[int, Meta(ge=0)]], MOST] = {}
    files: Annotated[list[FileAbout], Meta(max_length=10)] = []
    poll: Poll | None = None
    reactions: Annotated[list[Reaction], MOST] = []
    edited_at: Moment | None = None
    edits: Annotated[list[Edit], Meta(max_length=50)] = []
    pinned_at: Moment | None = None
    due_at: Moment | None = None
    forwarded: Forwarded | None = None
    deleted_at: Moment | None = None
    removed_by: Name = ""


def path_of(about: dict) -> str:
    """Where the file is in the archive: never called as something that would run."""
    ending = about["name"].rpartition(".")[2].lower()
    is_harmless = ending in HARMLESS and re.fullmatch("[a-z0-9]+", ending)
    return f"{FILES}/{about['id']}.{ending if is_harmless else 'bin'}"


def thumbnail_of(about: dict) -> str:
    return f"{THUMBNAILS}/{about['id']}.webp" if about.get("thumbnail") else ""


class RoomArchive(Parcel):
    """One that is read; a zip, or the folder that it was unpacked to. Raises Unfit."""

    WHAT, TAKES_FOLDERS = "archive", True
    MANIFEST = Manifest

    manifest: Manifest

    def _is_name(self, name: str) -> bool:
        return name in {ROOM, MESSAGES} or bool(FILE.fullmatch(name) or PAGE.fullmatch(name))

    def _check_names(self) -> None:
        super()._check_names()
        # Each may be packed well; all together never are as only something made to harm is.
        packed = 0 if self.path.is_dir() else self.path.stat().st_size
        if packed and self.size > max(self.LARGE, self.MOST_RATIO * packed):
            raise Unfit("It would be much larger than it is: it was made to harm.")

    def room(self) -> RoomAbout:
        """What is told of the room. Raises Unfit."""
        self._require(ROOM, LONGEST_ROOM)
        try:
            with self.open(ROOM) as file:
                about = msgspec.json.decode(file.read(LONGEST_ROOM), type=RoomAbout)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError, OSError, *BROKEN) as error:
            raise Unfit(f"{ROOM} cannot be read: {error}.") from error
        people = {one.id for one in about.people}
        if len(people) < len(about.people) or not {one.person for one in about.members} <= people:
            raise Unfit(f"{ROOM} names people who are not in it, or twice.")
        require_possible(about)
        return about

    def messages(self) -> Iterator[Message]:
        """One after the other, by their ids. Raises Unfit at what is none."""
        self._require(MESSAGES)
        decoder, last, number = msgspec.json.Decoder(Message), 0, 0
        try:
            with self.open(MESSAGES) as file:
                while line := file.readline(LONGEST_LINE + 1):
                    number += 1
                    if len(line) > LONGEST_LINE:
                        raise Unfit(f"Line {number} of {MESSAGES} is too long.")
                    message = decoder.decode(line)
                    if message.id <= last:
                        raise Unfit(f"Line {number} of {MESSAGES} is not in order.")
                    last = message.id
                    require_possible(message)
                    yield message
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise Unfit(f"Line {number} of {MESSAGES} cannot be read: {error}.") from error
        except (OSError, *BROKEN) as error:
            raise Unfit(f"{MESSAGES} cannot be read: {error}.") from error
        if number != self.manifest.messages:
            raise Unfit(f"{MESSAGES} has {number:,} lines; the manifest says otherwise.")

    def _require(self, name: str, longest: int | None = None) -> None:
        entry = self.manifest.entries.get(name)
        if entry is None:
            raise Unfit(f"{name} is missing: the archive is damaged.")
        if longest is not None and entry.size > longest:
            raise Unfit(f"{name} is larger than any such file is.")


# What may be yet to come, and until when; nothing was said before the other.
TO_COME, LAST = frozenset({"due_at", "closes_at"}), datetime(2100, 1, 1, tzinfo=UTC)
FIRST = datetime(1970, 1, 1, tzinfo=UTC)


def require_possible(part: Part) -> None:
    """Raises Unfit where a time in it is none at which that can have been: databases, and
    calendars, end at years that JSON may well have.
    """
    latest = timezone.now() + timedelta(days=1)  # clocks differ
    for name, moment in moments(part):
        if not FIRST <= moment <= (LAST if name in TO_COME else latest):
            raise Unfit(f"{moment} is no time at which anything was: {name} is wrong.")


def moments(part: Part) -> Iterator[tuple[str, datetime]]:
    for name in part.__struct_fields__:
        found = getattr(part, name)
        if isinstance(found, datetime):
            yield name, found
        for one in found if isinstance(found, list) else [found]:
            if isinstance(one, Part):
                yield from moments(one)
