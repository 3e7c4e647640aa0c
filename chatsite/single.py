"""One process is enough for a class or a team. More of them must be able to talk to each other."""

import fcntl

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

_held = None


def refuse_second_process() -> None:
    """Raises ImproperlyConfigured where another process serves this data and there is no Redis.

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
        raise ImproperlyConfigured(
            f"Another process is serving the site in {settings.DATA_DIR} already. Stop it first, or"
            " set REDIS_URL: only through Redis can several processes serve one site."
        ) from None
    _held = lock
