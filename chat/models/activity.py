"""What others did that was meant for a person: naming them, or an emoji to what they said."""

from datetime import datetime
from heapq import merge
from itertools import islice

from django.db.models import Exists, F, OuterRef

from chat.models.mention import Mention
from chat.models.reaction import Reaction
from chat.models.thread import ThreadReader


def activity_of(user, most: int, before: datetime | None = None) -> list[Mention | Reaction]:
    """The newest `most` mentions of `user` and reactions to what they said, of before that time."""
    mentions = Mention.objects.of(user)
    reactions = Reaction.objects.filter(to=user.pk).exclude(user=user.pk)
    # Each of them by an index of its own in the order of time; together they would be sorted whole.
    sources = [
        mentions.filter(user=user.pk).filter(room__memberships__user=user.pk),
        mentions.filter(user=None).filter(room__memberships__user=user.pk),
        reactions.exclude(user__blocked_by__blocker=user.pk)
        .filter(message__room__memberships__user=user.pk)
        .select_related("user"),
    ]
    found = []
    for source in sources:
        if before:
            source = source.filter(created_at__lt=before)
        shown = source.filter(message__deleted_at=None).order_by("-created_at")
        found.append(shown.select_related("message__author", "message__room")[:most])
    newest = merge(*found, key=lambda one: one.created_at, reverse=True)
    return list(islice(newest, most))


def see_what_was_read(user) -> None:
    """Nothing is new for `user` any more when they have read it all where it was said."""
    if user.has_new_activity and not _has_unread(user):
        user.see_activity()


def _has_unread(user) -> bool:
    """Whether since `user` looked somebody reacted, or named them in what they have not read."""
    since = {"created_at__gt": user.activity_seen_at, "message__deleted_at": None}
    if Reaction.objects.filter(to=user.pk, **since).exclude(user=user.pk).exists():
        return True
    news = Mention.objects.of(user).filter(**since)
    in_rooms = news.filter(
        room__memberships__user=user.pk,
        message__thread=None,
        message__gt=F("room__memberships__last_read"),
    )
    has_read_thread = ThreadReader.objects.filter(
        root=OuterRef("message__thread"), user=user.pk, last_read__gte=OuterRef("message")
    )
    in_threads = news.filter(
        ~Exists(has_read_thread), room__memberships__user=user.pk, message__thread__isnull=False
    )
    return in_rooms.exists() or in_threads.exists()
