"""What frames of the server are made of: people, messages, rooms."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType


class Person(Struct):
    id: int
    name: str
    avatar: str
    guest: bool = False


class Reply(Struct):
    id: int
    author: str
    excerpt: str


class DraftData(Struct, omit_defaults=True):
    """What this person is writing in a room; `body` is empty when there is nothing."""

    body: str = ""
    reply_to: Reply | None = None


class Reaction(Struct):
    """One emoji put to a message: by how many, and the ids of the first of them."""

    emoji: str
    count: int
    who: list[int]


class AttachmentData(Struct, omit_defaults=True):
    """A file. `kind`: picture, video, audio, voice or file; `size` in bytes, `duration` in seconds.

    `type` is what it is served as. `thumbnail` is the address of a small WebP: of a picture, or of
    the first moment of a video. `waveform` has one hexadecimal digit for each moment of a voice
    note. `description` says what is to be seen on a picture, for who does not see it.
    """

    id: int
    name: str
    kind: str
    type: str
    size: int
    url: str
    thumbnail: str | None = None
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    waveform: str | None = None
    description: str | None = None


class Choice(Struct):
    """What a poll offers: by how many it was chosen, and the ids of the first of them."""

    text: str
    count: int
    who: list[int]


class Poll(Struct):
    """Asked with a message. After `closes_at` nobody votes any more."""

    choices: list[Choice]
    voters: int
    several: bool
    closes_at: datetime | None


class PreviewPicture(Struct):
    """A small WebP; `url` is on this site, `width` and `height` are in pixels."""

    url: str
    width: int
    height: int


class PreviewData(Struct, omit_defaults=True):
    """What the page behind the first link of a message says of itself; comes as a change.

    `url` is the link, `host` its host, `site` what the page calls its site.
    """

    url: str
    host: str
    title: str
    site: str = ""
    text: str = ""
    picture: PreviewPicture | None = None


class MessageData(Struct):
    """A message as it stands now; `html` is its whole fragment of the page.

    A deleted one has `deleted` and no `body`, and its fragment is a tombstone; `removed_by` is what
    the moderator is called who removed it, and may bring it back. An empty fragment means that it
    was taken back, and that nothing is shown in its place. `thread` is the id of the message under
    which it was said; the room itself does not show such a one. `mentions` are
    the ids of the people whom it names, or 0 for everybody in the room.
    """

    id: int
    revision: int
    author: Person
    html: str
    created_at: datetime
    body: str | UnsetType = UNSET
    nonce: UUID | None = None
    reply_to: Reply | None = None
    attachments: list[AttachmentData] = []
    reactions: list[Reaction] = []
    edited_at: datetime | None = None
    pinned: bool = False
    poll: Poll | UnsetType = UNSET
    forwarded: bool = False
    preview: PreviewData | UnsetType = UNSET
    thread: int | None = None
    mentions: list[int] = []
    deleted: bool = False
    removed_by: str | UnsetType = UNSET


class RoomData(Struct):
    """`kind`: public, private or direct. A direct one is named after the others in it, `people`.

    `slow`: how many seconds a member waits between two messages, or 0. `locked`: only who moderates
    can write, and `lock_words` may say why.
    """

    name: str
    topic: str
    kind: str
    guests_allowed: bool
    archived: bool
    slow: int = 0
    locked: bool = False
    lock_words: str = ""
    people: list[Person] | UnsetType = UNSET
