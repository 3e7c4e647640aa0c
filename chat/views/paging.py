"""Pages by keyset: each begins where the one before ended, so the last is as cheap as the first."""

import re
from datetime import UTC, datetime, timedelta

from django.core.exceptions import BadRequest

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def time_cursor(when: datetime) -> str:
    """Microseconds since 1970."""
    return str((when - EPOCH) // timedelta(microseconds=1))


def read_time_cursor(text: str) -> datetime:
    if re.fullmatch(r"\d{1,17}", text, re.ASCII):
        return EPOCH + timedelta(microseconds=int(text))
    raise BadRequest("A page begins before a time in microseconds.")


def activity_cursor(room) -> str:
    """Where `room` stands in the order of last activity: microseconds since 1970, then its id."""
    return f"{time_cursor(room.active_at)}-{room.pk}"


def read_activity_cursor(text: str) -> tuple[datetime, int]:
    if match := re.fullmatch(r"(\d{1,17})-(\d{1,18})", text, re.ASCII):
        return EPOCH + timedelta(microseconds=int(match[1])), int(match[2])
    raise BadRequest("A page of rooms begins after microseconds-id.")


def read_id_cursor(text: str) -> int:
    if re.fullmatch(r"\d{1,18}", text, re.ASCII):
        return int(text)
    raise BadRequest("A page begins after an id.")


def newest_first(request, rows, size: int) -> tuple[list, dict]:
    """The newest `size` of `rows`, or those before the id `?before=`; and for the template that id,
    and the one for the next page: `before` and `next`.
    """
    if before := request.GET.get("before"):
        rows = rows.filter(pk__lt=read_id_cursor(before))
    page, has_more = cut(rows.order_by("-pk"), size)
    return page, {"before": before, "next": page[-1].pk if has_more else None}


def cut(rows, size: int) -> tuple[list, bool]:
    """The first `size` of `rows`, and whether there are more; reads one row beyond, counts none."""
    page = list(rows[: size + 1])
    return page[:size], len(page) > size
