from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import TIME_STRINGS, timesince, timeuntil
from django.utils.translation import gettext as _
from django.utils.translation import ngettext_lazy, pgettext

register = template.Library()

WEEK = timedelta(days=7)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
# Said here again because Django's Chinese has the word for days of the calendar.
UNITS: dict[str, Any] = TIME_STRINGS | {"day": ngettext_lazy("%(num)d day", "%(num)d days", "num")}


@register.filter
def ago(then: datetime) -> str:
    """How long ago, in one unit; what is older than a week by its day."""
    now = timezone.now()
    if now - then < MINUTE:
        return _("just now")
    if now - then < WEEK:
        return _("%s ago") % timesince(then, now, time_strings=UNITS, depth=1)
    return day(then)


@register.filter
def ahead(then: datetime) -> str:
    """When that will be: in about how long, in one unit; what is over a week off by its day."""
    now = timezone.now()
    if (left := then - now) < WEEK:
        # timeuntil() drops what is less than a unit: a week made just now would end in 6 days.
        unit = next((unit for unit in (DAY, HOUR) if left >= unit), MINUTE)
        rounded = now + max(1, round(left / unit)) * unit
        return _("in %s") % timeuntil(rounded, now, time_strings=UNITS, depth=1)
    return _("on %s") % day(then)


@register.filter
def day(then: datetime) -> str:
    """Its date, without the year when it is this one."""
    then = timezone.localtime(then)
    is_this_year = then.year == timezone.localtime().year
    # MONTH_DAY_FORMAT has leading zeros in Chinese.
    return date_format(
        then, pgettext("a day of this year", "F j") if is_this_year else "DATE_FORMAT"
    )


@register.filter
def day_and_time(then: datetime) -> str:
    """Its date, and the time of day: `November 21, 18:25`."""
    when = {"day": day(then), "time": date_format(timezone.localtime(then), "H:i")}
    return pgettext("a moment", "%(day)s, %(time)s") % when
