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

# A connection that has a room open: (room id, user id, connection id).
Entry = tuple[int, int, str]


def enter(entry: Entry) -> None:
    _safely(_store().put, [entry], time.time() + LIFETIME)


def renew(entries: Iterable[Entry]) -> None:
    _safely(_store().put, list(entries), time.time() + LIFETIME)


def leave(entry: Entry, grace: float = GRACE) -> None:
    """End the entry `grace` seconds from now."""
    _safely(_store().put, [entry], time.time() + grace)


def present(room_id: int) -> set[int]:
    """The ids of the people who have the room open."""
    return _safely(_store().present, [room_id], default={}).get(room_id, set())


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
        self.rooms: dict[int, dict[tuple[int, str], float]] = {}
        self.lock = threading.Lock()

    def put(self, entries: list[Entry], end: float) -> None:
        with self.lock:
            for room_id, user_id, connection in entries:
                self.rooms.setdefault(room_id, {})[user_id, connection] = end

    def present(self, room_ids: list[int]) -> dict[int, set[int]]:
        now, found = time.time(), {}
        with self.lock:
            for room_id in room_ids:
                here = self.rooms.get(room_id, {})
                for ended in [key for key, end in here.items() if end <= now]:
                    del here[ended]
                if here:
                    found[room_id] = {user_id for user_id, _ in here}
                else:
                    self.rooms.pop(room_id, None)
        return found


class InRedis:
    """One sorted set per room: members `user:connection`, scored by when they end."""

    def __init__(self, url: str):
        self.redis = redis.Redis.from_url(url, **settings.REDIS_OPTIONS)

    @staticmethod
    def key(room_id: int) -> str:
        return f"{settings.REDIS_PREFIX}:presence:{room_id}"

    def put(self, entries: list[Entry], end: float) -> None:
        with self.redis.pipeline(transaction=False) as pipe:
            for room_id, user_id, connection in entries:
                pipe.zadd(self.key(room_id), {f"{user_id}:{connection}": end})
                pipe.expire(self.key(room_id), int(LIFETIME) * 2)
            pipe.execute()

    def present(self, room_ids: list[int]) -> dict[int, set[int]]:
        now = time.time()
        with self.redis.pipeline(transaction=False) as pipe:
            for room_id in room_ids:
                pipe.zremrangebyscore(self.key(room_id), "-inf", now)
                pipe.zrange(self.key(room_id), 0, -1)
            found = pipe.execute()[1::2]
        return {
            room_id: {int(member.partition(b":")[0]) for member in members}
            for room_id, members in zip(room_ids, found, strict=True)
            if members
        }
