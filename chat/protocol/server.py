"""What the server tells."""

from datetime import datetime
from uuid import UUID

from msgspec import UNSET, Struct, UnsetType

from chat.protocol.fields import Ref
from chat.protocol.parts import DraftData, MessageData, Person, RoomData


class ServerFrame(Struct, tag_field="type", kw_only=True):
    pass


class Welcome(ServerFrame, tag="welcome"):
    """The first frame. `limits`: `body` in characters, `frame` and `file` in bytes; `files` in one
    message. `threads`: the ids of the messages in whose threads there is something unread.
    `unread`: the slugs of the rooms in which there is, the busiest 200. `drafts`: those of the
    rooms in which this person has begun to write."""

    user: Person
    time: datetime
    limits: dict[str, int]
    threads: list[int]
    unread: list[str]
    drafts: list[str]


class NewMessage(ServerFrame, tag="new_message"):
    """`followers`: of a message in a thread, the ids of those who take part in it."""

    room: str
    revision: int
    message: MessageData
    followers: list[int] | UnsetType = UNSET


class MessageChanged(ServerFrame, tag="message_changed"):
    """`also`: of many reactions or votes in one moment only the last is told, with the revisions of
    those before it.
    """

    room: str
    revision: int
    message: MessageData
    also: list[int] | UnsetType = UNSET


class TypingIndicatorUpdate(ServerFrame, tag="typing_indicator_update"):
    """Everybody who is typing now: in the room itself or, with `thread`, under that message."""

    room: str
    users: list[Person]
    thread: int | UnsetType = UNSET


class UserJoined(ServerFrame, tag="user_joined"):
    """Somebody came who was not here. Told to tabs that have the room open, like `presence`."""

    room: str
    user: Person


class UserLeft(ServerFrame, tag="user_left"):
    room: str
    user: Person


class Presence(ServerFrame, tag="presence"):
    """Who is here: the first of them by name, and how many in all; and how many are members."""

    room: str
    users: list[Person]
    count: int
    members: int


class RoomChanged(ServerFrame, tag="room_changed"):
    room: str
    about: RoomData


class PersonChanged(ServerFrame, tag="person_changed"):
    """A new name or picture of somebody who shares a room with this person."""

    user: Person


class AddedToRoom(ServerFrame, tag="added_to_room"):
    """It is on this person's list now: also a direct conversation that begins or comes back."""

    room: str
    about: RoomData


class RoomHidden(ServerFrame, tag="room_hidden"):
    """A direct conversation is off this person's list, until the next message in it."""

    room: str


class RemovedFromRoom(ServerFrame, tag="removed_from_room"):
    room: str


class Decided(ServerFrame, tag="decided"):
    """Something was decided about this person, or taken back (`reversed`).

    `kind`: removed (a message, `message` being its id), muted, banned, address (all guests from
    their network address are banned), shown_out, role, suspended, upheld (their appeal was
    declined), passed and withheld (a message of theirs that waited for a moderator). `text` says it
    in their language, with until when, by whom and why. `until` is None where there is no end.
    `id`, of the decision in force, leads to where they can appeal.
    """

    id: int
    kind: str
    text: str
    room: str | None
    message: int | None
    until: datetime | None
    reversed: bool


class Reported(ServerFrame, tag="reported"):
    """To who moderates the room: how many reports and appeals wait for them there now."""

    room: str
    count: int


class RoomMoved(ServerFrame, tag="room_moved"):
    """All that was said in `room` is in the room `to` now, under the same ids; `removed_from_room`
    follows, and for who was not there `added_to_room`.
    """

    room: str
    to: str


class Read(ServerFrame, tag="read", omit_defaults=True):
    """How far the same person has read, in whichever tab: up to message `id` in the room, or in a
    thread. Whether there is more that is `unread`, and how many `mentions` of them are in it.
    `back`: they moved the mark back, to read again.
    """

    room: str
    id: int
    thread: int | UnsetType = UNSET
    unread: bool = False
    mentions: int = 0
    back: bool = False


class Activity(ServerFrame, tag="activity"):
    """Somebody named this person or put an emoji to what they said; or they have seen it."""

    unread: bool


class DraftSaved(ServerFrame, tag="draft"):
    """What the same person is writing in the room now, or in a `thread` of it, in another tab."""

    room: str
    draft: DraftData
    thread: int | UnsetType = UNSET


class AllRead(ServerFrame, tag="all_read"):
    """The same person has nothing left to read, in no room and no thread."""


class Notified(ServerFrame, tag="notified"):
    """Something was said that this person wants to be told of, in whichever tab they are.

    `id` is that of the message. `tag` is the slug of the room: a newer notice with the same one
    takes the place of an older.
    """

    id: int
    title: str
    body: str
    url: str
    tag: str


class Pruned(ServerFrame, tag="pruned"):
    """Messages were deleted for good, without tombstones, none with an `id` above `up_to`; nor are
    all up to it gone. A client that shows or keeps one of that age loads it again.
    """

    room: str
    revision: int
    up_to: int


class Changes(ServerFrame, tag="changes"):
    """The answer to `sync`: after these messages the client has everything up to `revision`.

    With `pruned_up_to`, messages were deleted for good since: see `pruned`.
    """

    room: str
    messages: list[MessageData]
    revision: int
    pruned_up_to: int | UnsetType = UNSET
    ref: Ref | UnsetType = UNSET


class Resync(ServerFrame, tag="resync"):
    """Too much has changed: load the room afresh, after a random delay of up to a second."""

    room: str
    ref: Ref | UnsetType = UNSET


class Missed(ServerFrame, tag="missed", omit_defaults=True):
    """Something may have got lost on the way to you, in `room` or, without it, anywhere.

    Send `sync` where that room is open. Where it is not, there is something new in it if there is a
    `newest` message, by id, that did not come to you: what else was missed is in a thread, or a
    change to what was said before.
    """

    room: str | None = None
    newest: int | None = None


class Ack(ServerFrame, tag="ack", omit_defaults=True):
    """Done. Which fields it has depends on what it answers; see the table. `muted` says why this
    person cannot write in the room; without `muted_until` it has no end. What is `held` waits for a
    moderator, and comes as a message with the same `nonce` once it is let through.
    """

    ref: Ref | None = None
    room: str | None = None
    revision: int | None = None
    about: RoomData | None = None
    draft: DraftData | None = None
    muted: str | None = None
    muted_until: datetime | None = None
    users: list[Person] | None = None
    count: int | None = None
    members: int | None = None
    id: int | None = None
    nonce: UUID | None = None
    held: bool = False


class Error(ServerFrame, tag="error", omit_defaults=True):
    """Refused. `message` tells a person what to do; `retry_after` is in seconds."""

    code: str
    message: str
    ref: Ref | None = None
    retry_after: float | None = None


class Pong(ServerFrame, tag="pong", omit_defaults=True):
    ref: Ref | None = None


AnyServerFrame = (
    Welcome
    | NewMessage
    | MessageChanged
    | TypingIndicatorUpdate
    | UserJoined
    | UserLeft
    | Presence
    | Pruned
    | RoomChanged
    | PersonChanged
    | AddedToRoom
    | RoomHidden
    | RoomMoved
    | RemovedFromRoom
    | Decided
    | Reported
    | Read
    | DraftSaved
    | AllRead
    | Activity
    | Notified
    | Changes
    | Resync
    | Missed
    | Ack
    | Error
    | Pong
)
