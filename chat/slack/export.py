"""The archive that Slack gives out, read with distrust.

    users.json, channels.json     people and public channels
    groups.json                   private channels; dms.json, mpims.json: direct conversations
    CHANNEL/YYYY-MM-DD.json       what was said on that day
    …/F0123ABC-name, …/F0123ABC/name   files, where whoever made the archive brought them along

Nothing is unpacked to where a name says. An export that was packed again, with a folder around it,
is read as well.
"""

import re
import stat
import unicodedata
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO, TypeVar

import msgspec

from chat.parcels import BROKEN, Unfit

from .records import UNREADABLE, Channel, Message, Person, many, one
from .report import Loss, Report

T = TypeVar("T")

# Of the list of entries: half a million of them.
DIRECTORY_BYTES = 40_000_000
JSON_BYTES = 50_000_000  # one day of a channel, or one list
MOST_A_DAY = 200_000  # messages of a channel, which take far more room than their JSON
# What packs better than that was made to burst.
RATIO, HARMLESS_BYTES = 200, 1_000_000_000

# Half of a surrogate pair, which is no character and would cost the whole day.
_HALF = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
# Speaks in many exports, and is in the list of few.
SLACKBOT = Person(id="USLACKBOT", name="Slackbot", is_bot=True)

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json")
_FILE = re.compile(r"/(F[A-Z0-9]{6,20})(?:[-_/])")
_IGNORED = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|\._)")


class Export:
    """Raises Unfit when it is none, or none to be trusted."""

    def __init__(self, path: Path, report: Report):
        self.report = report
        try:
            with path.open("rb") as file:
                _require_few_entries(file)
            self.zip = _opened(path)
        except FileNotFoundError:
            raise Unfit(f"There is no {path}.") from None
        except (*BROKEN, OSError) as error:
            raise Unfit(f"{path} is no zip archive, or a broken one: {error}.") from error
        try:
            self._take_in(path.stat().st_size)
            listed = {person.id: person for person in self._list(Person, "users", "org_users")}
            self.people = {SLACKBOT.id: SLACKBOT} | listed
            self.channels = self._channels()
        except BaseException:
            self.zip.close()
            raise

    def __enter__(self) -> "Export":
        return self

    def __exit__(self, *_) -> None:
        self.zip.close()

    def _take_in(self, size: int) -> None:
        """Sort the entries by what they are."""
        names = [_checked(info) for info in self.zip.infolist()]
        if len({*names}) < len(names):
            raise Unfit("Several entries have the same name.")
        claimed = sum(info.file_size for info in self.zip.infolist())
        if claimed > HARMLESS_BYTES and claimed > RATIO * size:
            raise Unfit(
                f"Unpacked it would be {claimed // size} times as large: it was made to harm."
            )
        everything = [name for name in names if not _IGNORED.search(name)]
        names = [name for name in everything if not name.endswith("/")]
        tops = [name for name in names if PurePosixPath(name).name == "channels.json"]
        tops = tops or [name for name in names if PurePosixPath(name).name == "groups.json"]
        if not tops:
            raise Unfit("There is no channels.json in it: it is no export of Slack.")
        top = min(tops, key=lambda name: name.count("/"))
        self.folder = top.rpartition("/")[0] + "/" if "/" in top else ""
        self.lists: set[str] = set()
        self.days: dict[str, list[str]] = defaultdict(list)  # by folder
        self.files: dict[str, zipfile.ZipInfo] = {}  # by the id in Slack
        # Those that a message has already: no more comes of an archive than is in it.
        self.given: set[str] = set()
        # A channel in which nothing was said may have an empty one.
        self.folders: set[str] = set()
        for name in everything:
            # macOS takes letters and their marks apart.
            inner = unicodedata.normalize("NFC", name.removeprefix(self.folder))
            folder, _, last = inner.rpartition("/")
            if not folder:
                self.lists.add(inner)
                continue
            self.folders.add(folder)
            if _DAY.fullmatch(last):
                self.days[folder].append(name)
            elif last and (found := _FILE.search(f"/{inner}")):
                self.files.setdefault(found[1], self.zip.getinfo(name))

    def _channels(self) -> list[Channel]:
        """Whichever list it is in, private is what says so or is among the private ones."""
        by_id = {channel.id: channel for channel in self._list(Channel, "channels")}
        for channel in self._list(Channel, "groups"):
            channel.is_private = True
            by_id[channel.id] = channel
        return [channel for channel in by_id.values() if not channel.is_mpim]

    def count_direct(self) -> int:
        """How many conversations of two or a few people there are."""
        return sum(1 for _ in self._list(dict, "dms", "mpims"))

    def _list(self, type: type[T], *names: str) -> Iterator[T]:
        for name in names:
            file = f"{name}.json"
            if file in self.lists:
                slip = lambda file=file: self.report.lose(Loss.RECORD, file)  # noqa: E731
                yield from many(self._json(self.folder + file, Loss.RECORD), type, slip)

    def has_folder(self, channel: Channel) -> bool:
        return not self.folders.isdisjoint(folders_of(channel))

    def days_of(self, channel: Channel) -> list[str]:
        """The entries with what was said there, in order."""
        return sorted(next(filter(None, map(self.days.get, folders_of(channel))), []))

    def said_on(self, day: str) -> Iterator[Message]:
        """What was said on one day, in the order of time."""
        raw = self._json(day, Loss.DAY)
        records = one(raw, list[msgspec.Raw], lambda: self.report.lose(Loss.DAY, day)) or []
        self.report.lose(Loss.CROWD, day, max(0, len(records) - MOST_A_DAY))
        found = []
        for record in records[:MOST_A_DAY]:
            try:
                found.append(msgspec.json.decode(record, type=Message))
            except UNREADABLE as error:
                self.report.lose(Loss.MESSAGE, f"{day}: {error}")
        return iter(sorted(found, key=lambda message: float(message.ts)))

    def _json(self, name: str, loss: Loss) -> bytes:
        """What the entry holds; as if it were nothing, where it cannot be read."""
        if self.zip.getinfo(name).file_size > JSON_BYTES:
            self.report.lose(loss, f"{name}: larger than {JSON_BYTES // 1_000_000} MB")
            return b"null"
        try:
            text = self.zip.read(name).removeprefix(b"\xef\xbb\xbf")
        except (*BROKEN, OSError) as error:
            self.report.lose(loss, f"{name}: {error}")
            return b"null"
        return _HALF.sub(rb"\\ufffd", text)

    def size_of(self, file_id: str) -> int | None:
        """In bytes, as the archive claims, which zipfile never exceeds; None where it has none."""
        info = self.files.get(file_id)
        return info.file_size if info else None

    def is_whole(self, file_id: str) -> bool:
        """Whether all bytes of a file can be read."""
        try:
            with self.open(file_id) as source:
                while source.read(1 << 20):
                    pass
        except (*BROKEN, OSError):
            return False
        return True

    def open(self, file_id: str) -> IO[bytes]:
        return self.zip.open(self.files[file_id])


def folders_of(channel: Channel) -> tuple[str, str]:
    """What its folder may be called."""
    return unicodedata.normalize("NFC", channel.name), channel.id


def _opened(path: Path) -> zipfile.ZipFile:
    """Who packs an export again with macOS writes names in UTF-8, but does not say so."""
    try:
        return zipfile.ZipFile(path, metadata_encoding="utf-8")
    except UnicodeDecodeError:
        return zipfile.ZipFile(path)


def _require_few_entries(file: IO[bytes]) -> None:
    """Before zipfile makes an object of each, by the place that all of them take up at the end."""
    end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end and end[zipfile._ECD_SIZE] > DIRECTORY_BYTES:  # type: ignore[attr-defined]
        raise Unfit("There are more entries in it than any export of Slack has.")


def _checked(info: zipfile.ZipInfo) -> str:
    """The name of an entry that is nothing but a file or a folder within."""
    name = info.filename
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise Unfit(f"{name!r} is neither a file nor a folder.")
    if info.flag_bits & 0x1:
        raise Unfit(f"{name!r} is encrypted.")
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or re.match(r"[A-Za-z]:", name):
        raise Unfit(f"{name!r} leads out of the archive: it was made to harm.")
    return name
