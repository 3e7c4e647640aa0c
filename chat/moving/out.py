"""A room as it is at one moment -> an archive."""

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.storage import default_storage
from django.utils import timezone

from accounts import names
from chat import markup
from chat.backup.making import site_version
from chat.markup.mentions import EVERYONE
from chat.models import Attachment, Membership, MessageEdit, Reaction, Room, Vote
from chat.models import Message as MessageHere
from chat.moving import form
from chat.moving.moment import one_moment
from chat.moving.pages import Pages
from chat.parcels import FolderWriter, Unfit, ZipWriter

AT_ONCE = 500
Writer = ZipWriter | FolderWriter
Told = Callable[[int], object]  # so many more messages are in it


def export(room: Room, output: Path, told: Told = bool) -> form.Manifest:
    """Write the archive of `room` to `output`: a zip if it is called so, else a folder.

    In the language that is active. It has its name only when it is complete. Raises Unfit.
    """
    with drafted(output) as (writer, scratch), one_moment():
        room.refresh_from_db()
        manifest = Export(room, writer, scratch, told).write()
        writer.finish(manifest)
    return manifest


def require_free(output: Path) -> None:
    """Raises Unfit where nothing can be written of that name."""
    if output.exists() or output.is_symlink():
        raise Unfit(f"{output} is there already. Choose another name, or remove it first.")
    if not output.parent.is_dir():
        raise Unfit(f"There is no folder {output.parent}.")


@contextmanager
def drafted(output: Path) -> Iterator[tuple[Writer, Path]]:
    """A writer, and a folder for what it needs, beside `output`, which has all in the end, or is
    not there. Raises Unfit.
    """
    require_free(output)
    try:
        with tempfile.TemporaryDirectory(prefix=".draft-", dir=output.parent) as name:
            scratch = Path(name)
            draft = scratch / "draft"
            writer = (ZipWriter if output.suffix.lower() == ".zip" else FolderWriter)(draft)
            yield writer, scratch
            require_free(output)
            draft.chmod(0o600 if draft.is_file() else 0o700)  # private rooms may be in it
            draft.rename(output)
    except OSError as error:
        raise Unfit(f"The archive cannot be written to {output}: {error}.") from error


class Export:
    """A room on its way into an archive; only what was said `by` somebody, unless it is None."""

    def __init__(self, room: Room, writer: Any, scratch: Path, told: Told = bool, *, by=None):
        self.room, self.writer, self.scratch, self.told, self.by = room, writer, scratch, told, by
        self.messages = room.messages.filter(taken_back_at=None)
        if by:
            self.messages = self.messages.filter(author=by, deleted_at=None)
        self.people: set[int] = set()
        self.missing: list[str] = []
        self.count = 0

    def write(self) -> form.Manifest:
        self._write_messages()
        about = self._about_room()
        self._add_text(form.ROOM, msgspec.json.format(msgspec.json.encode(about)))
        title = self.room.title if self.by else about.name
        missing, is_flat = {*self.missing}, self.by is not None
        pages = Pages(self.room, title, self.messages, self.writer, missing, is_flat=is_flat)
        pages.write(self.count, self.told)
        return form.Manifest(
            format=1,
            kind="chatsite room",
            version=site_version(),
            made_at=timezone.now(),
            site=settings.SITE_URL,
            room=self.room.pk,
            revision=self.room.revision,
            messages=self.count,
            entries=self.writer.entries,
            missing=self.missing,
        )

    def _add_text(self, name: str, text: bytes) -> None:
        path = self.scratch / "text"
        path.write_bytes(text)
        with path.open("rb") as source:
            self.writer.add(name, source, packed=True)

    # Messages -------------------------------------------------------------------------------------

    def _write_messages(self) -> None:
        encoder, path = msgspec.json.Encoder(), self.scratch / form.MESSAGES
        with path.open("wb") as lines:
            for batch in in_batches(self.messages):
                for line in self._lines(batch):
                    lines.write(encoder.encode(line) + b"\n")
                self.count += len(batch)
                self.told(len(batch))
        with path.open("rb") as source:
            self.writer.add(form.MESSAGES, source, packed=True)
        path.unlink()

    def _lines(self, batch: list[MessageHere]) -> Iterator[form.Message]:
        # Of what a moderator removed all is kept, so that it can come back: but not here.
        ids = [message.pk for message in batch if not message.deleted_at]
        edits, reactions, votes = defaultdict(list), defaultdict(list), defaultdict(list)
        for edit in MessageEdit.objects.filter(message__in=ids).order_by("pk"):
            edits[edit.message_id].append(form.Edit(at=edit.written_at, body=edit.body))
        for one in Reaction.objects.filter(message__in=ids).order_by("pk"):
            reaction = form.Reaction(emoji=one.emoji, by=one.user_id, at=one.created_at)
            reactions[one.message_id].append(reaction)
        for vote in Vote.objects.filter(message__in=ids).order_by("pk"):
            votes[vote.message_id].append((vote.user_id, vote.choice))
        files = Attachment.objects.filter(message__in=ids, is_whole=True).in_bulk()
        named = {pk for one in batch for pk in markup.mentioned(one.html) if pk}
        people = get_user_model().objects.in_bulk(named)
        for message in batch:
            line = form.Message(
                id=message.pk,
                author=message.author_id,
                at=message.created_at,
                body=message.body,
                thread=message.thread_id,
                reply_to=message.reply_to_id,
                mentions=mentions_in(message, people),
                files=[self._file(about, files.get(about["id"])) for about in message.files],
                poll=message.poll and poll_of(message, votes[message.pk]),
                reactions=reactions[message.pk],
                edited_at=None if message.deleted_at else message.edited_at,
                edits=edits[message.pk],
                pinned_at=message.pinned_at,
                due_at=message.due_at,
                forwarded=forwarded_of(message),
                deleted_at=message.deleted_at,
                removed_by=(message.removed or {}).get("by", ""),
            )
            self._note_people(line)
            yield line

    def _note_people(self, line: form.Message) -> None:
        self.people |= {line.author, *line.mentions.values()}
        self.people |= {one.by for one in line.reactions}
        self.people |= {person for person, _choice in line.poll.votes} if line.poll else set()
        self.people |= {line.forwarded.author or 0} if line.forwarded else set()

    def _file(self, about: dict, attachment: Attachment | None) -> form.FileAbout:
        for path, stored in (
            (form.path_of(about), "stored"),
            (form.thumbnail_of(about), "thumbnail"),
        ):
            if path and not self._add_file(path, getattr(attachment, stored, "")):
                self.missing.append(path)
        known = {key: value for key, value in about.items() if key not in {"id", "thumbnail"}}
        return form.FileAbout(path=form.path_of(about), thumbnail=form.thumbnail_of(about), **known)

    def _add_file(self, path: str, stored: str) -> bool:
        """Whether it was there."""
        if not stored:
            return False
        try:
            with default_storage.open(stored) as source:
                self.writer.add(path, source)
        except FileNotFoundError:
            return False
        return True

    # The room -------------------------------------------------------------------------------------

    def _about_room(self) -> form.RoomAbout:
        memberships = Membership.objects.filter(room=self.room.pk).order_by("pk")
        if self.by:
            memberships = memberships.filter(user=self.by)
        members = [
            form.Member(person=one.user_id, joined_at=one.joined_at, role=cast("Any", one.role))
            for one in memberships
        ]
        self.people |= {one.person for one in members}
        found = get_user_model().objects.filter(pk__in=self.people).order_by("pk")
        people = [
            form.Person(
                id=one.pk,
                name=one.name,
                username="" if one.is_guest else one.username,
                bot=one.is_bot,
                guest=one.is_guest,
            )
            for one in found
        ]
        by_id, room = {one.id: one.name for one in people}, self.room
        name = room.name or ", ".join(by_id[one.person] for one in members)
        return form.RoomAbout(
            slug=room.slug,
            name=name[:200],
            kind=cast("Any", room.kind),
            created_at=room.created_at,
            topic=room.topic,
            guests_allowed=room.guests_allowed,
            callers=cast("Any", room.callers),
            archived_at=room.archived_at,
            members=members,
            people=people,
        )


def in_batches(messages) -> Iterator[list[MessageHere]]:
    """All of them by their ids, with their authors, some at a time."""
    last = 0
    while batch := list(
        messages.filter(pk__gt=last)
        .order_by("pk")
        .prefetch_related("author", "reply_to__author")[:AT_ONCE]
    ):
        last = batch[-1].pk
        yield batch


def mentions_in(message: MessageHere, people: dict) -> dict[str, int]:
    """The names in its body of those whom its HTML mentions, as far as they are still called so."""
    meant = markup.mentioned(message.html)
    if not meant:
        return {}
    written = {names.key(name) for name in markup.names_in(message.body)}
    found = {}
    for pk in meant:
        person = people.get(pk)
        called = {names.key(person.name), names.key(person.username)} if person else set()
        for name in sorted(written & (called if pk else EVERYONE)):
            found[name] = pk
    return found


def poll_of(message: MessageHere, votes: list[tuple[int, int]]) -> form.Poll:
    poll = message.poll or {}
    return form.Poll(
        choices=[choice["text"] for choice in poll["choices"]],
        several=poll["several"],
        closes_at=poll["closes_at"] and datetime.fromisoformat(poll["closes_at"]),
        votes=votes,
    )


def forwarded_of(message: MessageHere) -> form.Forwarded | None:
    origin = message.forwarded
    if origin is None:
        return None
    author, room = origin.get("author"), origin.get("room")
    return form.Forwarded(author=author and author["id"], room=room["name"] if room else "")
