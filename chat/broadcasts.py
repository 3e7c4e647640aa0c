"""What is told to whom after a commit. The only caller of the hub's publish().

Verbs of the models call these through transaction.on_commit: before the commit nobody else can see
what is told, and after a rollback it never happened.
"""

from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from msgspec import UNSET, UnsetType, convert
from msgspec.structs import asdict

from chat import markup, rendering
from chat.hub import gather, publish
from chat.protocol import encode
from chat.protocol.parts import (
    AttachmentData,
    DraftData,
    MessageData,
    Person,
    Poll,
    PreviewData,
    Reaction,
    Reply,
    RoomData,
)
from chat.protocol.server import (
    Activity,
    AddedToRoom,
    AllRead,
    Decided,
    DraftSaved,
    MessageChanged,
    NewMessage,
    Notified,
    PersonChanged,
    Pruned,
    Read,
    RemovedFromRoom,
    Reported,
    Resync,
    RoomChanged,
    RoomHidden,
    RoomMoved,
)

FOLLOWERS = 100  # of a thread, who are told with a new message that it concerns them


def room_group(room_id: int) -> str:
    """Every connected member of a room, whichever room they look at."""
    return f"room.{room_id}"


def room_of(group: str) -> int | None:
    """The id of the room whose room_group() this is."""
    kind, _, room_id = group.partition(".")
    return int(room_id) if kind == "room" else None


def audience_group(room_id: int) -> str:
    """The processes in which somebody has the room open."""
    return f"audience.{room_id}"


def user_group(user_id: int) -> str:
    """Every tab of one person."""
    return f"user.{user_id}"


# What a client is shown -------------------------------------------------------------------------


def person_data(user) -> Person:
    return Person(id=user.pk, name=user.name, avatar=user.avatar_url, guest=user.is_guest)


def name_data(user) -> dict[str, Any]:
    """A person with the `handle` by which they may be found too, unless they are a guest."""
    return asdict(person_data(user)) | {"handle": None if user.is_guest else user.username}


def message_data(message) -> MessageData:
    return MessageData(
        id=message.pk,
        revision=message.revision,
        author=person_data(message.author),
        body=UNSET if message.deleted_at else message.body,
        html=rendering.fragment(message),
        nonce=message.nonce,
        created_at=message.created_at,
        reactions=[
            Reaction(one["key"], one["count"], one["who"]) for one in message.reaction_tally
        ],
        edited_at=message.edited_at,
        pinned=message.pinned_at is not None,
        poll=convert(message.poll, Poll) if message.poll else UNSET,
        forwarded=message.forwarded is not None,
        preview=convert(message.preview, PreviewData) if message.preview else UNSET,
        thread=message.thread_id,
        mentions=markup.mentioned(message.html),
        deleted=message.deleted_at is not None,
        removed_by=message.removed["by"] if message.removed else UNSET,
        attachments=[attachment_data(file) for file in message.files],
        reply_to=reply_data(message.reply_to),
    )


def reply_data(original) -> Reply | None:
    if original is None:
        return None
    return Reply(id=original.pk, author=original.author.name, excerpt=original.excerpt)


def draft_data(draft) -> DraftData | None:
    """It answers no message that was deleted since."""
    if draft is None:
        return None
    original = draft.reply_to
    is_there = original is not None and original.deleted_at is None
    return DraftData(body=draft.body, reply_to=reply_data(original) if is_there else None)


def attachment_data(about: dict) -> AttachmentData:
    """`about` as Attachment.about() gives it."""
    url = reverse("file", args=[about["id"], about["name"]])
    thumbnail = reverse("thumbnail", args=[about["id"]]) if "thumbnail" in about else None
    return AttachmentData(**about | {"url": url, "thumbnail": thumbnail})


def room_data(room, viewer=None) -> RoomData:
    """For everybody in it; a direct conversation, as `viewer` sees it."""
    if room.is_direct:
        room.seen_by(viewer)
    return RoomData(
        name=room.title,
        topic=room.topic,
        kind=room.kind,
        guests_allowed=room.guests_allowed,
        archived=room.archived_at is not None,
        slow=room.slow_seconds,
        locked=room.locked_at is not None,
        lock_words=room.lock_words,
        people=[person_data(person) for person in room.others] if room.is_direct else UNSET,
    )


# What happened ----------------------------------------------------------------------------------


def message_posted(message) -> None:
    followers: list[int] | UnsetType = UNSET
    if message.thread_id:
        followers = list(message.thread.readers.values_list("user", flat=True)[:FOLLOWERS])
    _tell_room(message, NewMessage, followers=followers)


def message_changed(message) -> None:
    """Edited, deleted or pinned, or its thread went on."""
    _tell_room(message, MessageChanged)


def message_reacted(message) -> None:
    """Reacted or voted on: of many in one moment only the first and the last are told."""
    gather(message.pk, message, _tell_reacted)


def _tell_reacted(messages: list) -> None:
    *before, last = sorted(messages, key=lambda message: message.revision)
    _tell_room(last, MessageChanged, also=[message.revision for message in before] or UNSET)


def _tell_room(message, frame: type[NewMessage | MessageChanged], **more) -> None:
    room, revision = message.room, message.revision
    text = encode(frame(room=room.slug, revision=revision, message=message_data(message), **more))
    publish(room_group(room.pk), text=text, revision=revision)


def pruned(room, revision: int, up_to: int) -> None:
    """Messages up to that id were deleted for good."""
    text = encode(Pruned(room=room.slug, revision=revision, up_to=up_to))
    publish(room_group(room.pk), text=text, revision=revision)


def much_changed(room) -> None:
    """So much that each client loads it afresh."""
    publish(room_group(room.pk), text=encode(Resync(room=room.slug)), revision=room.revision)


def room_moved(room, other) -> None:
    """It is part of the other one now."""
    publish(room_group(room.pk), text=encode(RoomMoved(room=room.slug, to=other.slug)))


def room_changed(room) -> None:
    """Its name, topic, openness or who runs it."""
    text = encode(RoomChanged(room=room.slug, about=room_data(room)))
    publish(room_group(room.pk), text=text)


def membership_gained(room, user) -> None:
    delivery_began(room, user)
    room_listed(room, user)


def delivery_began(room, user) -> None:
    """Their tabs hear of the room from now on; it is not on their list yet."""
    publish(user_group(user.pk), order={"do": "join", "room": room.pk})


def room_listed(room, user) -> None:
    with translation.override(user.language or settings.LANGUAGE_CODE):
        frame = AddedToRoom(room=room.slug, about=room_data(room, user))
    publish(user_group(user.pk), text=encode(frame))


def room_hidden(room, user) -> None:
    publish(user_group(user.pk), text=encode(RoomHidden(room=room.slug)))


def membership_lost(room, user) -> None:
    publish(user_group(user.pk), order={"do": "leave", "room": room.pk})
    publish(user_group(user.pk), text=encode(RemovedFromRoom(room=room.slug)))


def decided(decision, person=None) -> None:
    """To the tabs of the person concerned, in their language; or of another whom it strikes too."""
    person = person or decision.person
    about = decision.of if decision.kind == "reversed" else decision
    with translation.override(person.language or settings.LANGUAGE_CODE):
        frame = Decided(
            id=about.pk,
            kind=about.kind,
            text=decision.said_to(person),
            room=decision.room.slug if decision.room else None,
            message=decision.message_id,
            until=about.until,
            reversed=about != decision,
        )
    publish(user_group(person.pk), text=encode(frame))


def reported(room, moderator_id: int, count: int) -> None:
    publish(user_group(moderator_id), text=encode(Reported(room=room.slug, count=count)))


def read(room, user_id: int, message_id: int, **more) -> None:
    publish(user_group(user_id), text=encode(Read(room=room.slug, id=message_id, **more)))


def draft_saved(room, user_id: int, draft, by_tab: str, thread: int | None) -> None:
    now = draft_data(draft) or DraftData()
    text = encode(DraftSaved(room=room.slug, thread=thread or UNSET, draft=now))
    publish(user_group(user_id), order={"do": "tell", "text": text, "but": by_tab})


def activity(user_id: int, unread: bool) -> None:
    publish(user_group(user_id), text=encode(Activity(unread=unread)))


def all_read(user_id: int) -> None:
    publish(user_group(user_id), text=encode(AllRead()))


def notified(user_id: int, notice: dict[str, Any]) -> None:
    publish(user_group(user_id), text=encode(Notified(**notice)))


def person_changed(user, room_ids: list[int]) -> None:
    """A person's name or picture, told to the rooms they are a member of."""
    text = encode(PersonChanged(user=person_data(user)))
    for room_id in room_ids:
        publish(room_group(room_id), text=text)


def signed_out(user, session_key: str | None = None) -> None:
    """Close the sockets of one session of a person, or with no key all of them, at once."""
    publish(user_group(user.pk), order={"do": "close", "session": session_key})


# Who is here, and who is typing: only for tabs that have the room open --------------------------


def typing(room_id: int, thread: int | None, person: Person, on: bool) -> None:
    order = {"do": "typing", "thread": thread, "person": asdict(person), "on": on}
    publish(audience_group(room_id), order=order)


def members_changed(room_id: int) -> None:
    """How many there are; who opens the room looks at it all the same."""
    publish(audience_group(room_id), order={"do": "members"})


def presence_changed(room_id: int) -> None:
    publish(audience_group(room_id), order={"do": "presence"})
