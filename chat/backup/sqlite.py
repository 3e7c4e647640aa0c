"""SQLite: the dump is a database itself, copied page by page from one state of the site's."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from django.db import connection
from django.utils import timezone
from tqdm import tqdm

from chat.backup import Unfit
from chat.backup.contents import TELLING, Contents

PAGES_AT_ONCE = 4096
SUFFIXES = ("-wal", "-shm", "-journal")


def place() -> Path:
    return Path(connection.settings_dict["NAME"])


def folder() -> Path:
    """Where a dump is unpacked that is to be put in place."""
    return place().parent


def version() -> str:
    return sqlite3.sqlite_version


def dump(to: Path, shown: tqdm) -> None:
    """Raises Unfit, when the disk is full for one."""

    def show(_status: int, left: int, total: int) -> None:
        shown.total = total * size
        shown.update((total - left) * size - shown.n)

    try:
        with closing(sqlite3.connect(place())) as source, closing(sqlite3.connect(to)) as copy:
            source.isolation_level = None
            source.execute("BEGIN")
            # From here on it sees one state, whoever writes; in WAL mode nobody waits for it.
            size = source.execute("PRAGMA page_size").fetchone()[0]
            source.execute("SELECT count(*) FROM sqlite_master").fetchone()
            source.backup(copy, pages=PAGES_AT_ONCE, progress=show)
            # One file by itself, without the log beside it.
            copy.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise Unfit(f"The database cannot be copied: {error}.") from error


def read(path: Path) -> Contents:
    """What is in the dump. Raises Unfit when it is damaged."""
    contents = Contents()
    address = f"{path.resolve().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.execute("PRAGMA trusted_schema=OFF")
            (said,) = database.execute("PRAGMA quick_check(1)").fetchone()
            if said != "ok":
                raise Unfit(f"The database is damaged: {said}.")
            for table in tables(database):
                query = f'SELECT count(*) FROM "{table}"'  # noqa: S608
                contents.counts[table] = database.execute(query).fetchone()[0]
            database.row_factory = sqlite3.Row
            for table in contents.counts.keys() & {*TELLING}:
                for row in database.execute(f'SELECT * FROM "{table}"'):  # noqa: S608
                    contents.note(table, dict(row))
    except (sqlite3.Error, KeyError) as error:
        raise Unfit(f"The database is no database of the site: {error}.") from error
    return contents


def tables(database: sqlite3.Connection) -> list[str]:
    query = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB 'sqlite_*'"
    return [name for (name,) in database.execute(query) if '"' not in name]


def try_out(path: Path) -> None:
    """Nothing more than read() has done: the dump is the database that would be put in place."""


def require_stopped() -> None:
    """Raises Unfit where another process has the database open."""
    connection.close()
    if place().exists():
        _hold().close()


def replace(path: Path) -> str:
    """Put the dump, which lies on the same disk, in the place of the database.

    What was there is kept beside it, under a name that no earlier one has; its path. Raises Unfit.
    """
    connection.close()
    if not place().exists():
        path.replace(place())
        return ""
    now = f"{timezone.now():%Y%m%d-%H%M%S}"
    before = place().with_name(f"{place().name}.before-restore-{now}")
    with closing(_hold()):
        shutil.copymode(place(), path)
        try:
            os.link(place(), before)  # so that at every moment there is a database
        except FileExistsError:
            raise Unfit(f"{before} is there already: run this again.") from None
        # Only a damaged one still has a log; the new one must not take it for its own.
        for suffix in SUFFIXES:
            place().with_name(place().name + suffix).unlink(missing_ok=True)
        path.replace(place())
    return str(before)


def _hold() -> sqlite3.Connection:
    """The database, in one file, for us alone until it is closed."""
    database = sqlite3.connect(place(), isolation_level=None, timeout=1)
    try:
        # To leave the log every other process must be gone, also one that only sits there.
        database.execute("PRAGMA journal_mode=DELETE")
        database.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        database.close()
        raise Unfit(
            "The site is running: its database is in use. Stop it first (the servers, the workers "
            "and every other manage.py), then run this again."
        ) from error
    except sqlite3.DatabaseError:
        pass  # it is damaged, which may be why it is to be replaced
    return database
