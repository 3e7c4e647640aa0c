from functools import partial

from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import models, transaction
from django.db.models import Count, F, Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import names
from chat import markup
from chat.markup.mentions import EVERYONE


class MentionQuerySet(models.QuerySet):
    def of(self, user) -> "MentionQuerySet":
        """Those that mean `user`, by name or with everybody, and are not by who they blocked."""
        meant = self.filter(Q(user=user.pk) | Q(user=None))
        return meant.exclude(message__author=user.pk).exclude(
            message__author__blocked_by__blocker=user.pk
        )

    def unread_by(self, user, rooms) -> dict[int, int]:
        """How often what `user` has not read mentions them, by the ids of `rooms` of theirs."""
        news = self.of(user).filter(
            room__in=rooms,
            message__thread=None,  # which has an unread mark of its own
            room__memberships__user=user.pk,
            message__gt=F("room__memberships__last_read"),
        )
        return dict(news.values_list("room").annotate(number=Count("pk")).order_by())


class Mention(models.Model):
    """That a message names somebody or, without `user`, everybody in its room.

    So a word to ten thousand people is one row.
    """

    # Each is the first in an index below.
    room = models.ForeignKey("chat.Room", models.CASCADE, related_name="mentions", db_index=False)
    message = models.ForeignKey(
        "chat.Message", models.CASCADE, related_name="mentions", db_index=False
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, related_name="mentions", db_index=False
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = MentionQuerySet.as_manager()

    class Meta:
        verbose_name = _("mention")
        verbose_name_plural = _("mentions")
        constraints = [
            models.UniqueConstraint("message", "user", name="one_mention_per_person_and_message"),
        ]
        indexes = [
            models.Index(fields=["room", "user", "message"], name="mentions_in_a_room"),
            models.Index(fields=["user", "-created_at"], name="mentions_of_a_person"),
        ]

    def __str__(self) -> str:
        return f"@{self.user or 'room'}"

    @classmethod
    def people_in(cls, room, author, text: str) -> dict[str, markup.Mentioned]:
        """Who is meant by the names behind an @ in `text`: members of `room`, by names.key().

        Everybody at once is only for whom the room lets. A text without an @ costs no query.
        """
        written = {names.key(name) for name in markup.names_in(text)} if "@" in text else set()
        if not written:
            return {}
        people = {}
        if meant := written & EVERYONE:
            # As it is now: a room that a socket has open was read when it was opened.
            mine = room.memberships.select_related("room").filter(user=author.pk).first()
            if mine and mine.may_call_everybody:
                people = {name: markup.Mentioned(0, name) for name in meant}
        letters = {alike.letters for alike in map(names.likeness, written) if alike}
        named = Q(name_key__in=letters) | Q(handle__in=written)
        everybody = get_user_model().objects.annotate(handle=Lower("username"))
        members = everybody.filter(named, memberships__room=room.pk, is_active=True)
        for member in members:
            url = reverse("person", args=[member.pk])
            # Of letters that look alike it is asked above only because there is an index of them.
            for name in written & {names.key(member.name), names.key(member.username)}:
                people[name] = markup.Mentioned(member.pk, member.name, url)
        return people

    @classmethod
    def keep(cls, message, before: str = "") -> None:
        """Note whom `message` names; before it was edited its HTML was `before`."""
        now, then = set(markup.mentioned(message.html)), set(markup.mentioned(before))
        for person_id in then - now:
            message.mentions.filter(user=person_id or None).delete()
        ids = [person_id or None for person_id in sorted(now - then)]
        if not ids:
            return
        message.mentions.bulk_create(
            [Mention(room_id=message.room_id, message=message, user_id=one) for one in ids]
        )
        if None in ids:
            rooms = type(message.room).objects.filter(pk=message.room_id)
            rooms.filter(called_up_to__lt=message.pk).update(called_up_to=message.pk)
        if any(ids):
            memberships = message.room.memberships.filter(user__in=[one for one in ids if one])
            memberships.filter(named_up_to__lt=message.pk).update(named_up_to=message.pk)
            people = get_user_model().objects.filter(pk__in=[one for one in ids if one])
            transaction.on_commit(partial(people.note_activity, message.author), robust=True)
