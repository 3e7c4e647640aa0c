"""The archive: a zip file that any tool opens, with a manifest that says what must be in it.

Written in one go, read with distrust: nothing is taken that the manifest does not name, and
nothing that is larger or other than it says.
"""

import json
import re
import stat
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Annotated, Literal

import msgspec

from chat.backup import Unfit

CHUNK = 1 << 20
MANIFEST = "manifest.json"
# What the dump is called, by engine.
DATABASE = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
FILES = "media/"
# A folder of the storage and a name in it, nothing that could lead elsewhere.
FILE = re.compile(r"media/(files|avatars|previews)/(?!\.{1,2}$)[\w.-]+")
# Characters: what one entry takes in the manifest at most, and all else that is in it.
ENTRY_LENGTH, REST_LENGTH = 500, 20_000_000

Progress = Callable[[int], object]


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    size: Annotated[int, msgspec.Meta(ge=0)]  # bytes
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]

    @classmethod
    def of(cls, source: IO[bytes], took: Callable[[bytes], object] = bool) -> "Entry":
        """All that is left of `source`, which `took` is given piece by piece."""
        digest, size = sha256(), 0
        while chunk := source.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            took(chunk)
        return cls(size, digest.hexdigest())


class Manifest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    format: Literal[1] = 1
    version: str  # of the site
    made_at: datetime
    engine: Annotated[str, msgspec.Meta(pattern="^(sqlite|postgresql)$")]
    engine_version: str
    migrations: list[tuple[str, str]]  # app and name of each that was applied
    counts: dict[str, int]  # rows by table
    entries: dict[str, Entry]
    # Named by the database, but not in the storage when it was their turn.
    missing: list[str]


class Writer:
    """Adds one entry after the other, and the manifest at the end."""

    def __init__(self, path: Path):
        self.zip = zipfile.ZipFile(path, "x")
        self.entries: dict[str, Entry] = {}

    def add(self, name: str, source: IO[bytes], told: Progress, *, packed: bool = False) -> None:
        """Take in all of `source`; `packed` what is worth it: files are so in themselves."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = 0o600 << 16
        with self.zip.open(info, "w", force_zip64=True) as target:
            self.entries[name] = Entry.of(source, lambda chunk: told(target.write(chunk)))

    def finish(self, manifest: Manifest) -> None:
        self.zip.writestr(MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        self.zip.close()


class Archive:
    """Raises Unfit when it is none, or none to be trusted."""

    def __init__(self, path: Path):
        try:
            self.zip = zipfile.ZipFile(path)
        except FileNotFoundError:
            raise Unfit(f"There is no {path}.") from None
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise Unfit(f"{path} is no backup, or a broken one: {error}.") from error
        try:
            self.manifest = self._read_manifest()
            self._check_names()
        except BaseException:
            self.zip.close()
            raise

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_) -> None:
        self.zip.close()

    @property
    def size(self) -> int:
        """Of all entries, in bytes."""
        return sum(entry.size for entry in self.manifest.entries.values())

    def copy(self, name: str, target: IO[bytes] | None, told: Progress) -> None:
        """Write the entry to `target`, or only look whether it is what the manifest says.

        Never writes more than that. Raises Unfit.
        """
        entry = self.manifest.entries[name]
        digest, left = sha256(), entry.size
        try:
            with self.zip.open(name) as source:
                while chunk := source.read(min(CHUNK, left + 1)):
                    left -= len(chunk)
                    if left < 0:
                        break
                    digest.update(chunk)
                    if target:
                        target.write(chunk)
                    told(len(chunk))
        # What zipfile raises where a file was made to break it.
        except (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError) as error:
            raise Unfit(f"{name} cannot be read: {error}.") from error
        if left or digest.hexdigest() != entry.sha256:
            raise Unfit(f"{name} is not what the manifest says: the backup is damaged.")

    def _read_manifest(self) -> Manifest:
        limit = ENTRY_LENGTH * len(self.zip.namelist()) + REST_LENGTH
        try:
            with self.zip.open(MANIFEST) as file:
                text = file.read(limit + 1)
        except KeyError:
            raise Unfit("There is no manifest in it: it is no backup of this site.") from None
        except (zipfile.BadZipFile, zlib.error, RuntimeError, EOFError, ValueError) as error:
            raise Unfit(f"Its manifest cannot be read: {error}.") from error
        if len(text) > limit:
            raise Unfit("Its manifest is longer than what it is about.")
        with suppress(ValueError, AttributeError, RecursionError):
            if isinstance(said := json.loads(text).get("format"), int) and said > 1:
                raise Unfit("It was made by a newer version of the site: upgrade this one first.")
        try:
            return msgspec.json.decode(text, type=Manifest)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise Unfit(f"Its manifest cannot be read: {error}.") from error

    def _check_names(self) -> None:
        there = self.zip.namelist()
        if len(set(there)) < len(there):
            raise Unfit("Several entries have the same name.")
        named = {*self.manifest.entries, MANIFEST}
        for name in sorted(named ^ {*there}):
            what = "is missing" if name in named else "is in it, but not in the manifest"
            raise Unfit(f"{name} {what}: the backup is damaged.")
        for info in self.zip.infolist():
            self._check_kind(info)

    def _check_kind(self, info: zipfile.ZipInfo) -> None:
        mode = info.external_attr >> 16
        if info.is_dir() or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
            raise Unfit(f"{info.filename} is no file.")
        if info.flag_bits & 0x1:
            raise Unfit(f"{info.filename} is encrypted.")
        is_file = FILE.fullmatch(info.filename)
        if not is_file and info.filename not in {MANIFEST, DATABASE[self.manifest.engine]}:
            raise Unfit(f"{info.filename!r} is no name of a file of the site.")
        # Only what was packed can be much larger than the archive that it comes in.
        if is_file and info.compress_type != zipfile.ZIP_STORED:
            raise Unfit(f"{info.filename} is packed, which no backup does.")
