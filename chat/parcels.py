"""Archives of files with a manifest that says what must be in them: how they are written, and read.

Written in one go, read with distrust: nothing is taken that the manifest does not name, and
nothing that is larger or other than it says. One is a zip file that any tool opens, or a folder.
"""

import json
import os
import stat
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import IO, Annotated, Any, ClassVar

import msgspec

CHUNK = 1 << 20
MANIFEST = "manifest.json"
# Characters: what one entry takes in the manifest at most, and all else that is in it.
ENTRY_LENGTH, REST_LENGTH = 500, 20_000_000
MOST_ENTRIES = 2_000_000
# What a zip raises that was made to break its reader.
BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, ValueError, NotImplementedError, RuntimeError)

Progress = Callable[[int], object]


class Unfit(Exception):
    """The archive, or the moment, is not fit for it. Why is for who runs the site; nothing was
    changed.
    """

    def __init__(self, why: str):
        """Without what a terminal would obey: names in archives are anybody's."""
        seen = (char if char.isprintable() or char == "\n" else "\ufffd" for char in why)
        super().__init__("".join(seen))


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


# Writing ------------------------------------------------------------------------------------------


class ZipWriter:
    """Adds one entry after the other, and the manifest at the end."""

    def __init__(self, path: Path):
        self.zip = zipfile.ZipFile(path, "x")
        self.entries: dict[str, Entry] = {}

    def add(self, name: str, source: IO[bytes], told: Progress = bool, *, packed=False) -> None:
        """Take in all of `source`; `packed` what is worth it: files are so in themselves."""
        info = zipfile.ZipInfo(name)
        info.compress_type = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        info.external_attr = 0o600 << 16
        with self.zip.open(info, "w", force_zip64=True) as target:
            self.entries[name] = Entry.of(source, lambda chunk: told(target.write(chunk)))

    def finish(self, manifest: Any) -> None:
        self.zip.writestr(MANIFEST, in_json(manifest))
        self.zip.close()


class FolderWriter:
    """The same into a folder of its own."""

    def __init__(self, path: Path):
        path.mkdir()
        self.path = path
        self.entries: dict[str, Entry] = {}

    def add(self, name: str, source: IO[bytes], told: Progress = bool, *, packed=False) -> None:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as target:
            self.entries[name] = Entry.of(source, lambda chunk: told(target.write(chunk)))

    def finish(self, manifest: Any) -> None:
        (self.path / MANIFEST).write_bytes(in_json(manifest))


def in_json(thing: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(thing))


# Reading ------------------------------------------------------------------------------------------


class _Zip:
    def __init__(self, path: Path):
        self.zip = zipfile.ZipFile(path)

    def names(self) -> list[str]:
        return self.zip.namelist()

    def open(self, name: str) -> IO[bytes]:
        return self.zip.open(name)

    def close(self) -> None:
        self.zip.close()


class _Folder:
    def __init__(self, path: Path):
        self.path = path

    def names(self) -> list[str]:
        """With `/` at the end of what is neither a file nor a folder."""
        found = []
        for folder, folders, files in os.walk(self.path):
            for name in (*folders, *files):
                path = Path(folder) / name
                mode, place = path.lstat().st_mode, path.relative_to(self.path).as_posix()
                if not stat.S_ISDIR(mode):
                    found.append(place if stat.S_ISREG(mode) else f"{place}/")
        return found

    def open(self, name: str) -> IO[bytes]:
        # Not through a link that was put there since names() looked.
        descriptor = os.open(self.path / name, os.O_RDONLY | os.O_NOFOLLOW)
        return os.fdopen(descriptor, "rb")

    def close(self) -> None: ...


class Parcel:
    """An archive that is read. Raises Unfit when it is none, or none to be trusted."""

    WHAT: ClassVar[str] = "archive"  # as who runs the site calls it
    TAKES_FOLDERS: ClassVar[bool] = False
    MANIFEST: ClassVar[type]
    # How many times larger than in the archive something packed may be, from some size on.
    MOST_RATIO, LARGE = 200, 10_000_000

    def __init__(self, path: Path):
        self.path = path
        try:
            is_folder = self.TAKES_FOLDERS and path.is_dir()
            self.source = _Folder(path) if is_folder else _Zip(path)
        except FileNotFoundError:
            raise Unfit(f"There is no {path}.") from None
        except (zipfile.BadZipFile, OSError, ValueError) as error:
            raise Unfit(f"{path} is no {self.WHAT}, or a broken one: {error}.") from error
        try:
            self.names = self.source.names()
            self.manifest = self._read_manifest()
            self._check_names()
        except BaseException:
            self.source.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_) -> None:
        self.source.close()

    @property
    def size(self) -> int:
        """Of all entries, in bytes."""
        return sum(entry.size for entry in self.manifest.entries.values())

    def open(self, name: str) -> IO[bytes]:
        """What is in an entry, which copy() has found to be what the manifest says."""
        return self.source.open(name)

    def copy(self, name: str, target: IO[bytes] | None, told: Progress) -> None:
        """Write the entry to `target`, or only look whether it is what the manifest says.

        Never writes more than that. Raises Unfit.
        """
        entry = self.manifest.entries[name]
        digest, left = sha256(), entry.size
        try:
            with self.source.open(name) as source:
                while chunk := source.read(min(CHUNK, left + 1)):
                    left -= len(chunk)
                    if left < 0:
                        break
                    digest.update(chunk)
                    if target:
                        target.write(chunk)
                    told(len(chunk))
        except (*BROKEN, OSError) as error:
            raise Unfit(f"{name} cannot be read: {error}.") from error
        if left or digest.hexdigest() != entry.sha256:
            raise Unfit(f"{name} is not what the manifest says: the {self.WHAT} is damaged.")

    def _read_manifest(self) -> Any:
        if len(self.names) > MOST_ENTRIES:
            raise Unfit(f"There are more than {MOST_ENTRIES:,} entries in it.")
        if MANIFEST not in self.names:
            raise Unfit(f"There is no manifest in it: it is no {self.WHAT} of a site like this.")
        limit = ENTRY_LENGTH * len(self.names) + REST_LENGTH
        try:
            with self.source.open(MANIFEST) as file:
                text = file.read(limit + 1)
        except (*BROKEN, OSError) as error:
            raise Unfit(f"Its manifest cannot be read: {error}.") from error
        if len(text) > limit:
            raise Unfit("Its manifest is longer than what it is about.")
        with suppress(ValueError, AttributeError, RecursionError):
            if isinstance(said := json.loads(text).get("format"), int) and said > 1:
                raise Unfit("It was made by a newer version of the site: upgrade this one first.")
        try:
            return msgspec.json.decode(text, type=self.MANIFEST)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            raise Unfit(f"Its manifest cannot be read: {error}.") from error

    def _check_names(self) -> None:
        if len(set(self.names)) < len(self.names):
            raise Unfit("Several entries have the same name.")
        for name in self.names:
            if name.endswith("/"):
                raise Unfit(f"{name.rstrip('/')} is no file.")
        named = {*self.manifest.entries, MANIFEST}
        for name in sorted(named ^ {*self.names}):
            what = "is missing" if name in named else "is in it, but not in the manifest"
            raise Unfit(f"{name} {what}: the {self.WHAT} is damaged.")
        for name in self.names:
            if name != MANIFEST and not self._is_name(name):
                raise Unfit(f"{name!r} is no name of a file of the site.")
        if isinstance(self.source, _Zip):
            for info in self.source.zip.infolist():
                self._check_kind(info)

    def _is_name(self, name: str) -> bool:
        """Whether such an archive has something of that name."""
        raise NotImplementedError

    def _check_kind(self, info: zipfile.ZipInfo) -> None:
        mode = info.external_attr >> 16
        if info.is_dir() or (stat.S_IFMT(mode) and not stat.S_ISREG(mode)):
            raise Unfit(f"{info.filename} is no file.")
        if info.flag_bits & 0x1:
            raise Unfit(f"{info.filename} is encrypted.")
        if self._is_bomb(info):
            raise Unfit(f"{info.filename} is packed, which no {self.WHAT} does.")

    def _is_bomb(self, info: zipfile.ZipInfo) -> bool:
        """Whether it may be much larger than what comes in the archive."""
        is_large = info.file_size > self.LARGE
        return is_large and info.file_size > self.MOST_RATIO * info.compress_size
