"""Who is here: counted per connection, so that several tabs of a person are one person.

Kept in Redis when there is one, else in this process. Each entry has an end and is renewed while
its connection lives: those of a process that died end by themselves. All functions are
synchronous and may be called from any thread; while Redis is away nobody is here, and nothing
else fails.
"""

import logging
import threading
import time
from collections.abc import Iterable
from functools import cache

import redis
from django.conf import settings

from chat import respite

logger = logging.getLogger(__name__)

LIFETIME = 60.0  # seconds until an entry that is not renewed ends
GRACE = 3.0  # seconds that a connection that went is still counted: a reload is not a departure

# Where somebody is: a room they have open, one they are looking at, or the site.
Place = int | str
SITE = "site"

# A connection that is there: (place, user id, connection id).
Entry = tuple[Place, int, str]


def in_view(room_id: int) -> Place:
    """Where those are who look at a room: it is open in a tab that is to be seen."""
    return f"{room_id}.view"


def enter(entry: Entry) -> None:
    _safely(_store().put, [entry], time.time() + LIFETIME)


def renew(entries: Iterable[Entry]) -> None:
    _safely(_store().put, list(entries), time.time() + LIFETIME)


def leave(entry: Entry, grace: float = GRACE) -> None:
    """End the entry `grace` seconds from now."""
    _safely(_store().put, [entry], time.time() + grace)


def present(room_id: int) -> set[int]:
    """The ids of the people who have the room open."""
    return _present_at(room_id)


def looking(room_id: int) -> set[int]:
    """The ids of the people who have the room before their eyes."""
    return _present_at(in_view(room_id))


def online() -> set[int]:
    """The ids of the people who have any room open."""
    return _present_at(SITE)


def _present_at(place: Place) -> set[int]:
    return _safely(_store().present, [place], default={}).get(place, set())


def counts(room_ids: Iterable[int]) -> dict[int, int]:
    """How many people are in each of the rooms; rooms without anybody may be missing."""
    people = _safely(_store().present, list(room_ids), default={})
    return {room_id: len(users) for room_id, users in people.items()}


def _safely(function, *args, default=None):
    try:
        return respite.ask(function, *args)
    except redis.RedisError as error:
        logger.warning("Who is here is not known while Redis is away: %s", error)
        return default


@cache
def _store() -> "InRedis | InProcess":
    return InRedis(settings.REDIS_URL) if settings.REDIS_URL else InProcess()


class InProcess:
    def __init__(self):
        self.places: dict[Place, dict[tuple[int, str], float]] = {}
        self.lock = threading.Lock()

    def put(self, entries: list[Entry], end: float) -> None:
        with self.lock:
            for place, user_id, connection in entries:
                self.places.setdefault(place, {})[user_id, connection] = end

    def present(self, places: list) -> dict[Place, set[int]]:
        now, found = time.time(), {}
        with self.lock:
            for place in places:
                here = self.places.get(place, {})
                for ended in [key for key, end in here.items() if end <= now]:
                    del here[ended]
                if here:
                    found[place] = {user_id for user_id, _ in here}
                else:
                    self.places.pop(place, None)
        return found


class InRedis:
    """One sorted set per place: members `user:connection`, scored by when they end."""

    def __init__(self, url: str):
        self.redis = redis.Redis.from_url(url, **settings.REDIS_OPTIONS)

    @staticmethod
    def key(place: Place) -> str:
        return f"{settings.REDIS_PREFIX}:presence:{place}"

    def put(self, entries: list[Entry], end: float) -> None:
        with self.redis.pipeline(transaction=False) as pipe:
            for place, user_id, connection in entries:
                pipe.zadd(self.key(place), {f"{user_id}:{connection}": end})
                pipe.expire(self.key(place), int(LIFETIME) * 2)
            pipe.execute()

    def present(self, places: list) -> dict[Place, set[int]]:
        now = time.time()
        with self.redis.pipeline(transaction=False) as pipe:
            for place in places:
                pipe.zremrangebyscore(self.key(place), "-inf", now)
                pipe.zrange(self.key(place), 0, -1)
            found = pipe.execute()[1::2]
        return {
            place: {int(member.partition(b":")[0]) for member in members}
            for place, members in zip(places, found, strict=True)
            if members
        }
