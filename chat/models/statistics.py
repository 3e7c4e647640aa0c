"""How much is said, as it is counted for who runs the site."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.db.models import Count, Q
from django.db.models.functions import TruncDate, TruncWeek
from django.utils import timezone

from chat.models.message import Message

EVERY = {"day": TruncDate, "week": TruncWeek}
LENGTH = {"day": timedelta(days=1), "week": timedelta(weeks=1)}


@dataclass(frozen=True)
class Span:
    """A day, or a week that begins on `start`: messages that can be read, by how many people."""

    start: date
    messages: int = 0
    people: int = 0
    replies: int = 0  # answers, and what was said in threads


def activity(rooms, days: int, every: str) -> list[Span]:
    """What was said in `rooms` in the last so many days, by the site's clock, oldest first."""
    today = timezone.localdate()
    first = today - timedelta(days=days - 1)
    if every == "week":
        first -= timedelta(days=first.weekday())
    midnight = timezone.make_aware(datetime.combine(first, time()))
    said = Message.objects.visible().filter(room__in=rooms, created_at__gte=midnight).order_by()
    replies = Count("pk", filter=Q(reply_to__isnull=False) | Q(thread__isnull=False))
    counted = (
        said.annotate(start=EVERY[every]("created_at"))
        .values("start")
        .annotate(messages=Count("pk"), people=Count("author", distinct=True), replies=replies)
    )
    found = {}
    for one in counted:
        start = one["start"]
        start = timezone.localtime(start).date() if every == "week" else start
        found[start] = Span(start, one["messages"], one["people"], one["replies"])
    starts = []
    while first <= today:
        starts.append(first)
        first += LENGTH[every]
    return [found.get(start, Span(start)) for start in starts]
