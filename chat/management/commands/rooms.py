from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from chat import presence
from chat.management.base import Command as BaseCommand
from chat.management.tables import table
from chat.models import Room
from chat.uploads import readable_size

# What each kind of order compares; the greatest come first, names in their order.
ORDERS = {
    "active": ("-active_at", "-pk"),
    "created": ("-created_at", "-pk"),
    "name": ("name_key", "pk"),
    "members": ("-members_count", "-pk"),
    "messages": ("-messages_count", "-pk"),
    "size": (),  # of two sums: see below
}


class Command(BaseCommand):
    help = (
        "List the rooms with the numbers of members, messages and people who are here now. "
        "Archived rooms are left out unless --archived is given, and so are direct conversations, "
        "unless --kind direct is. Who is here is known only on a site with REDIS_URL: without it, "
        "that is in the memory of the server, and “-” is shown."
    )
    examples = """
        manage.py rooms                          the rooms in use, busiest first
        manage.py rooms tea --private            private ones with “tea” in name or topic
        manage.py rooms --sort size              the largest first, with their sizes
        manage.py rooms --idle 180 --json        where nobody said anything for half a year
    """
    changes_nothing = True

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("words", nargs="*", help="only rooms with these in name or topic")
        parser.add_argument("--kind", choices=Room.Kind.values, help="only rooms of this kind")
        parser.add_argument("--private", action="store_true", help="the same as --kind private")
        parser.add_argument("--guests", action="store_true", help="only where guests may enter")
        parser.add_argument("--archived", action="store_true", help="only archived rooms")
        parser.add_argument(
            "--idle", type=int, metavar="DAYS", help="only where nothing was said for so long"
        )
        parser.add_argument(
            "--sizes", action="store_true", help="how much text and files they hold"
        )
        parser.add_argument(
            "--sort", choices=ORDERS, default="active", help="what comes first (default: active)"
        )

    def act(self, *, words, kind, private, guests, archived, idle, sizes, sort, **options):
        rooms = Room.objects.matching(" ".join(words)).filter(archived_at__isnull=not archived)
        kind = Room.Kind.PRIVATE if private else kind
        rooms = rooms.filter(kind=kind) if kind else rooms.exclude(kind=Room.Kind.DIRECT)
        if guests:
            rooms = rooms.filter(guests_allowed=True)
        if idle is not None:
            rooms = rooms.filter(active_at__lt=timezone.now() - timedelta(days=idle))
        found = described(rooms, sort, sizes or sort == "size")
        if not found:
            return [], "No rooms. Make one with manage.py createroom, or many with demo."
        return found, table_of(found)


def described(rooms, sort: str, sizes: bool) -> list[dict]:
    """What is told of each room, in two queries; `here` is None where it cannot be known."""
    rooms = rooms.with_messages_count()
    if sizes:
        rooms = rooms.with_sizes()
    if sort == "size":
        rooms = sorted(rooms, key=lambda room: (-room.text_bytes - room.file_bytes, -room.pk))
    else:
        rooms = list(rooms.order_by(*ORDERS[sort]))
    here = presence.counts([room.pk for room in rooms]) if settings.REDIS_URL else None
    return [
        {
            "name": str(room),
            "slug": room.slug,
            "url": settings.SITE_URL + room.get_absolute_url(),
            "topic": room.topic,
            "kind": room.kind,
            "guests_allowed": room.guests_allowed,
            "archived": room.archived_at is not None,
            "members": room.members_count,
            "messages": room.messages_count,
            "here": None if here is None else here.get(room.pk, 0),
            "active_at": room.active_at.isoformat(),
        }
        | ({"text_bytes": room.text_bytes, "file_bytes": room.file_bytes} if sizes else {})
        for room in rooms
    ]


def table_of(found: list[dict]) -> str:
    columns = {
        "ROOM": lambda room: room["name"],
        "ADDRESS": lambda room: f"/rooms/{room['slug']}/",
        "KIND": lambda room: room["kind"] + (", guests" if room["guests_allowed"] else ""),
        "MEMBERS": lambda room: room["members"],
        "MESSAGES": lambda room: room["messages"],
        "HERE": lambda room: "-" if room["here"] is None else room["here"],
        "TEXT": lambda room: readable_size(room["text_bytes"]),
        "FILES": lambda room: readable_size(room["file_bytes"]),
        "LAST ACTIVITY": lambda room: moment(room["active_at"]),
    }
    if "text_bytes" not in found[0]:
        del columns["TEXT"], columns["FILES"]
    rows = [[cell(room) for cell in columns.values()] for room in found]
    return table(list(columns), rows, {"MEMBERS", "MESSAGES", "HERE", "TEXT", "FILES"})


def moment(text: str) -> str:
    return f"{timezone.localtime(datetime.fromisoformat(text)):%Y-%m-%d %H:%M}"
