"""What goes on on the site, in numbers, for the start page of who moderates it."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.db.models import Count, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from chat import presence
from chat.models.attachment import Attachment
from chat.models.message import Message
from chat.models.moderation.decision import Appeal
from chat.models.moderation.report import Report
from chat.models.room import Room
from chat.models.search import beginning_of

DAYS = 30
KEPT = 300  # seconds: these read much
MOST_ROOMS = 8


@dataclass(frozen=True)
class Figures:
    """`messages` and `people`: how many came on each of the last DAYS, the oldest first."""

    days: list[date]
    messages: list[int]
    people: list[int]
    storage: list[tuple[Room, int]]  # of the rooms with most, the bytes of their files
    waited: timedelta | None  # the median time from a report to its decision
    reports: int = 0
    appeals: int = 0
    here: int = 0


def figures(viewer) -> Figures:
    """What is slow to count as it was at most KEPT seconds ago, the rest as it is now.

    What waits is what `viewer` can decide, and so never kept.
    """
    known: Figures | None = cache.get("figures")
    if known is None:
        known = counted()
        cache.set("figures", known, KEPT)
    return replace(
        known,
        reports=Report.objects.to_be_decided_by(viewer).first_of_each().count(),
        appeals=Appeal.objects.to_be_answered_by(viewer).count(),
        here=len(presence.online()),
    )


def counted() -> Figures:
    today = timezone.localdate()
    days = [today - timedelta(days=ago) for ago in reversed(range(DAYS))]
    edges = [beginning_of(day) for day in (*days, today + timedelta(days=1))]
    midnight = edges[0]
    # Day by day, within the index: grouping would read a month of messages, row by row.
    said = [Message.objects.filter(created_at__gte=a, created_at__lt=b) for a, b in pairwise(edges)]
    new = get_user_model().objects.filter(date_joined__gte=midnight).order_by()
    joined = dict(
        new.annotate(day=TruncDate("date_joined")).values_list("day").annotate(Count("pk"))
    )
    files = Attachment.objects.filter(message__isnull=False).exclude(message__room__kind="direct")
    summed = files.values_list("message__room").annotate(sum=Sum("size")).order_by("-sum")
    largest = dict(summed[:MOST_ROOMS])
    rooms = Room.objects.in_bulk(largest)
    decided = Report.objects.filter(decided_at__gte=midnight).order_by("-pk")[:1000]
    times = decided.values_list("created_at", "decided_at")
    waits = [(end - start).total_seconds() for start, end in times if end]
    return Figures(
        days=days,
        messages=[messages.count() for messages in said],
        people=[joined.get(day, 0) for day in days],
        storage=[(rooms[pk], size) for pk, size in largest.items()],
        waited=timedelta(seconds=median(waits)) if waits else None,
    )
