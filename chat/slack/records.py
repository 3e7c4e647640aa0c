"""What Slack writes in an export, as far as this site can use it.

Exports of different years and makers differ, so nothing but what a record is nothing without is
required. What lies deeper is decoded by itself, so that one slip does not cost the whole message.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar

import msgspec

T = TypeVar("T")

SlackId = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_]{1,50}\Z")]
# Seconds since 1970 with six decimals, which tell messages of one channel apart.
Stamp = Annotated[str, msgspec.Meta(pattern=r"^\d{1,10}(\.\d{1,6})?\Z")]

# What msgspec raises for what is no JSON or not of that type.
UNREADABLE = (msgspec.DecodeError, msgspec.ValidationError, UnicodeError, RecursionError)


class Profile(msgspec.Struct):
    display_name: str | None = None
    real_name: str | None = None
    name: str | None = None  # in a message only


class Person(msgspec.Struct):
    id: SlackId
    name: str | None = None
    real_name: str | None = None
    deleted: bool | None = None
    is_bot: bool | None = None
    team_id: str | None = None
    profile: Profile | None = None

    @property
    def names(self) -> list[str]:
        """What they are called, what others see first."""
        profile = self.profile or Profile()
        names = [profile.display_name, profile.real_name, self.real_name, self.name, profile.name]
        return list(dict.fromkeys(name.strip() for name in names if name and name.strip()))


class About(msgspec.Struct):
    value: str | None = None


class Pin(msgspec.Struct):
    id: str


class Channel(msgspec.Struct):
    id: SlackId
    name: Annotated[str, msgspec.Meta(min_length=1)]
    is_archived: bool | None = None
    members: list[str] | None = None
    topic: About | None = None
    purpose: About | None = None
    pins: list[Pin] | None = None
    is_private: bool | None = None
    is_mpim: bool | None = None  # a direct conversation of several


class Edited(msgspec.Struct):
    ts: Stamp


class Reaction(msgspec.Struct):
    name: str
    users: list[str] = []
    count: int = 0


class File(msgspec.Struct):
    id: SlackId
    name: str | None = None
    title: str | None = None
    mode: str | None = None

    @property
    def called(self) -> str:
        return self.name or self.title or self.id


class Attachment(msgspec.Struct):
    """What an app wrote, or a preview of a link, which says where it is from."""

    text: str | None = None
    pretext: str | None = None
    title: str | None = None
    title_link: str | None = None
    fallback: str | None = None
    from_url: str | None = None
    original_url: str | None = None

    @property
    def is_preview(self) -> bool:
        return bool(self.from_url or self.original_url)


class Comment(msgspec.Struct):
    """On a file, before 2018."""

    user: str | None = None
    comment: str = ""


class Bot(msgspec.Struct):
    id: str | None = None
    name: str | None = None


NOTHING = msgspec.Raw(b"null")


class Message(msgspec.Struct):
    ts: Stamp
    subtype: str | None = None
    user: str | None = None
    bot_id: str | None = None
    username: str | None = None
    text: str | None = None
    thread_ts: str | None = None
    edited: msgspec.Raw = NOTHING
    reactions: msgspec.Raw = NOTHING
    files: msgspec.Raw = NOTHING
    file: msgspec.Raw = NOTHING  # before 2018
    attachments: msgspec.Raw = NOTHING
    blocks: msgspec.Raw = NOTHING
    pinned_to: msgspec.Raw = NOTHING
    user_profile: msgspec.Raw = NOTHING
    bot_profile: msgspec.Raw = NOTHING
    comment: msgspec.Raw = NOTHING


def one(raw: bytes | msgspec.Raw, type: type[T], slip: Callable[[], object]) -> T | None:
    """What stands there, None for null; for what is not of that type `slip` is called."""
    try:
        return msgspec.json.decode(raw, type=type | None)
    except UNREADABLE:
        slip()
        return None


def many(raw: bytes | msgspec.Raw, type: type[T], slip: Callable[[], object]) -> Iterator[T]:
    """Those of a list that are of that type; `slip` is called for each that is not."""
    for item in one(raw, list[msgspec.Raw], slip) or []:
        if (found := one(item, type, slip)) is not None:
            yield found


def time_of(stamp: Any) -> datetime | None:
    """When that was; None for no time between 1970 and tomorrow."""
    try:
        time = datetime.fromtimestamp(float(stamp), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    return time if datetime.fromtimestamp(0, UTC) < time < tomorrow else None
