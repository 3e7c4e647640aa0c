"""Every frame that crosses the socket, typed, both ways.

A frame is one JSON object in one WebSocket text message; `type` says which it is. What a client
sends may carry a `ref` of its choice; the `ack` or `error` that answers it carries the same.
Rooms are named by their slug, times are ISO 8601 in UTC.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

# Larger text frames close the socket with 1009 (RFC 6455, section 7.4.1): 10,000 characters of
# escaped JSON fit, a flood does not.
MAX_FRAME_BYTES = 128 * 1024

Ref = Annotated[str, Meta(max_length=64)]
# As in the addresses of pages: letters of any script, digits, - and _. So no NUL, which PostgreSQL
# refuses to look for.
SLUG = r"[-\w]+"
Slug = Annotated[str, Meta(min_length=1, max_length=80, pattern=rf"^{SLUG}\Z")]
Id = Annotated[int, Meta(ge=1, le=2**63 - 1)]
Revision = Annotated[int, Meta(ge=0, le=2**63 - 1)]


# From the client ------------------------------------------------------------------------------


class ClientFrame(Struct, tag_field="type", forbid_unknown_fields=True, kw_only=True):
    ref: Ref | None = None


class JoinRoom(ClientFrame, tag="join_room"):
    """Open a room in this tab: become a member where that is free, then be told what happens.

    With `since`, what changed after that revision follows the `ack`.
    """

    room: Slug
    since: Revision | None = None


class LeaveRoom(ClientFrame, tag="leave_room"):
    """Close the room in this tab. The membership stays."""

    room: Slug


class NewPoll(Struct, forbid_unknown_fields=True):
    """Asked with a message. `several`: whether one may choose more than one."""

    choices: Annotated[list[str], Meta(min_length=2, max_length=10)]
    several: bool = False
    closes_at: Annotated[datetime, Meta(tz=True)] | None = None


class SendMessage(ClientFrame, tag="send_message"):
    """Post. The `nonce` makes it safe to send again when no answer came.

    `attachments` are ids of files that were uploaded before, see "Files"; with some, `body` may be
    empty. `thread` is the id of the message under which it is said.
    """

    room: Slug
    body: str
    nonce: UUID
    reply_to: Id | None = None
    thread: Id | None = None
    attachments: Annotated[list[Id], Meta(max_length=10)] = []
    poll: NewPoll | None = None


class EditMessage(ClientFrame, tag="edit_message"):
    id: Id
    body: str


class DeleteMessage(ClientFrame, tag="delete_message"):
    id: Id


class TakeBack(ClientFrame, tag="take_back"):
    """Undo that a message of one's own was sent, within 15 seconds. It goes without a trace, and
    its files can be sent again. By its `nonce`, so that nobody has to know whether it has arrived.
    """

    nonce: UUID


class React(ClientFrame, tag="react"):
    """Put an emoji to a message (`on`) or take one's own back; doing it again changes nothing."""

    id: Id
    emoji: Annotated[str, Meta(min_length=1, max_length=64)]
    on: bool


class Pin(ClientFrame, tag="pin"):
    """Put a message on the room's board (`on`) or take it off: for who moderates the room, and for
    everybody in a direct conversation.
    """

    id: Id
    on: bool


class Vote(ClientFrame, tag="vote"):
    """One's choices in the poll of a message, by their places from 0; none takes the vote back."""

    id: Id
    choices: Annotated[list[Annotated[int, Meta(ge=0, le=9)]], Meta(max_length=10)]


class ClosePoll(ClientFrame, tag="close_poll"):
    """End it before its time: for who asked, and who moderates the room."""

    id: Id


class RemovePreview(ClientFrame, tag="remove_preview"):
    """Show no preview of the link in one's own message any more."""

    id: Id


class Forward(ClientFrame, tag="forward"):
    """Say a message again in another room. Out of a private room only `knowingly`: without, the
    answer is the error `from_private`, so that a person can be asked first.
    """

    id: Id
    room: Slug
    nonce: UUID
    knowingly: bool = False


class SaveDraft(ClientFrame, tag="save_draft"):
    """Keep what is being written in the room, with the message it answers, for all tabs and devices
    of this person; an empty `body` means that it was sent or dropped. The last one to save wins.
    """

    room: Slug
    body: Annotated[str, Meta(max_length=10_000)]
    reply_to: Id | None = None


class TypingStart(ClientFrame, tag="typing_start"):
    """To be repeated every few seconds while typing goes on; it lapses by itself. With `thread` it
    goes on in the thread of that message: one types in one place at a time.
    """

    room: Slug
    thread: Id | None = None


class TypingStop(ClientFrame, tag="typing_stop"):
    room: Slug
    thread: Id | None = None


class Look(ClientFrame, tag="look"):
    """The room has come into view or gone out of it: who looks is not told by other means."""

    room: Slug
    on: bool


class MarkRead(ClientFrame, tag="mark_read"):
    room: Slug
    id: Id


class MarkUnread(ClientFrame, tag="mark_unread"):
    """Let message `id` and what follows it in the room be unread again."""

    room: Slug
    id: Id


class MarkAllRead(ClientFrame, tag="mark_all_read"):
    """In all rooms and threads."""


class Sync(ClientFrame, tag="sync"):
    """Ask for each message changed after revision `since`, in its present state."""

    room: Slug
    since: Revision


class Ping(ClientFrame, tag="ping"):
    pass


AnyClientFrame = (
    JoinRoom
    | LeaveRoom
    | SendMessage
    | EditMessage
    | DeleteMessage
    | TakeBack
    | React
    | Pin
    | Vote
    | ClosePoll
    | RemovePreview
    | Forward
    | SaveDraft
    | TypingStart
    | TypingStop
    | Look
    | MarkRead
    | MarkUnread
    | MarkAllRead
    | Sync
    | Ping
)


# To the client --------------------------------------------------------------------------------


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
    declined). `text` says it in their language, with until when, by whom and why. `until` is None
    where there is no end. `id`, of the decision in force, leads to where they can appeal.
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
    """What the same person is writing in the room now, in another tab."""

    room: str
    draft: DraftData


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
    person cannot write in the room; without `muted_until` it has no end.
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

_decoder = msgspec.json.Decoder(AnyClientFrame)
_encoder = msgspec.json.Encoder()


class _Addressed(Struct):
    ref: Ref | None = None


def decode(text: str) -> AnyClientFrame:
    """The typed frame. Raises msgspec.DecodeError, which names the field that is wrong."""
    try:
        return _decoder.decode(text)
    except RecursionError:
        raise msgspec.DecodeError("It is nested too deeply") from None


def ref_of(text: str) -> str | None:
    """The `ref` of a frame that could not be decoded, so that its error finds its way back."""
    try:
        return msgspec.json.decode(text, type=_Addressed).ref
    except (msgspec.DecodeError, RecursionError):
        return None


def encode(frame: ServerFrame | AttachmentData) -> str:
    return _encoder.encode(frame).decode()
