import secrets
from contextlib import suppress
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat import fetching, headlines, limits
from chat.errors import TooFast
from chat.queue import later
from chat.uploads import pictures

PAGES = ("text/html", "application/xhtml+xml")
PICTURES = ("image/jpeg", "image/png", "image/webp", "image/gif")
# Pixels: smaller ones say nothing, wide ones are shown below the words instead of beside them.
LEAST, WIDE = 40, 300
PAGE_BYTES, PICTURE_BYTES = 1_000_000, 5_000_000


def new_token() -> str:
    return secrets.token_urlsafe(16)


class Preview(models.Model):
    """What the page behind an address said of itself on one day: it is fetched once a day, however
    often it is linked. What is shown of it lies on the messages (`Message.preview`); here is what
    belongs to its picture, which lives as long as one of them shows it.
    """

    # A worker that has not finished by then is gone; what was not to be had is tried again.
    FETCHED_BY, AGAIN_AFTER = timedelta(minutes=2), timedelta(minutes=10)
    LOOK_AGAIN = timedelta(seconds=2)

    url = models.CharField(max_length=fetching.MAX_LENGTH)
    day = models.DateField()
    asked_at = models.DateTimeField(default=timezone.now)
    # None: not known yet; {}: nothing to show. See _look().
    about = models.JSONField(null=True)
    # By which its picture is known to browsers and to the storage.
    token = models.CharField(max_length=40, default=new_token)
    messages = models.ManyToManyField("chat.Message", related_name="previews")

    class Meta:
        verbose_name = _("link preview")
        verbose_name_plural = _("link previews")
        constraints = [models.UniqueConstraint("url", "day", name="one_preview_per_day")]
        indexes = [models.Index(fields=["day"], name="previews_by_day")]

    def __str__(self) -> str:
        return self.url

    @classmethod
    def ask_for(cls, message) -> None:
        """Have the first link of `message` looked at, in the transaction that writes it."""
        if cls.granted(message.author_id, message.link):
            later("show_preview", message.pk)

    @staticmethod
    def granted(author_id: int, link: str) -> bool:
        """Whether `link` is looked at for them, which is then counted."""
        if not settings.LINK_PREVIEWS or not fetching.address(link):
            return False
        try:
            limits.spend("preview", author_id)
        except TooFast:  # then it is a link like any other
            return False
        return True

    @classmethod
    def of(cls, link: str) -> "Preview | None":
        """What is known of `link`, fetched now if nobody has; None while somebody else is at it."""
        now, url = timezone.now(), fetching.address(link)
        if url is None or not settings.LINK_PREVIEWS:
            return cls(about={})
        preview, is_mine = cls.objects.get_or_create(url=url, day=now.date())
        if not preview.about and not is_mine:
            patience = cls.FETCHED_BY if preview.about is None else cls.AGAIN_AFTER
            old = cls.objects.filter(pk=preview.pk, asked_at__lt=now - patience)
            is_mine = bool(old.update(asked_at=now, about=None))
        if is_mine:
            preview.about = preview._look()
            preview.save(update_fields=["about"])
        return preview if preview.about is not None else None

    def _look(self) -> dict:
        """`host`, `site`, `title`, `text`, and of some `picture` {url, width, height, wide}."""
        try:
            page = fetching.fetch(self.url, PAGES, PAGE_BYTES)
        except fetching.Unavailable:
            return {}
        said = headlines.read(page.data, page.charset, page.url)
        if not said.title:
            return {}
        # The host is that of the link, which nobody can make up.
        host = (urlsplit(self.url).hostname or "").removeprefix("www.")
        about: dict = {"host": host, "site": said.site, "title": said.title, "text": said.text}
        with suppress(fetching.Unavailable, pictures.Broken):
            if said.picture:
                about["picture"] = self._take_picture(said.picture)
        return about

    def _take_picture(self, url: str) -> dict:
        fetched = fetching.fetch(url, PICTURES, PICTURE_BYTES)
        width, height, webp = pictures.reencoded(fetched.data)
        if min(width, height) < LEAST:
            raise pictures.Broken
        default_storage.delete(self.stored(self.token))  # of a worker that did not finish
        default_storage.save(self.stored(self.token), ContentFile(webp))
        return {
            "url": reverse("preview", args=[self.token]),
            "width": width,
            "height": height,
            "wide": width >= WIDE and width * 3 > height * 4,
        }

    @staticmethod
    def stored(token: str) -> str:
        """The picture's name in the storage."""
        return f"previews/{token}.webp"

    @classmethod
    def forget_old(cls) -> None:
        """Delete what no message shows any more; today's and yesterday's may be asked for yet."""
        past = timezone.now().date() - timedelta(days=1)
        for preview in cls.objects.filter(day__lt=past, messages=None)[:1000]:
            default_storage.delete(cls.stored(preview.token))
            preview.delete()
