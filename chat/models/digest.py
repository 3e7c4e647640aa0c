"""A letter, for who wants one, about mentions and answers that they have not read since."""

from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import ngettext

from chat.models.message import Message
from chat.models.notice import Notice
from chat.models.thread import ThreadReader
from chat.models.wishes import NoticeWishes
from chat.queue import later

MOST = 50
ABOUT = (Notice.Reason.MENTION, Notice.Reason.DIRECT, Notice.Reason.REPLY)


def ask_for_digests() -> None:
    """Have a letter written to everybody whose last one is long enough ago; one for each span."""
    now = timezone.now()
    for digest, span in NoticeWishes.SPANS.items():
        due = NoticeWishes.objects.filter(digest=digest, digested_at__lte=now - span)
        for wishes in due.iterator():
            _ask_for_digest(wishes, now)


def _ask_for_digest(wishes: NoticeWishes, now: datetime) -> None:
    since = wishes.digested_at
    mine = NoticeWishes.objects.filter(pk=wishes.pk, digested_at=since)
    with transaction.atomic():
        if mine.update(digested_at=now):  # and no other worker's
            later("send_digest", wishes.pk, since.isoformat())


def missed(user, since: datetime) -> list[Message]:
    """The messages for `user` that are there and unread, oldest first; at most MOST."""
    notices = user.notices.filter(reason__in=ABOUT, decided_at__gt=since)
    told = notices.exclude(outcome=Notice.Outcome.MUTED).values("message")
    has_read_thread = ThreadReader.objects.filter(
        root=OuterRef("thread"), user=user.pk, last_read__gte=OuterRef("pk")
    )
    unread = Message.objects.visible().filter(
        Q(thread=None, room__memberships__last_read__lt=F("pk"))
        | Q(thread__isnull=False) & ~Exists(has_read_thread),
        room__memberships__user=user,
        pk__in=told,
    )
    return list(unread.with_author().order_by("pk")[:MOST])


def address_of(user) -> str:
    """Where letters about what was said may go: only to an address that is known to be theirs."""
    known = EmailAddress.objects.filter(user=user, primary=True, verified=True).first()
    return known.email if known else ""


def send_digest(user_id: int, since: datetime) -> None:
    """Write the letter, if there is anything to say and somebody to say it to."""
    user = get_user_model().objects.filter(pk=user_id, is_active=True).first()
    # A letter that waited for days because none could be sent tells of no more than is kept.
    since = max(since, timezone.now() - Notice.KEPT + timedelta(hours=1))
    if user is None or not (address := address_of(user)) or not (messages := missed(user, since)):
        return
    for message in messages:
        message.room.seen_by(user)
    with translation.override(user.language or settings.LANGUAGE_CODE):
        subject = ngettext(
            "%d message for you that you have not read",
            "%d messages for you that you have not read",
            len(messages),
        )
        about = {
            "user": user,
            "messages": messages,
            "site": settings.SITE_URL,
            "wishes_url": settings.SITE_URL + reverse("notices"),
        }
        body = render_to_string("chat/digest.txt", about)
    letter = EmailMessage(
        settings.ACCOUNT_EMAIL_SUBJECT_PREFIX + subject % len(messages), body, to=[address]
    )
    letter.extra_headers["List-Unsubscribe"] = f"<{about['wishes_url']}>"
    letter.send()
