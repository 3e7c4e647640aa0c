"""Numbers, as who runs the site reads them."""

from collections.abc import Sequence
from datetime import date, timedelta

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince

from chat import charts, uploads
from chat.templatetags.times import UNITS

register = template.Library()


@register.simple_tag
def figure(title: str, days: Sequence[date], values: Sequence[int]) -> SafeString:
    """Bars, one for each day."""
    labels = [f"{day.month}/{day.day}" for day in days]
    return mark_safe(charts.figure(title, labels, values))  # noqa: S308 - it escapes what it is given


@register.filter
def in_one_unit(lasts: timedelta | None) -> str:
    """About how long that is; a dash for what is not known."""
    if lasts is None:
        return "—"
    now = timezone.now()
    return timesince(now - lasts, now, time_strings=UNITS, depth=1)


@register.filter
def readable(size: int) -> str:
    """Bytes, in a unit that suits them."""
    return uploads.readable_size(size)
