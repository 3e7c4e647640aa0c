import json
import unicodedata
from datetime import datetime

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db.models import Count, Q
from django.utils import timezone

from chat import presence
from chat.models import Room

COLUMNS = ("ROOM", "ADDRESS", "KIND", "MEMBERS", "MESSAGES", "HERE", "LAST ACTIVITY")
NUMBERS = {"MEMBERS", "MESSAGES", "HERE"}


class Command(BaseCommand):
    help = (
        "List the rooms, busiest first, with the numbers of members, messages and people who are "
        "here now. Archived rooms are left out unless --archived is given. Who is here is known "
        "only on a site with REDIS_URL: without it, that is in the memory of the server, and “-” "
        "is shown."
    )

    def add_arguments(self, parser: CommandParser):
        parser.add_argument("words", nargs="*", help="only rooms with these in name or topic")
        parser.add_argument("--private", action="store_true", help="only private rooms")
        parser.add_argument("--archived", action="store_true", help="only archived rooms")
        parser.add_argument("--json", action="store_true", help="for programs: a list of objects")

    def handle(self, *, words, private, archived, **options):
        rooms = Room.objects.matching(" ".join(words)).filter(archived_at__isnull=not archived)
        if private:
            rooms = rooms.filter(kind=Room.Kind.PRIVATE)
        found = described(rooms)
        if options["json"]:
            self.stdout.write(json.dumps(found, indent=2, ensure_ascii=False))
        elif found:
            self.stdout.write(table([row(room) for room in found]))
        else:
            self.stdout.write("No rooms. Make one with manage.py createroom, or many with demo.")


def described(rooms) -> list[dict]:
    """What is told of each room, in two queries; `here` is None where it cannot be known."""
    said = Count("messages", filter=Q(messages__deleted_at=None))
    rooms = list(rooms.annotate(said=said).order_by("-active_at", "-pk"))
    here = presence.counts([room.pk for room in rooms]) if settings.REDIS_URL else None
    return [
        {
            "name": room.name,
            "slug": room.slug,
            "url": settings.SITE_URL + room.get_absolute_url(),
            "topic": room.topic,
            "kind": room.kind,
            "guests_allowed": room.guests_allowed,
            "archived": room.archived_at is not None,
            "members": room.members_count,
            "messages": room.said,
            "here": None if here is None else here.get(room.pk, 0),
            "active_at": room.active_at.isoformat(),
        }
        for room in rooms
    ]


def row(room: dict) -> list[str]:
    active_at = timezone.localtime(datetime.fromisoformat(room["active_at"]))
    return [
        room["name"],
        f"/rooms/{room['slug']}/",
        room["kind"] + (", guests" if room["guests_allowed"] else ""),
        str(room["members"]),
        str(room["messages"]),
        "-" if room["here"] is None else str(room["here"]),
        f"{active_at:%Y-%m-%d %H:%M}",
    ]


def table(rows: list[list[str]]) -> str:
    """The rows under COLUMNS, aligned also where Chinese takes two columns per character."""
    lines = [list(COLUMNS), *rows]
    widths = [max(map(columns_of, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            " " * (width - columns_of(cell)) + cell
            if title in NUMBERS
            else cell + " " * (width - columns_of(cell))
            for title, cell, width in zip(COLUMNS, line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def columns_of(text: str) -> int:
    """How wide a terminal shows the text."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
