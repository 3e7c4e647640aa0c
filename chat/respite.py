"""Where Redis only helps (cache, limits, who is here), nobody waits for one that is away.

A Redis that does not answer at all, rather than refuse, costs each question its timeout. So after
one failure it has a respite: nobody asks, until one tries again.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django_redis.cache import RedisCache
from redis.exceptions import ConnectionError as RedisIsAway
from redis.exceptions import RedisError

LASTS = 5.0  # seconds

_lock = threading.Lock()
_has_failed = False
_ends = 0.0


def ask(question: Callable, *args, **kwargs) -> Any:
    """The answer of Redis to `question`. Raises RedisError; during a respite at once."""
    global _has_failed, _ends
    with _lock:
        if _has_failed:
            if time.monotonic() < _ends:
                raise RedisIsAway("Redis did not answer a moment ago")
            _ends = time.monotonic() + LASTS  # this one tries, the others still do without
    try:
        answer = question(*args, **kwargs)
    except RedisError:
        _has_failed, _ends = True, time.monotonic() + LASTS
        raise
    _has_failed = False
    return answer


class Cache(RedisCache):
    """In Redis, and while that is away in this process.

    Not in neither: allauth counts tries to sign in here, and refuses who cannot be counted.
    """

    def __init__(self, server: str, params: dict[str, Any]):
        super().__init__(server, params)
        self.own = LocMemCache("while Redis is away", params)

    def add(self, *args, **kwargs):
        return self._ask("add", *args, **kwargs)

    def get(self, *args, **kwargs):
        return self._ask("get", *args, **kwargs)

    def set(self, *args, **kwargs):
        return self._ask("set", *args, **kwargs)

    def delete(self, *args, **kwargs):
        return self._ask("delete", *args, **kwargs)

    def _ask(self, name: str, *args, **kwargs):
        try:
            return ask(getattr(super(), name), *args, **kwargs)
        except RedisError:
            return getattr(self.own, name)(*args, **kwargs)
