"""What others did that was meant for a person: naming them, or an emoji to what they said."""

from datetime import datetime
from heapq import merge
from itertools import islice

from chat.models.mention import Mention
from chat.models.reaction import Reaction


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
