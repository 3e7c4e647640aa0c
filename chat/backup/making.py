"""Making a backup, while the site runs."""

import fcntl
import os
import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone
from tqdm import tqdm

from chat.backup import Unfit, engine
from chat.backup.archive import DATABASE, FILE, FILES, Archive, Manifest
from chat.parcels import Progress, ZipWriter

NAME = re.compile(r"chatsite-\d{8}-\d{6}\.zip")
DRAFT = ".draft-"


@dataclass
class Made:
    path: Path
    manifest: Manifest


def make(folder: Path) -> Made:
    """A new backup in `folder`, made if need be; complete and read again when it has its name.

    Raises Unfit, also when the disk is full.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with _alone_in(folder), tempfile.TemporaryDirectory(prefix=DRAFT, dir=folder) as scratch:
            moment = timezone.now()
            draft = Path(scratch) / "archive"
            manifest = _write(draft, Path(scratch) / "dump", moment)
            verify(draft)
            path = folder / f"chatsite-{moment:%Y%m%d-%H%M%S}.zip"
            # Who has it has the hashes of all passwords, and all that was said.
            draft.chmod(0o600)
            _settle(draft)
            draft.rename(path)
            _settle(folder)
    except OSError as error:
        raise Unfit(f"The backup cannot be made in {folder}: {error}.") from error
    return Made(path, manifest)


def verify(path: Path) -> None:
    """Read an archive from its beginning to its end. Raises Unfit when it is damaged."""
    with Archive(path) as archive, bar("verifying", archive.size) as shown:
        for name in archive.manifest.entries:
            archive.copy(name, None, shown.update)


def kept_in(folder: Path) -> list[Path]:
    """The backups there, the newest first."""
    if not folder.is_dir():
        return []
    return sorted((one for one in folder.iterdir() if NAME.fullmatch(one.name)), reverse=True)


def _write(draft: Path, dump: Path, moment) -> Manifest:
    kind = engine()
    with bar("database") as shown:
        kind.dump(dump, shown)
    contents = kind.read(dump)
    writer, missing = ZipWriter(draft), []
    with writer.zip:
        with dump.open("rb") as source, bar("packing", dump.stat().st_size) as shown:
            writer.add(DATABASE[connection.vendor], source, shown.update, packed=True)
        dump.unlink()
        with bar("files") as shown:
            for name in sorted(contents.files):
                if not (FILE.fullmatch(FILES + name) and _add(writer, name, shown.update)):
                    missing.append(name)
        manifest = Manifest(
            version=site_version(),
            made_at=moment,
            engine=connection.vendor,
            engine_version=kind.version(),
            migrations=sorted(contents.migrations),
            counts=contents.counts,
            entries=writer.entries,
            missing=missing,
        )
        writer.finish(manifest)
    return manifest


def _add(writer: ZipWriter, name: str, told: Progress) -> bool:
    """Whether the file was there."""
    try:
        with default_storage.open(name) as source:
            writer.add(FILES + name, source, told)
    except FileNotFoundError:
        return False
    return True


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """One backup at a time; what a killed one left there is removed."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unfit(f"Another backup is being made in {folder}.") from None
        for left in folder.glob(f"{DRAFT}*"):
            shutil.rmtree(left)
        yield
    finally:
        os.close(descriptor)


def _settle(path: Path) -> None:
    """Wait until it is on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def bar(what: str, total: int | None = None) -> tqdm:
    """For bytes; silent where nobody looks at a terminal."""
    return tqdm(desc=what, total=total, unit="B", unit_scale=True, disable=None, leave=False)


def site_version() -> str:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
    return project["project"]["version"]
