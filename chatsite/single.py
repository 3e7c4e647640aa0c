"""One process is enough for a class or a team. More of them must be able to talk to each other."""

import fcntl
import sys
from zlib import crc32

from django.conf import settings
from django.db import connection

# What uvicorn's workers end with when they cannot start; after another status it would start the
# next one, for ever.
CANNOT_START = 3

# PostgreSQL looks after half a minute whether a machine that is silent is still there.
KEEPALIVES = {"idle": 15, "interval": 5, "count": 3}

_held: list = []


def refuse_second_process() -> None:
    """End this process where another one serves this data and there is no Redis.

    Each would deliver its own messages to its own people only. The locks end with the process,
    however that ends.
    """
    if settings.REDIS_URL or _held:
        return
    hold_folder()
    if connection.vendor == "postgresql":
        hold_database()


def hold_folder() -> None:
    lock = (settings.DATA_DIR / "serving.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        refuse(str(settings.DATA_DIR))
    _held.append(lock)


def hold_database() -> None:
    """For processes on other machines and in other containers, which share no folder."""
    import psycopg  # installed, but not needed on SQLite

    # Not Django's connection: that one is closed now and then, and the lock ends with it. Nor may
    # Django connect here, where uvicorn's event loop may be running.
    session = psycopg.connect(**connection.get_connection_params(), autocommit=True)
    for name, value in KEEPALIVES.items():
        session.execute(f"SET tcp_keepalives_{name} = {value}")
    key = crc32(b"chatsite is served")
    if session.execute("SELECT pg_try_advisory_lock(%s)", [key]).fetchone() != (True,):
        refuse(f"the database {session.info.dbname}")
    _held.append(session)


def refuse(place: str) -> None:
    sys.stderr.write(
        f"Chatsite cannot start: another process is serving the site in {place} already. Stop it"
        " first, or set REDIS_URL: only through Redis can several processes serve one site.\n"
    )
    sys.exit(CANNOT_START)
