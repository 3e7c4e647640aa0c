from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.errors import Invalid, TooLong
from chat.templatetags.times import day_and_time

LENGTH = 500  # characters of somebody's own words


class Reason(models.TextChoices):
    """What is wrong: of a report and of a decision alike, told to each in their own language."""

    SPAM = "spam", _("Spam or advertising")
    INSULTS = "insults", _("Insults, threats or hatred")
    SHOCKING = "shocking", _("Shocking or sexual")
    PRIVATE = "private", _("Somebody's private matters")
    ILLEGAL = "illegal", _("Against the law")
    OFF_TOPIC = "off_topic", _("Does not belong here")
    OTHER = "other", _("Something else")


class Why(models.Model):
    """A reason, and perhaps words of one's own."""

    reason = models.CharField(_("reason"), max_length=10, choices=Reason, blank=True)
    words = models.CharField(_("in their words"), max_length=LENGTH, blank=True)

    class Meta:
        abstract = True

    @property
    def why(self) -> str:
        """One line for people; empty where nobody said why."""
        parts = (str(Reason(self.reason).label) if self.reason else "", self.words)
        return " · ".join(filter(None, parts))


def checked(reason: str = "", words: str = "") -> dict[str, str]:
    """These as the fields of Why. Raises Invalid or TooLong."""
    if reason and reason not in Reason:
        raise Invalid(_("There is no such reason."))
    words = " ".join(words.replace("\0", "").split())
    if len(words) > LENGTH:
        raise TooLong(_("Say it in at most %d characters.") % LENGTH)
    return {"reason": str(reason), "words": words}


def in_time(until: datetime | None) -> datetime | None:
    """`until`, as long as it is to come. Raises Invalid."""
    if until and until <= timezone.now():
        raise Invalid(_("Choose an end that is still to come."))
    return until


def clock_of(person, moment: datetime) -> str:
    """The moment by the clock of `person`."""
    zone = ZoneInfo(person.time_zone) if person.time_zone else timezone.get_current_timezone()
    with timezone.override(zone):
        return day_and_time(moment)
