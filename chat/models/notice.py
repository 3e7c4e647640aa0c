from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Max, Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from chat import broadcasts, limits, presence, push
from chat.models.block import Block
from chat.models.device import PushDevice
from chat.models.membership import Membership
from chat.models.mention import Mention
from chat.models.message import Message
from chat.models.room import NOTICED_AFTER, Room
from chat.models.thread import ThreadReader
from chat.models.wishes import NoticeWishes
from chat.queue import TryLater, later


class NoticeQuerySet(models.QuerySet):
    def with_message(self) -> "NoticeQuerySet":
        return self.select_related("user", "message__author", "message__room")


class Notice(models.Model):
    """Whether somebody was to be told of a message on one of their devices, and what came of it.

    Written for everybody who might have been told; kept for a while, for who wonders. Who merely
    belongs to a room of which they want to hear nothing but mentions has none.
    """

    KEPT = timedelta(days=14)
    # What was said while nobody was at work is old by then.
    TOLD_WITHIN = timedelta(days=1)
    TRIED_FOR = timedelta(hours=6)
    AT_ONCE = 200

    class Reason(models.TextChoices):
        MENTION = "mention", gettext_lazy("you were mentioned")
        DIRECT = "direct", gettext_lazy("it was written to you")
        REPLY = "reply", gettext_lazy("it answers you")
        KEYWORD = "keyword", gettext_lazy("it has one of your words")
        EVERYTHING = "everything", gettext_lazy("you want everything of this room")
        REMINDER = "reminder", gettext_lazy("you wanted to be reminded")
        TEST = "test", gettext_lazy("you asked for a test")
        TAKEOUT = "takeout", gettext_lazy("you asked for your data")

    class Outcome(models.TextChoices):
        WAITING = "waiting", gettext_lazy("on its way")
        RETRYING = "retrying", gettext_lazy("not delivered yet, tried again")
        SENT = "sent", gettext_lazy("delivered to the browser’s push service")
        IN_PAGE = "in_page", gettext_lazy("told in an open page")
        TOGETHER = "together", gettext_lazy("told together with a newer one")
        READ = "read", gettext_lazy("not told: you had read it")
        LOOKING = "looking", gettext_lazy("not told: you were looking at the room")
        MUTED = "muted", gettext_lazy("not told: you want nothing of this room")
        QUIET = "quiet", gettext_lazy("not told: it was in your quiet hours")
        NO_DEVICE = "no_device", gettext_lazy("not told: none of your devices takes notices")
        WITHDRAWN = "withdrawn", gettext_lazy("not told: it was deleted, or you had left")
        SIGNED_OUT = "signed_out", gettext_lazy("not told: you had signed out on this device")
        GONE = "gone", gettext_lazy("not told: this device takes no more notices")
        FAILED = "failed", gettext_lazy("failed")

    OPEN = (Outcome.WAITING, Outcome.RETRYING)
    TOLD = (Outcome.SENT, Outcome.IN_PAGE, Outcome.TOGETHER)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="notices")
    message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="notices")
    device = models.ForeignKey(PushDevice, models.SET_NULL, null=True, related_name="notices")
    device_name = models.CharField(max_length=60, blank=True)
    reason = models.CharField(max_length=12, choices=Reason)
    outcome = models.CharField(max_length=12, choices=Outcome)
    # For whoever runs the site: what the push service said.
    detail = models.CharField(max_length=200, blank=True)
    decided_at = models.DateTimeField(default=timezone.now, db_index=True, editable=False)
    done_at = models.DateTimeField(null=True, editable=False)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = gettext_lazy("notice")
        verbose_name_plural = gettext_lazy("notices")
        indexes = [models.Index(fields=["user", "-id"], name="notices_of_a_person")]

    def __str__(self) -> str:
        return f"{self.user}: {self.reason}, {self.outcome}"

    @property
    def is_told(self) -> bool:
        return self.outcome in self.TOLD

    @property
    def is_open(self) -> bool:
        return self.outcome in self.OPEN

    # Deciding -----------------------------------------------------------------------------------

    @classmethod
    def decide(cls, room_id: int) -> None:
        """Decide who is told of what was said in a room since this was last done.

        What it takes is read without a lock, so that nobody who posts waits for it; kept it is only
        if nobody else has decided meanwhile.
        """
        room = Room.objects.filter(pk=room_id).first()
        if room is None:
            return
        news = room.messages.filter(pk__gt=room.told_up_to)
        recent = news.visible().filter(created_at__gt=timezone.now() - cls.TOLD_WITHIN)
        recent = recent.filter(carried=None)  # which was news elsewhere
        messages = list(recent.with_author().order_by("pk")[: cls.AT_ONCE])
        is_cut = len(messages) == cls.AT_ONCE
        up_to = messages[-1].pk if is_cut else news.aggregate(newest=Max("pk"))["newest"]
        notices = _Decision(room, messages).notices() if messages else []
        with room.locked() as fresh:
            if up_to is None or fresh.told_up_to != room.told_up_to:
                return
            fresh.told_up_to = up_to
            fresh.save(update_fields=["told_up_to"])
            # Not by the room's newest: that leaves threads out.
            if fresh.messages.filter(pk__gt=up_to).exists():
                later("decide_notices", room.pk, at=timezone.now() + NOTICED_AFTER)
            cls._begin(notices)

    @classmethod
    def _begin(cls, notices: "list[Notice]") -> None:
        """Keep the decisions, and have done what follows from them."""
        in_page, ids = {}, defaultdict(list)
        for notice in Notice.objects.bulk_create(notices):
            if notice.device_id:
                ids[notice.device_id].append(notice.pk)
            elif notice.outcome == cls.Outcome.IN_PAGE:
                in_page[notice.user_id] = notice
        for user_id, newest in in_page.items():
            transaction.on_commit(partial(broadcasts.notified, user_id, newest.data()))
        for device_id, its in ids.items():
            later("push", device_id, its)

    @classmethod
    def test(cls, device: PushDevice) -> "Notice":
        """Tell a device something, to see whether it is told. Raises TooFast."""
        limits.spend("later", device.user_id)
        with transaction.atomic():
            notice = cls.on(device, user=device.user, reason=cls.Reason.TEST)
            cls._begin([notice])
        return notice

    @classmethod
    def remind(cls, user, message: Message) -> None:
        """Tell somebody of a message on all their devices, whatever they have read, as long as
        they may read it at all.
        """
        about = {"user": user, "message": message, "reason": cls.Reason.REMINDER}
        if message.deleted_at or not message.room.membership_of(user):
            cls._begin([cls(outcome=cls.Outcome.WITHDRAWN, **about)])
            return
        cls._tell_everywhere(**about)

    @classmethod
    def tell_of_takeout(cls, user) -> None:
        """Tell somebody on all their devices that what they asked for is there."""
        cls._tell_everywhere(user=user, reason=cls.Reason.TAKEOUT)

    @classmethod
    def _tell_everywhere(cls, **about) -> None:
        user = about["user"]
        told = [cls.on(device, **about) for device in user.push_devices.all()]
        if user.pk in presence.online():
            told.append(cls(outcome=cls.Outcome.IN_PAGE, **about))
        cls._begin(told or [cls(outcome=cls.Outcome.NO_DEVICE, **about)])

    @classmethod
    def on(cls, device: PushDevice, **about) -> "Notice":
        about |= {"device": device, "device_name": device.name, "outcome": cls.Outcome.WAITING}
        return cls(**about)

    # Telling ------------------------------------------------------------------------------------

    @classmethod
    def push(cls, device_id: int, ids: list[int]) -> None:
        """Tell a device of the newest of these; it stands for all. Raises TryLater."""
        waiting = cls.objects.filter(pk__in=ids, outcome__in=cls.OPEN).order_by("pk")
        device = PushDevice.objects.select_related("user").filter(pk=device_id).first()
        if device is None:
            cls._end(waiting, cls.Outcome.GONE)
        elif not device.is_signed_in:
            cls._end(waiting, cls.Outcome.SIGNED_OUT)
            device.delete()
        elif due := [one for one in waiting.with_message() if one._is_still_due()]:
            *older, newest = due
            newest._send(device)
            outcome = cls.Outcome.TOGETHER if newest.is_told else newest.outcome
            cls._end(cls.objects.filter(pk__in=[one.pk for one in older]), outcome)

    @staticmethod
    def _end(notices, outcome: str, detail: str = "") -> None:
        notices.update(outcome=outcome, detail=detail[:200], done_at=timezone.now())

    def _is_still_due(self) -> bool:
        """Whether it is still news; else this is its end."""
        if self.message is None:
            return True
        membership = self.message.room.membership_of(self.user)
        if membership is None or self.message.deleted_at:
            self._become(self.Outcome.WITHDRAWN)
        elif self._is_news and self._read_up_to(membership, self.message) >= self.message.pk:
            self._become(self.Outcome.READ)
        return self.is_open

    @property
    def _is_news(self) -> bool:
        return self.reason not in {self.Reason.REMINDER, self.Reason.TEST}

    @staticmethod
    def _read_up_to(membership: Membership, message: Message) -> int:
        if message.thread_id is None:
            return membership.last_read
        mine = ThreadReader.objects.filter(root=message.thread_id, user=membership.user_id)
        return mine.values_list("last_read", flat=True).first() or 0

    def _become(self, outcome: str, detail: str = "") -> None:
        self._end(Notice.objects.filter(pk=self.pk), outcome, detail)
        self.outcome = outcome

    def _send(self, device: PushDevice) -> None:
        """Hand it to the push service, and note what came of it. Raises TryLater."""
        is_urgent = self.reason != self.Reason.EVERYTHING
        try:
            push.send(device.subscription, self.data(), topic=self._topic, is_urgent=is_urgent)
        except push.Gone:
            self._become(self.Outcome.GONE)
            device.delete()
        except push.Refused as error:
            self._become(self.Outcome.FAILED, str(error))
        except TryLater as error:
            if timezone.now() - self.decided_at < self.TRIED_FOR:
                self._become(self.Outcome.RETRYING, str(error))
                raise
            self._become(self.Outcome.FAILED, str(error))
        else:
            self._become(self.Outcome.SENT)

    @property
    def _topic(self) -> str:
        if self.message is None:
            return self.reason
        return f"room{self.message.room_id}" if self._is_news else f"message{self.message.pk}"

    def data(self) -> dict[str, Any]:
        """What the browser shows, in the person's language; no more than that."""
        with translation.override(self.user.language or settings.LANGUAGE_CODE):
            if self.reason == self.Reason.TAKEOUT:
                text = _("Your data is ready. You can download it for seven days.")
                where = {"url": f"{reverse('profile')}#data", "tag": "takeout"}
                return {"id": 0, "title": "Chatsite", "body": text, **where}
            if self.message is None:
                text = _("This is how a notice looks on this device.")
                where = {"url": reverse("notices"), "tag": "test"}
                return {"id": 0, "title": "Chatsite", "body": text, **where}
            room = self.message.room.seen_by(self.user)
            author = self.message.author.name
            is_between_two = room.is_direct and len(room.others) == 1
            title = _("%(author)s in %(room)s") % {"author": author, "room": room.title}
            about: dict[str, Any] = {
                "id": self.message.pk,
                "title": author if is_between_two else title,
                "body": self.message.excerpt,
                "url": self.message.place,
                "tag": room.slug,
            }
            if not self._is_news:
                about["title"] = _("Reminder: %s") % about["title"]
                about["url"] = self.message.address
                about["tag"] = f"reminder-{self.message.pk}"
            return about

    # Looking back -------------------------------------------------------------------------------

    @classmethod
    def forget_old(cls) -> None:
        cls.objects.filter(decided_at__lt=timezone.now() - cls.KEPT).delete()


class _Decision:
    """Who is told of `messages` of one room: each person's reason, then what stands against it."""

    def __init__(self, room: Room, messages: list[Message]):
        self.room, self.messages = room, messages
        # By message and person; the weightiest reason is set last.
        self.reasons: dict[tuple[int, int], str] = {}
        # Messages with @room: of all who are meant, only those are noted who can be reached.
        self.to_everybody: set[int] = set()
        # By thread and person, how far they have read in it.
        roots = {message.thread_id for message in messages if message.thread_id}
        readers = ThreadReader.objects.filter(root__in=roots)
        self.thread_marks = {(one.root_id, one.user_id): one.last_read for one in readers}
        self._note_direct()
        self._note_keywords()
        self._note_replies()
        self._note_mentions()

    def _note(self, message: Message, user_id: int, reason: str) -> None:
        if user_id != message.author_id:
            self.reasons[message.pk, user_id] = reason

    def _note_direct(self) -> None:
        if self.room.is_direct:
            for user_id in self.room.memberships.values_list("user", flat=True):
                for message in self.messages:
                    self._note(message, user_id, Notice.Reason.DIRECT)

    def _note_keywords(self) -> None:
        wishes = NoticeWishes.objects.filter(user__memberships__room=self.room)
        for wish in wishes.exclude(keywords=""):
            for message in self.messages:
                if wish.words_in(message.body):
                    self._note(message, wish.user_id, Notice.Reason.KEYWORD)

    def _note_replies(self) -> None:
        for message in self.messages:
            for root_id, user_id in self.thread_marks:
                if root_id == message.thread_id:
                    self._note(message, user_id, Notice.Reason.REPLY)
            if message.reply_to:
                self._note(message, message.reply_to.author_id, Notice.Reason.REPLY)

    def _note_mentions(self) -> None:
        by_id = {message.pk: message for message in self.messages}
        mentions = Mention.objects.filter(message__in=by_id).values_list("message", "user")
        for message_id, user_id in mentions:
            if user_id is None:
                self.to_everybody.add(message_id)
            else:
                self._note(by_id[message_id], user_id, Notice.Reason.MENTION)

    def notices(self) -> list[Notice]:
        return [
            notice
            for member in self._candidates()
            for message in self.messages
            for notice in self._of(message, member)
        ]

    def _candidates(self) -> Iterable[Membership]:
        """The addressed, and of those who want everything whom a notice can reach at all."""
        self.online, self.looking = presence.online(), presence.looking(self.room.pk)
        self.devices = defaultdict(list)
        blocks = Block.objects.filter(blocked__in={message.author_id for message in self.messages})
        self.blocks = set(blocks.values_list("blocker", "blocked"))
        addressed = {user_id for _message_id, user_id in self.reasons}
        reachable = Q(user__push_devices__isnull=False) | Q(user__in=self.online)
        wants_all = Q(level=Membership.Level.EVERYTHING)
        if self.to_everybody:
            wants_all = ~Q(level=Membership.Level.NOTHING)
        members = self.room.memberships.filter(
            Q(user__in=addressed) | wants_all & reachable, user__is_active=True
        )
        for device in PushDevice.objects.filter(user__in=members.values("user")):
            self.devices[device.user_id].append(device)
        return members.select_related("user__notice_wishes").distinct()

    def _of(self, message: Message, member: Membership) -> Iterator[Notice]:
        reason = self._reason(message, member)
        if reason is None:
            return
        devices, is_online = self.devices[member.user_id], member.user_id in self.online
        is_addressed = (message.pk, member.user_id) in self.reasons
        if not is_addressed and not (devices or is_online):
            return
        about = {"user": member.user, "message": message, "reason": reason}
        if against := self._against(message, member):
            yield Notice(outcome=against, **about)
            return
        for device in devices:
            yield Notice.on(device, **about)
        if is_online:
            yield Notice(outcome=Notice.Outcome.IN_PAGE, **about)
        elif not devices:
            yield Notice(outcome=Notice.Outcome.NO_DEVICE, **about)

    def _reason(self, message: Message, member: Membership) -> str | None:
        if member.user_id == message.author_id:
            return None
        if (member.user_id, message.author_id) in self.blocks:
            return None
        reason = self.reasons.get((message.pk, member.user_id))
        if reason is None and message.pk in self.to_everybody:
            return Notice.Reason.MENTION
        # A thread is the business of those who take part in it.
        is_for_all = message.thread_id is None
        if reason is None and is_for_all and member.level == Membership.Level.EVERYTHING:
            return Notice.Reason.EVERYTHING
        return reason

    def _against(self, message: Message, member: Membership) -> str | None:
        """What speaks against telling, if anything does."""
        if member.level == Membership.Level.NOTHING:
            return Notice.Outcome.MUTED
        read_up_to = member.last_read
        if message.thread_id:
            read_up_to = self.thread_marks.get((message.thread_id, member.user_id), 0)
        if read_up_to >= message.pk:
            return Notice.Outcome.READ
        # Who looks at the room sees of a thread only that it goes on.
        if message.thread_id is None and member.user_id in self.looking:
            return Notice.Outcome.LOOKING
        wishes = getattr(member.user, "notice_wishes", None)
        if wishes and wishes.is_quiet(message.created_at):
            return Notice.Outcome.QUIET
        return None
