"""Threads: a side conversation under a message, so that a busy room stays readable.

What is said in one is a Message like any other, whose `thread` is the message it stands under. The
room's own flow leaves it out; revisions, `sync` and all verbs are the same.
"""

from functools import partial

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from chat import broadcasts


class ThreadQuerySet(models.QuerySet["ThreadReader"]):
    def unread(self) -> "ThreadQuerySet":
        return self.filter(root__thread_last__gt=F("last_read"))

    def mark_read(self) -> None:
        roots = ThreadReader._meta.get_field("root").related_model._default_manager
        newest = Subquery(roots.filter(pk=OuterRef("root")).values("thread_last")[:1])
        self.unread().update(last_read=newest)

    def of_rooms_of(self, user) -> "ThreadQuerySet":
        """Those of `user`, in rooms that they are still a member of."""
        return self.filter(user=user.pk, root__room__memberships__user=user.pk)


class ThreadReader(models.Model):
    """Somebody who takes part in a thread, and how far they have read in it."""

    root = models.ForeignKey("chat.Message", models.CASCADE, related_name="readers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="threads")
    # The id of the newest message seen, as Membership.last_read.
    last_read = models.BigIntegerField(default=0)

    MOST_UNREAD = 100  # of which somebody is told at once

    objects = ThreadQuerySet.as_manager()

    class Meta:
        verbose_name = _("reader of a thread")
        verbose_name_plural = _("readers of threads")
        constraints = [
            models.UniqueConstraint("root", "user", name="one_reader_per_person_and_thread"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.root}"

    @classmethod
    def unread_by(cls, user) -> list[int]:
        """The ids of the messages in whose threads there is something new for `user`."""
        unread = cls.objects.of_rooms_of(user).unread()
        return list(unread.values_list("root", flat=True)[: cls.MOST_UNREAD])

    @classmethod
    def take_part(cls, message) -> None:
        """After `message` was said in a thread: its author reads it, and so does who began it."""
        root = message.thread
        cls.objects.update_or_create(
            root=root, user=message.author, defaults={"last_read": message.pk}
        )
        if root.author_id != message.author_id:
            cls.objects.get_or_create(root=root, user=root.author)

    @classmethod
    def read_up_to(cls, room, user_id: int, root_id: int, message_id: int) -> None:
        """Move the mark of somebody who takes part forward; never back."""
        mine = cls.objects.filter(root=root_id, user=user_id, last_read__lt=message_id)
        if mine.update(last_read=message_id):
            read = partial(broadcasts.read, room, user_id, message_id, thread=root_id)
            transaction.on_commit(read)
