"""What a client sends."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import Meta, Struct

from chat.protocol.fields import Id, Ref, Revision, Slug


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
    With `thread` it is written in the thread of that message.
    """

    room: Slug
    body: Annotated[str, Meta(max_length=10_000)]
    thread: Id | None = None
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
