"""The way back: all of a backup is looked at before anything is changed.

    archive -> the dump, unpacked beside the data -> read through -> files -> database -> migrations

Files come before the database that names them, and none is deleted: `manage.py pruneuploads` finds
what nothing knows of any more.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from chat.backup import Unfit, engine
from chat.backup.archive import DATABASE, FILES, Archive, Manifest
from chat.backup.making import bar
from chat.models import Room, Takeout
from chat.parcels import Entry

ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class Unfinished(Exception):
    """The database of the backup is in place, but not brought up to date."""

    def __init__(self, error: Exception, before: str):
        kept = f" The database that was there is now {before}." if before else ""
        super().__init__(
            f"The backup is in place, but bringing it up to date failed: {error}.{kept} Do not "
            "start the site as it is. When the cause is gone, run the same restore again."
        )


@dataclass
class Examined:
    """A backup that is whole and fits this site; its dump is at `dump`."""

    archive: Archive
    dump: Path

    @property
    def manifest(self) -> Manifest:
        return self.archive.manifest


@contextmanager
def examined(path: Path) -> Iterator[Examined]:
    """Unpack the dump beside the data, and read everything. Raises Unfit."""
    with Archive(path) as archive:
        manifest = archive.manifest
        _require_fitting(manifest)
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=engine().folder()) as scratch:
            _require_space(Path(scratch), manifest.entries[DATABASE[manifest.engine]].size)
            found = Examined(archive, Path(scratch) / "dump")
            _unpack(found)
            _compare(found)
            yield found


def people_here() -> int | None:
    """How many accounts a restore would replace; None where the database cannot be read."""
    from django.contrib.auth import get_user_model

    people = get_user_model().objects
    try:
        if people.model._meta.db_table not in connection.introspection.table_names():
            return 0
        return people.count()
    except DatabaseError:
        connection.close()
        return None


def put_in_place(backup: Examined) -> str:
    """Replace what the site has by what is in the backup. Where the database that was there is
    kept, or "". Raises Unfit, and then the database is as it was, or Unfinished.
    """
    kind = engine()
    kind.require_stopped()
    _require_owner()
    try:
        bring_files(backup.archive)
    except OSError as error:
        raise Unfit(f"The files cannot be stored: {error}. The database is as it was.") from error
    before = kind.replace(backup.dump)
    try:
        call_command("migrate", interactive=False, verbosity=0)
        Room.objects.begin_anew()
        Takeout.forget_all()
    except Exception as error:
        raise Unfinished(error, before) from error
    return before


def _require_owner() -> None:
    """What another user writes the site itself could not write again."""
    owner = settings.DATA_DIR.stat().st_uid
    if os.geteuid() != owner:
        raise Unfit(f"Run this as the user whose {settings.DATA_DIR} is: sudo -u '#{owner}' …")


def _require_fitting(manifest: Manifest) -> None:
    if manifest.engine != connection.vendor:
        theirs, ours = ENGINES[manifest.engine], ENGINES[connection.vendor]
        raise Unfit(
            f"It is the backup of a site on {theirs}, and this one is on {ours}. Set DATABASE_URL "
            f"to an empty database on {theirs} first; backups do not lead from one to the other."
        )
    known = MigrationLoader(None).disk_migrations
    apps = {app for app, _ in known}
    # What is left of an app that was taken out long ago harms nobody.
    applied = {(app, name) for app, name in manifest.migrations if app in apps}
    if unknown := sorted(applied - {*known}):
        raise Unfit(
            f"It was made by a newer version of the site ({manifest.version}, with "
            f"{'.'.join(unknown[0])}): upgrade this one first."
        )


def _require_space(folder: Path, size: int) -> None:
    if (free := shutil.disk_usage(folder).free) < size:
        raise Unfit(f"{folder} has {free:,} bytes free, and the backup needs {size:,}.")


def _unpack(backup: Examined) -> None:
    database = DATABASE[backup.manifest.engine]
    with bar("examining", backup.archive.size) as shown:
        for name in backup.manifest.entries:
            if name != database:
                backup.archive.copy(name, None, shown.update)
        with backup.dump.open("xb") as target:
            backup.archive.copy(database, target, shown.update)


def _compare(backup: Examined) -> None:
    """The dump holds what the manifest says, and the archive the files that the dump names."""
    manifest, contents = backup.manifest, engine().read(backup.dump)
    if contents.counts != manifest.counts:
        differing = contents.counts.items() ^ manifest.counts.items()
        table, _count = sorted(differing)[0]
        raise Unfit(f"The database does not have the rows in {table} that the manifest says.")
    if contents.migrations != {*manifest.migrations}:
        raise Unfit("The database is not of the version that the manifest says.")
    there = {name.removeprefix(FILES) for name in manifest.entries} | {*manifest.missing}
    if lacking := contents.files - there:
        raise Unfit(f"{sorted(lacking)[0]} is in the database, but not in the backup.")


def bring_files(archive: Archive) -> None:
    """Store the files that are not there already, or not the same."""
    with (
        bar("files", archive.size) as shown,
        tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as scratch,
    ):
        for name in archive.manifest.entries:
            if name.startswith(FILES):
                _bring_file(archive, name, Path(scratch) / "file", shown)


def _bring_file(archive: Archive, name: str, scratch: Path, shown) -> None:
    stored, entry = name.removeprefix(FILES), archive.manifest.entries[name]
    if default_storage.exists(stored):
        with default_storage.open(stored) as file:
            if Entry.of(file) == entry:
                shown.update(entry.size)
                return
    with scratch.open("wb") as target:
        archive.copy(name, target, shown.update)
    default_storage.delete(stored)
    with scratch.open("rb") as source:
        default_storage.save(stored, File(source))
