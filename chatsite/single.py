"""One process is enough for a class or a team. More of them must be able to talk to each other."""

import fcntl
import sys

from django.conf import settings

# What uvicorn's workers end with when they cannot start; after another status it would start the
# next one, for ever.
CANNOT_START = 3

_held = None


def refuse_second_process() -> None:
    """End this process where another one serves this data and there is no Redis.

    Each would deliver its own messages to its own people only. The lock ends with the process,
    however that ends.
    """
    global _held
    if settings.REDIS_URL or _held:
        return
    lock = (settings.DATA_DIR / "serving.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.stderr.write(
            "Chatsite cannot start: another process is serving the site in"
            f" {settings.DATA_DIR} already. Stop it first, or set REDIS_URL: only through Redis can"
            " several processes serve one site.\n"
        )
        sys.exit(CANNOT_START)
    _held = lock
