"""How often one person may do a thing; counted in Redis while it answers, else in this process."""

import logging
import math
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from django.conf import settings
from django.utils.translation import ngettext
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from chat import respite
from chat.errors import TooFast

logger = logging.getLogger(__name__)

_are_lifted = ContextVar("limits_are_lifted", default=False)


@contextmanager
def lifted() -> Iterator[None]:
    """Nothing is counted within: for what the operator does on the command line."""
    token = _are_lifted.set(True)
    try:
        yield
    finally:
        _are_lifted.reset(token)


@cache
def limiter() -> MovingWindowRateLimiter:
    if not settings.REDIS_URL:
        return own_limiter()
    options: dict[str, Any] = {"key_prefix": settings.REDIS_PREFIX, **settings.REDIS_OPTIONS}
    return MovingWindowRateLimiter(storage_from_string(settings.REDIS_URL, **options))


class OwnStorage(MemoryStorage):
    """In this process. What is over is forgotten now and then; the library's own starts a thread
    for it after nearly every hit, which was a tenth of what a message costs.
    """

    FORGETS_EVERY = 10.0  # seconds

    def _MemoryStorage__schedule_expiry(self) -> None:
        if not self.timer.is_alive():
            forget = self._MemoryStorage__expire_events  # type: ignore[attr-defined]
            self.timer = threading.Timer(self.FORGETS_EVERY, forget)
            self.timer.daemon = True  # the process need not wait for it
            self.timer.start()


@cache
def own_limiter() -> MovingWindowRateLimiter:
    """Counts in this process."""
    return MovingWindowRateLimiter(OwnStorage())


@cache
def limit_for(action: str) -> RateLimitItem:
    return parse(settings.LIMITS[action])


def spend(action: str, who: str | int) -> None:
    """Count one `action` (a key of settings.LIMITS) of `who`.

    Raises TooFast, with the seconds to wait, when they have used up what they may do.
    """
    if _are_lifted.get():
        return
    try:
        wait = respite.ask(_hit, limiter(), action, str(who))
    except RedisError as error:
        logger.warning("Limits are counted per process while Redis is away: %s", error)
        wait = _hit(own_limiter(), action, str(who))
    if wait is not None:
        raise too_fast(wait)


def _hit(limiter: MovingWindowRateLimiter, action: str, who: str) -> float | None:
    """Count one; or the seconds to wait when there is none left."""
    limit = limit_for(action)
    if limiter.hit(limit, action, who):
        return None
    return limiter.get_window_stats(limit, action, who).reset_time - time.time()


class Allowance:
    """What one connection may do, counted in fixed windows by itself.

    Nothing is shared and nothing waits, so the event loop may ask before every frame.
    """

    def __init__(self, action: str):
        limit = limit_for(action)
        self.most, self.seconds = limit.amount, limit.get_expiry()
        self.spent, self.ends = 0, 0.0

    def spend(self) -> None:
        """Count one. Raises TooFast when there is nothing left in this window."""
        now = time.monotonic()
        if now >= self.ends:
            self.spent, self.ends = 0, now + self.seconds
        self.spent += 1
        if self.spent > self.most:
            raise too_fast(self.ends - now)


def too_fast(wait: float) -> TooFast:
    seconds = max(1, math.ceil(wait))
    message = ngettext(
        "That was too fast. Go on in %(seconds)d second.",
        "That was too fast. Go on in %(seconds)d seconds.",
        seconds,
    )
    return TooFast(message % {"seconds": seconds}, retry_after=seconds)
