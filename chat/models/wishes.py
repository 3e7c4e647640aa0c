import re
import zoneinfo
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

# Scripts that put no spaces between words: there a word may stand in the middle of others.
UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")


class NoticeWishes(models.Model):
    """When and of what else a person wants to be told, in all rooms."""

    KEYWORDS_LENGTH = 500

    class Digest(models.TextChoices):
        NEVER = "never", _("Never")
        DAILY = "daily", _("Once a day")
        WEEKLY = "weekly", _("Once a week")

    SPANS: ClassVar[dict[str, timedelta]] = {
        Digest.DAILY: timedelta(days=1),
        Digest.WEEKLY: timedelta(days=7),
    }

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.CASCADE, primary_key=True, related_name="notice_wishes"
    )
    keywords = models.CharField(_("words"), max_length=KEYWORDS_LENGTH, blank=True)
    quiet_from = models.TimeField(_("quiet from"), null=True, blank=True)
    quiet_until = models.TimeField(_("until"), null=True, blank=True)
    # By which these hours were set, where the person has chosen none: that of their browser.
    quiet_zone = models.CharField(max_length=64, blank=True, editable=False)
    digest = models.CharField(
        _("a letter about what you missed"), max_length=10, choices=Digest, default=Digest.NEVER
    )
    digested_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        verbose_name = _("wishes for notices")
        verbose_name_plural = _("wishes for notices")

    def __str__(self) -> str:
        return str(self.user)

    def change(self, **wishes) -> None:
        """Set any of the fields. What was missed before one wants letters is in none of them."""
        if self.digest == self.Digest.NEVER:
            self.digested_at = timezone.now()
        self.quiet_zone = self.zone
        for name, value in wishes.items():
            setattr(self, name, value)
        self.save()

    @property
    def zone(self) -> str:
        """The time zone of the quiet hours; of those still to be set, that of the page."""
        if self.user.time_zone:
            return self.user.time_zone
        if self.quiet_from is None:
            return timezone.get_current_timezone_name()
        return self.quiet_zone or settings.TIME_ZONE

    def is_quiet(self, when: datetime) -> bool:
        """Whether `when` is in the quiet hours, by the person's own clock."""
        begin, end = self.quiet_from, self.quiet_until
        if begin is None or end is None or begin == end:
            return False
        clock = when.astimezone(zoneinfo.ZoneInfo(self.zone)).time()
        return begin <= clock < end if begin < end else clock >= begin or clock < end

    def words_in(self, text: str) -> list[str]:
        """Which of the keywords are said in `text`; whole words, in any case."""
        said = text.casefold()
        words = [word.strip() for word in re.split("[,，、;；\\n]", self.keywords)]
        return [word for word in words if word and _pattern(word.casefold()).search(said)]


def _pattern(word: str) -> re.Pattern:
    before = "" if UNSPACED.match(word[0]) else r"(?<!\w)"
    after = "" if UNSPACED.match(word[-1]) else r"(?!\w)"
    return re.compile(f"{before}{re.escape(word)}{after}")
