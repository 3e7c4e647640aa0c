from dataclasses import asdict
from pathlib import Path

from django.core.management.base import CommandError

from chat.charts import bars
from chat.management.base import Command as BaseCommand
from chat.management.base import positive, room
from chat.management.tables import table
from chat.models import Room
from chat.models.statistics import activity

TITLES = ("FROM", "MESSAGES", "PEOPLE", "REPLIES")


class Command(BaseCommand):
    help = (
        "Show how much was said, by how many people, and how much of it in answers and threads: in "
        "the rooms that are named, or in all but direct conversations. By the clock of the site's "
        "time zone. With --chart it is drawn too, as an SVG that any browser shows."
    )
    examples = """
        manage.py roomstats                                      the last 30 days of all rooms
        manage.py roomstats tea-house attic --days 365 --every week
        manage.py roomstats tea-house --chart tea-house.svg
    """
    changes_nothing = True

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("rooms", nargs="*", metavar="room", help="addresses or names")
        parser.add_argument("--days", type=positive, default=30, help="how far back (default: 30)")
        parser.add_argument("--every", choices=["day", "week"], default="day", help="by what")
        parser.add_argument("--chart", type=Path, metavar="FILE", help="draw the messages, as SVG")

    def act(self, *, rooms, days, every, chart, **options):
        chosen = [room(text) for text in rooms]
        about = ", ".join(map(str, chosen)) or "All rooms"
        spans = activity(chosen or Room.objects.exclude(kind=Room.Kind.DIRECT), days, every)
        if chart:
            starts = [f"{span.start:%Y-%m-%d}" for span in spans]
            drawn = bars(f"{about}: messages per {every}", starts, [one.messages for one in spans])
            try:
                chart.write_text(drawn, "utf-8")
            except OSError as error:
                raise CommandError(f"The chart cannot be written: {error}") from error
        rows = [(one.start, one.messages, one.people, one.replies) for one in spans]
        data = {"rooms": [one.slug for one in chosen], "every": every}
        data |= {"spans": [asdict(span) for span in spans]}
        return data, table(TITLES, rows, TITLES[1:])
