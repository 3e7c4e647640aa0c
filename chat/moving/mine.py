"""What is somebody's on this site -> an archive for them: what they wrote, in the rooms that they
may still read, their files, their profile and settings. Of what others wrote, only the line that is
quoted where they answered it.
"""

import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Exists, F, OuterRef
from django.template.loader import render_to_string
from django.utils import timezone, translation

from chat.backup.making import site_version
from chat.models import (
    Draft,
    Message,
    NoticeWishes,
    Reaction,
    Room,
    Scheduled,
    ThreadDraft,
    Vote,
)
from chat.models.takeout import Takeout
from chat.moving import form
from chat.moving.moment import one_moment
from chat.moving.out import Export
from chat.moving.pages import add_look
from chat.parcels import Entry, ZipWriter, in_json


class Manifest(form.Part):
    format: int
    kind: str
    version: str
    made_at: datetime
    site: str
    entries: dict[str, Entry]
    missing: list[str] = []


def gather(user_id: int, asked_at: str) -> None:
    """Make what somebody asked for at that time, unless it is made already."""
    wanted = Takeout.objects.filter(user=user_id, asked_at=datetime.fromisoformat(asked_at))
    takeout = wanted.filter(stored="", user__is_active=True).select_related("user").first()
    if takeout is None:
        return
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        language = takeout.user.language or settings.LANGUAGE_CODE
        with translation.override(language), one_moment():
            path = Mine(takeout.user, Path(folder)).write()
        takeout.keep(path)


class Within:
    """A writer into a folder of an archive."""

    def __init__(self, writer: ZipWriter, folder: str):
        self.writer, self.folder, self.entries = writer, folder, writer.entries

    def add(self, name: str, *source, **how) -> None:
        self.writer.add(f"{self.folder}/{name}", *source, **how)


class Mine:
    def __init__(self, user, scratch: Path):
        self.user, self.scratch = user, scratch
        self.path = scratch / "archive.zip"
        self.writer = ZipWriter(self.path)
        self.missing: list[str] = []

    def write(self) -> Path:
        wrote = Message.objects.filter(room=OuterRef("pk"), author=self.user)
        rooms = Room.objects.visible_to(self.user).filter(Exists(wrote)).order_by("-active_at")
        written = [self._write_room(room) for room in Room.introduce(rooms, self.user)]
        if self.user.avatar and default_storage.exists(self.user.avatar.name):
            with default_storage.open(self.user.avatar.name) as picture:
                self.writer.add("picture.webp", picture)
        self._add("profile.json", in_json(self._profile()))
        add_look(self.writer)
        context = {
            "title": self.user.name,
            "person": self.user,
            "rooms": [one for one in written if one["count"]],
            "made_at": timezone.now(),
            "site": settings.SITE_URL,
            "zone": settings.TIME_ZONE,
            "root": "",
        }
        self._add("index.html", render_to_string("archive/mine.html", context).encode())
        manifest = Manifest(
            format=1,
            kind="chatsite person",
            version=site_version(),
            made_at=timezone.now(),
            site=settings.SITE_URL,
            entries=self.writer.entries,
            missing=self.missing,
        )
        self.writer.finish(manifest)
        return self.path

    def _write_room(self, room: Room) -> dict[str, Any]:
        folder = f"rooms/{room.pk}"
        export = Export(room, Within(self.writer, folder), self.scratch, by=self.user)
        export.write()
        self.missing += [f"{folder}/{path}" for path in export.missing]
        return {"room": room, "url": f"{folder}/index.html", "count": export.count}

    def _add(self, name: str, text: bytes) -> None:
        path = self.scratch / "text"
        path.write_bytes(text)
        with path.open("rb") as source:
            self.writer.add(name, source, packed=True)

    def _profile(self) -> dict[str, Any]:
        user = self.user
        visible = Room.objects.visible_to(user).values("pk")
        about = ("username", "display_name", "about", "language", "time_zone", "theme")
        reactions = Reaction.objects.filter(user=user, message__room__in=visible).order_by("pk")
        votes = Vote.objects.filter(user=user, message__room__in=visible).order_by("pk")
        scheduled = Scheduled.objects.filter(author=user).order_by("pk")
        held = user.held_messages.order_by("pk")
        drafts = Draft.objects.filter(membership__user=user)
        thread_drafts = ThreadDraft.objects.filter(user=user, root__room__in=visible)
        wishes = NoticeWishes.objects.filter(user=user)
        sessions = UserSession.objects.filter(user=user).order_by("created_at")
        emails = EmailAddress.objects.filter(user=user).order_by("pk")
        return {field: getattr(user, field) for field in (*about, "hears_from", "date_joined")} | {
            "emails": list(emails.values("email", "verified", "primary")),
            "notices": wishes.values("keywords", "quiet_from", "quiet_until", "digest").first(),
            "rooms": list(
                user.memberships.order_by("pk").values(
                    "room",
                    "role",
                    "level",
                    "joined_at",
                    name=F("room__name"),
                    slug=F("room__slug"),
                )
            ),
            "reactions": list(reactions.values("message", "emoji", "created_at")),
            "votes": list(votes.values("message", "choice")),
            "scheduled": list(scheduled.values("room", "body", "due_at")),
            "held": list(held.values("room", "body", "created_at", "refused_at")),
            "drafts": list(drafts.values("body", room=F("membership__room"))),
            "thread_drafts": list(thread_drafts.values("body", thread=F("root"))),
            "blocked": list(user.blocks.order_by("pk").values_list("blocked__username", flat=True)),
            "sessions": list(sessions.values("created_at", "ip", "user_agent", "last_seen_at")),
        }
