"""PostgreSQL: the dump is made by pg_dump, in its own format, and read by pg_restore.

What pg_restore makes of it is not given to psql, which would run programs where a dump says so,
but goes through one transaction of ours: either all of it is in place, or nothing has happened.
"""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from secrets import token_hex

import psycopg
from django.conf import settings
from django.db import connection
from psycopg import sql
from tqdm import tqdm

from chat.backup import Unfit
from chat.backup.contents import TELLING, Contents

COPY = re.compile(rb'COPY (?:[\w"]+\.)?"?(\w+)"? \((.*)\) FROM stdin;\n')
END_OF_ROWS = b"\\.\n"
LONGEST_ROW = 1 << 28  # bytes
NULL = r"\N"
PATIENCE = "10s"  # for a lock that somebody holds


def folder() -> Path:
    """Where a dump is unpacked that is to be put in place."""
    return settings.DATA_DIR


def version() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        return cursor.fetchone()[0]


def schema() -> str:
    """Where the tables of the site are; what else is in the database is not its business."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return cursor.fetchone()[0]


def dump(to: Path, shown: tqdm) -> None:
    """pg_dump does not say how far it is. Raises Unfit."""
    # As Django calls psql, which takes the same arguments.
    known = connection.settings_dict
    arguments, environment = connection.client.settings_to_cmd_args_env(known, [])
    command = [program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", "--no-sync"]
    command.append(f'--schema="{schema()}"')
    done = subprocess.run(  # noqa: S603
        [*command, f"--file={to}", *arguments[1:]],
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise Unfit(f"pg_dump failed: {done.stderr.strip()}")
    shown.update(to.stat().st_size)


def read(path: Path) -> Contents:
    """What is in the dump. Raises Unfit when it is damaged."""
    contents = Contents()
    try:
        for statement, rows in script(path):
            if rows and (match := COPY.fullmatch(statement)):
                table = match[1].decode()
                columns = [name.strip(' "') for name in match[2].decode().split(",")]
                contents.counts[table] = 0
                for row in rows:
                    contents.counts[table] += 1
                    if table in TELLING:
                        contents.note(table, values(columns, row))
    except (KeyError, ValueError) as error:
        raise Unfit(f"The database is no database of the site: {error}.") from error
    return contents


def values(columns: list[str], row: bytes) -> dict[str, str | None]:
    """A row as COPY writes it. Names and numbers are as they are: nothing in them is escaped."""
    cells = row.decode().rstrip("\n").split("\t")
    return {name: None if cell == NULL else cell for name, cell in zip(columns, cells, strict=True)}


def try_out(path: Path) -> None:
    """Restore the dump into a database of its own, which is dropped again. Raises Unfit."""
    name = f"chatsite_trial_{token_hex(4)}"
    create, drop = (
        sql.SQL(text).format(sql.Identifier(name))
        for text in ("CREATE DATABASE {} TEMPLATE template0", "DROP DATABASE {}")
    )
    try:
        with closing(connect(autocommit=True)) as session:
            session.execute(create)
            try:
                with closing(connect(dbname=name)) as scratch:
                    there = sql.SQL("CREATE SCHEMA IF NOT EXISTS {}")
                    scratch.execute(there.format(sql.Identifier(schema())))
                    load(path, scratch)
                    scratch.commit()
            finally:
                session.execute(drop)
    except psycopg.errors.InsufficientPrivilege as error:
        raise Unfit(
            "A trial needs a database of its own. Let the site's role make one: "
            f"ALTER ROLE {connection.settings_dict['USER']} CREATEDB;"
        ) from error
    except psycopg.Error as error:
        raise Unfit(f"PostgreSQL does not take the backup: {error}") from error


def require_stopped() -> None:
    """Raises Unfit where anybody else is connected to the database."""
    with connection.cursor() as cursor:
        # Parallel workers and the like are not clients.
        cursor.execute(
            "SELECT usename, application_name, host(client_addr) FROM pg_stat_activity"
            " WHERE datname = current_database() AND backend_type = 'client backend'"
            " AND pid <> pg_backend_pid()"
        )
        others = cursor.fetchall()
    if others:
        who = ", ".join(" ".join(filter(None, other)) for other in others[:5])
        raise Unfit(
            f"The site is running: {len(others)} others are connected to its database ({who}). "
            "Stop them first (the servers, the workers and every other manage.py), then run this "
            "again."
        )


def replace(path: Path) -> str:
    """Put the dump in the place of all tables, in one transaction. Raises Unfit.

    Nothing of what was there is kept: "".
    """
    require_stopped()
    connection.close()
    try:
        with closing(connect()) as session:
            session.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            clear(session)
            load(path, session)
            session.commit()
    except psycopg.Error as error:
        raise Unfit(f"PostgreSQL does not take the backup: {error}") from error
    return ""


def clear(session: psycopg.Connection) -> None:
    """Drop all tables of the site, and its functions; those of extensions stay."""
    tables = session.execute(
        "SELECT schemaname, tablename FROM pg_tables WHERE schemaname = current_schema()"
    ).fetchall()
    functions = session.execute(
        "SELECT oid::regprocedure::text FROM pg_proc"
        " WHERE pronamespace = current_schema()::regnamespace"
        " AND oid NOT IN (SELECT objid FROM pg_depend WHERE deptype = 'e')"
    ).fetchall()
    for table in tables:
        session.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(*table)))
    for (function,) in functions:
        session.execute(f"DROP ROUTINE {function} CASCADE".encode())


def load(path: Path, session: psycopg.Connection) -> None:
    """Do what the dump says, in the transaction of `session`."""
    with session.cursor() as cursor:
        for statement, rows in script(path):
            if rows is None:
                cursor.execute(statement)
                continue
            with cursor.copy(statement.rstrip(b"\n;")) as copy:
                for row in rows:
                    copy.write(row)


def script(path: Path) -> Iterator[tuple[bytes, Iterator[bytes] | None]]:
    """The dump as SQL: statements, and COPY with its rows, which are to be read to their end.

    Lines for psql, which begin with a backslash, are left out. Raises Unfit when it cannot be read.
    """
    statements: list[bytes] = []
    only = ("--no-owner", "--no-privileges", f"--schema={schema()}")
    with output_of(program("pg_restore"), *only, "--file=-", path) as out:
        lines = iter(lambda: out.readline(LONGEST_ROW), b"")
        for line in lines:
            if COPY.fullmatch(line):
                yield b"".join(statements), None
                statements = []
                yield line, rows_of(lines)
            elif not line.startswith(b"\\"):
                statements.append(line)
    yield b"".join(statements), None


def rows_of(lines: Iterator[bytes]) -> Iterator[bytes]:
    for line in lines:
        if line == END_OF_ROWS:
            return
        if not line.endswith(b"\n"):
            break
        yield line
    raise Unfit("The dump ends in the middle, or has a row that is too long.")


@contextmanager
def output_of(*command) -> Iterator:
    """What the program says, as a file. Raises Unfit when it fails."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(  # noqa: S603
            [*command], stdout=subprocess.PIPE, stderr=errors
        )
        try:
            yield process.stdout
            process.stdout.close()  # type: ignore[union-attr]
            if process.wait():
                errors.seek(0)
                raise Unfit(f"The dump cannot be read: {errors.read().decode().strip()}")
        finally:
            process.kill()
            process.wait()


def program(name: str) -> str:
    """The path of a program of PostgreSQL that is as new as the server. Raises Unfit.

    Debian has each version in a folder of its own; elsewhere it is whatever the PATH leads to.
    """
    connection.ensure_connection()
    needed = connection.connection.info.server_version // 10000
    found = []
    for path in (f"/usr/lib/postgresql/{needed}/bin/{name}", shutil.which(name)):
        if path and Path(path).exists():
            ask = [path, "--version"]
            said = subprocess.run(ask, capture_output=True, text=True).stdout  # noqa: S603
            match = re.search(r"(\d+)", said)
            if match and int(match[1]) >= needed:
                return path
            found.append(said.strip())
    there = f"there is only {', '.join(found)}" if found else "it is not installed"
    raise Unfit(
        f"{name} of PostgreSQL {needed} is needed, as the server is of that version; {there}. "
        f"On Debian: apt install postgresql-client-{needed}"
    )


def connect(*, autocommit: bool = False, **other: str) -> psycopg.Connection:
    """A session of our own: what a dump sets in it must not outlive it."""
    return psycopg.connect(**connection.get_connection_params() | other, autocommit=autocommit)
