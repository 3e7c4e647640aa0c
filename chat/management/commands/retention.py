from django.core.management.base import CommandError

from chat.management.base import Command as BaseCommand
from chat.management.base import operator, room, tried
from chat.management.tables import table
from chat.models import Room


class Command(BaseCommand):
    help = (
        "Say for how many days rooms keep their messages, or list those that do not keep them for "
        "ever. What is older is deleted once a day by the background work of the site, as "
        "manage.py prunemessages --retention does it at once. The beginning of such a room says so "
        "to its readers."
    )
    examples = """
        manage.py retention                            the rooms that forget
        manage.py retention tea-house attic --days 90
        manage.py retention tea-house --forever
    """

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("rooms", nargs="*", metavar="room", help="addresses or names")
        how_long = parser.add_mutually_exclusive_group()
        how_long.add_argument("--days", type=int, help="keep messages for so long")
        how_long.add_argument("--forever", action="store_true", help="keep them")

    def act(self, *, rooms, days, forever, by, dry_run, **options):
        chosen = [room(name) for name in rooms]
        if (days is not None or forever) != bool(chosen):
            raise CommandError("Name rooms, and say --days or --forever.")
        if not chosen:
            return listed()
        by = operator(by)
        for one in chosen:
            with tried(dry_run):
                one.keep_for(by, days)
        kept = "for ever" if forever else f"for {days} days"
        would = "would be kept" if dry_run else "are kept"
        data = {"rooms": [{"room": one.slug, "kept_days": days} for one in chosen]}
        words = "\n".join(f"{one}: messages {would} {kept}" for one in chosen)
        return data | {"dry_run": dry_run}, words


def listed():
    rooms = Room.objects.exclude(kept_days=None).order_by("kept_days", "pk")
    data = [{"room": one.slug, "kept_days": one.kept_days} for one in rooms]
    if not data:
        return {"rooms": []}, "All rooms keep their messages for ever."
    rows = [(str(one), f"/rooms/{one.slug}/", one.kept_days) for one in rooms]
    return {"rooms": data}, table(["ROOM", "ADDRESS", "KEPT DAYS"], rows, {"KEPT DAYS"})
