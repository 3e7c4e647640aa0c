import re
import secrets
from collections.abc import Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from accounts import names
from chat import broadcasts, limits, markup
from chat.errors import Archived, Invalid, NotAllowed, NotFound, Taken
from chat.models.checking import Checking
from chat.models.direct import Direct
from chat.models.forwarding import origin_of
from chat.models.held import Held
from chat.models.joining import Joining
from chat.models.membership import Membership
from chat.models.mention import Mention
from chat.models.merging import Address, Merging
from chat.models.message import Message
from chat.models.moderation import filter as filters
from chat.models.moderation.moderated import Moderated
from chat.models.moderation.restraint import Restraint
from chat.models.post import Post
from chat.models.pruning import Bytes, Pruning
from chat.models.thread import ThreadReader
from chat.protocol.fields import SLUG
from chat.queue import later

# Who is looking has then read it, and what one says in several breaths is one notice.
NOTICED_AFTER = timedelta(seconds=2)
# Whether something may hold a member back, of the `membership` that is read with a `room`.
IS_HELD = """
    membership.muted_until IS NOT NULL OR membership.role = 'member'
    AND (room.slow_seconds > 0 OR room.locked_at IS NOT NULL)
"""


class RoomQuerySet(models.QuerySet["Room"]):
    def visible_to(self, user) -> "RoomQuerySet":
        """The rooms that exist for `user`: their own, and the ones open to them, from which they
        are not banned.
        """
        mine = Exists(Membership.objects.filter(room=OuterRef("pk"), user=user.pk))
        banned = Exists(Restraint.objects.on(user).bans().filter(room=OuterRef("pk")))
        return self.filter(mine | Room.open_to(user) & ~banned)

    def that_was(self, pk: int | None) -> "Room | None":
        """The one with that id, or which the one with that id has become part of."""
        if pk is None:
            return None
        return self.filter(pk=pk).first() or self.filter(former_addresses__was=pk).first()

    def at(self, slug: str) -> "Room | None":
        """The one of that address, which may be any text; PostgreSQL refuses to look for a NUL."""
        return self.filter(slug=slug).first() if re.fullmatch(SLUG, slug) else None

    def called(self, slug: str, user) -> "Room":
        """The room of that address. Raises NotFound where it does not exist for `user`, or Banned,
        which says why.
        """
        if room := self.visible_to(user).at(slug):
            return room
        bans = Restraint.objects.on(user).bans().filter(room__slug=slug)
        if ban := bans.select_related("decision").first():
            raise ban.refusal(user)
        raise NotFound

    def sidebar_for(self, user, most: int = 200) -> "list[Room]":
        """The rooms of `user` in use, busiest first, each with its `membership`, whether it is
        `unread`, and how often that mentions them.

        Direct conversations too, seen_by() them, but for those that they have hidden. In SQL, as
        every page of a room asks, and the ORM takes six times as long.
        """
        query = f"""
            SELECT room.*, membership.id AS mine, role, last_read, named_up_to, has_draft,
                has_held, {IS_HELD} AS is_held
            FROM chat_membership membership JOIN chat_room room ON room.id = membership.room_id
            WHERE membership.user_id = %s AND NOT membership.is_hidden
                AND room.archived_at IS NULL
            ORDER BY room.active_at DESC, room.id DESC LIMIT %s
        """  # noqa: S608
        rooms: list[Room] = list(self.raw(query, [user.pk, most]))
        named = []
        for room in rooms:
            room.membership = Membership.read_with(room, user.pk)
            room.unread = (room.last_message_id or 0) > room.membership.last_read
            if max(room.membership.named_up_to, room.called_up_to) > room.membership.last_read:
                named.append(room)
        mentions = Mention.objects.unread_by(user, named) if named else {}
        for room in rooms:
            room.mentions_unread = mentions.get(room.pk, 0)
        return Room.introduce(rooms, user)

    def unread_by(self, user, most: int = 200) -> "RoomQuerySet":
        """Those of the rooms of sidebar_for() with something that `user` has not read."""
        mine = Membership.objects.filter(
            room=OuterRef("pk"), user=user.pk, last_read__lt=OuterRef("last_message")
        )
        return self.filter(Exists(mine), archived_at=None).order_by("-active_at", "-pk")[:most]

    def mark_all_read(self, user) -> None:
        """Let `user` have read all that was said in their rooms, and in threads there."""
        newest = Subquery(Room.objects.filter(pk=OuterRef("room")).values("last_message")[:1])
        mine = Membership.objects.filter(user=user.pk)
        mine.filter(last_read__lt=F("room__last_message")).update(last_read=newest)
        ThreadReader.objects.filter(user=user.pk).mark_read()
        user.see_activity()
        transaction.on_commit(partial(broadcasts.all_read, user.pk))

    def begin_anew(self) -> None:
        """After an older state was restored: revisions that were given out since are never given
        out again, and who knows one of them loads the room afresh; see changes_since().

        They go on from the microseconds since 1970, of which the state knows nothing: so whatever
        is restored, and however often, each time is beyond the last. JavaScript can still count so
        far.
        """
        now = int(timezone.now().timestamp() * 1_000_000)
        beyond = Greatest(F("revision") + 2 * Room.TOO_FAR_BEHIND, now)
        self.update(revision=beyond, pruned_revision=beyond)

    def matching(self, words: str) -> "RoomQuerySet":
        """Rooms whose name or topic holds each of the words."""
        rooms = self
        for word in words.split():
            rooms = rooms.filter(Q(name__icontains=word) | Q(topic__icontains=word))
        return rooms

    def with_messages_count(self) -> "RoomQuerySet":
        """Each with `messages_count`: those that can be read. Reads them all."""
        return self.annotate(messages_count=_sum_over_messages(Count("pk"), deleted_at=None))

    def with_sizes(self) -> "RoomQuerySet":
        """Each with `text_bytes` and `file_bytes`, of its messages. Reads them all."""
        files = F("attachments__size")
        return self.annotate(
            text_bytes=_sum_over_messages(Sum(Bytes("body") + Bytes("html"))),
            file_bytes=_sum_over_messages(Sum(files), attachments__isnull=False),
        )


def _sum_over_messages(aggregate, **which):
    """`aggregate` over those messages of a room."""
    messages = Message.objects.filter(room=OuterRef("pk"), **which).order_by()
    summed = messages.values("room").annotate(summed=aggregate).values("summed")
    return Coalesce(Subquery(summed), 0, output_field=models.BigIntegerField())


class Room(Joining, Direct, Moderated, Pruning, Merging, Checking, models.Model):
    """A conversation and the people in it.

    Every change to a message takes the next `revision` under this row's lock. So revisions are
    contiguous and become visible in order, and a client can tell that it missed something.
    """

    class Kind(models.TextChoices):
        PUBLIC = "public", _("Public")
        PRIVATE = "private", _("Private")
        DIRECT = "direct", _("Direct")

    class Callers(models.TextChoices):
        """Who may call everybody in the room at once, with @room."""

        MODERATORS = "moderators", _("Moderators")
        EVERYONE = "everyone", _("Everyone")
        NOBODY = "nobody", _("Nobody")

    NAME_LENGTH = 60
    TOO_FAR_BEHIND = 10**6  # revisions: only who was here before an older state was restored
    NAME_KEYS = ("name_key", "name_letters", "name_look")

    slug = models.SlugField(_("address"), max_length=80, unique=True, allow_unicode=True)
    name = models.CharField(_("name"), max_length=NAME_LENGTH)
    # The name as it is compared: names that only look different are the same.
    name_key = models.CharField(max_length=255, editable=False)
    # What it could be taken for, see names.likeness(). Not unique: those of before may be alike.
    name_letters = models.CharField(max_length=255, blank=True, editable=False)
    name_look = models.CharField(max_length=255, blank=True, editable=False)
    topic = models.CharField(_("topic"), max_length=250, blank=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PUBLIC)
    # Whose conversation a direct one is: the ids of its people, in order.
    people_key = models.CharField(max_length=255, null=True, unique=True, editable=False)  # noqa: DJ001
    guests_allowed = models.BooleanField(_("guests may enter"), default=False)
    callers = models.CharField(
        _("who may write @room"), max_length=10, choices=Callers, default=Callers.MODERATORS
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    archived_at = models.DateTimeField(_("archived"), null=True, blank=True)
    # How long a member waits between two messages, in seconds.
    slow_seconds = models.PositiveSmallIntegerField(_("slow mode"), default=0, editable=False)
    # Since when only who moderates may write, and what they said why.
    locked_at = models.DateTimeField(_("locked"), null=True, editable=False)
    lock_words = models.CharField(max_length=500, blank=True, editable=False)
    # How many reports and appeals wait, so that only where some do it is asked which.
    waiting = models.PositiveIntegerField(default=0, editable=False)

    revision = models.BigIntegerField(default=0, editable=False)
    # The newest revision in which messages were deleted for good, and up to which id.
    pruned_revision = models.BigIntegerField(default=0, editable=False)
    pruned_up_to = models.BigIntegerField(default=0, editable=False)
    kept_days = models.PositiveIntegerField(_("messages are kept for days"), null=True, blank=True)
    # Raised when a member's name or picture changes, so that cached pages are made anew.
    people_version = models.IntegerField(default=0, editable=False)
    members_count = models.PositiveIntegerField(_("members"), default=0, editable=False)
    last_message = models.ForeignKey(
        "chat.Message", models.SET_NULL, null=True, editable=False, related_name="+"
    )
    # Up to which message it is decided who is told of it.
    told_up_to = models.BigIntegerField(default=0, editable=False)
    # The newest message that calls everybody, as Membership.named_up_to.
    called_up_to = models.BigIntegerField(default=0, editable=False)
    active_at = models.DateTimeField(_("last activity"), default=timezone.now, editable=False)

    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="chat.Membership", related_name="rooms"
    )

    objects = RoomQuerySet.as_manager()

    # What a list of rooms tells its reader; set by whoever makes the list.
    membership: Membership | None
    unread: bool
    mentions_unread: int
    is_open: bool
    is_mine: bool
    here: int

    # Whether something may hold its reader back, or who of several `held`: see locked_for(). Where
    # nobody asked, it may.
    is_held: bool = True
    held: set[int]
    member: int
    # Of the filters that are on, as locked_for() has it.
    filters_version: int | None = None

    class Meta:
        verbose_name = _("room")
        verbose_name_plural = _("rooms")
        permissions = [("moderate_room", _("Can moderate every room"))]
        constraints = [
            models.UniqueConstraint(
                "name_key", condition=Q(kind="public"), name="public_room_names_are_unique"
            ),
            models.CheckConstraint(
                condition=Q(kind="direct", people_key__isnull=False)
                | ~Q(kind="direct") & Q(people_key=None),
                name="direct_rooms_are_their_people",
            ),
        ]
        indexes = [models.Index(fields=["-active_at", "-id"], name="rooms_by_activity")]

    def __str__(self) -> str:
        return self.name or self.slug

    def get_absolute_url(self) -> str:
        return reverse("room", args=[self.slug])

    def address(self, **asked: int | None) -> str:
        """Where the page begins with a piece of history (`before`, `after` or `around` a message),
        with the `thread` under one beside it; all of them by id, none of them where it is None.
        """
        query = urlencode({key: pk for key, pk in asked.items() if pk})
        return self.get_absolute_url() + (f"?{query}" if query else "")

    @staticmethod
    def open_to(user) -> Q:
        """Which rooms `user` may walk into without an invitation."""
        public = Q(kind=Room.Kind.PUBLIC)
        return public & Q(guests_allowed=True) if user.is_guest else public

    def takes(self, user) -> bool:
        """Whether `user` may walk in without an invitation."""
        return self.kind == self.Kind.PUBLIC and (self.guests_allowed or not user.is_guest)

    # Making and changing the room --------------------------------------------------------------

    @property
    def bytes_of_files(self) -> int:
        """What the files in its messages take up."""
        return self.messages.aggregate(sum=Sum("attachments__size"))["sum"] or 0

    @classmethod
    def create(
        cls,
        by,
        name: str,
        *,
        topic: str = "",
        kind: str = Kind.PUBLIC,
        guests_allowed: bool = False,
        callers: str = Callers.MODERATORS,
    ) -> "Room":
        """Make a room that `by` owns. Raises Invalid, NotAllowed, Taken or TooFast."""
        if by.is_guest:
            raise NotAllowed(_("Guests cannot make rooms. Make an account first."))
        room = cls(kind=kind, guests_allowed=guests_allowed, callers=callers, created_by=by)
        room.topic = topic.strip()
        room._take_name(name)
        room._require_name_of_its_own(by)
        limits.spend("room", by.pk)
        with transaction.atomic():
            room.slug = room._free_slug()
            room._save_under_its_name()
            room.admit(by, Membership.Role.OWNER)
        return room

    def edit(
        self,
        by,
        *,
        name: str,
        topic: str,
        kind: str,
        guests_allowed: bool,
        callers: str | None = None,
    ) -> None:
        """Change what the room is and who may enter and, unless None, call everybody; its address
        stays. Raises as create().
        """
        self.require_role(by, Membership.Role.OWNER)
        with self.locked() as room:
            is_shown_to_more = kind == self.Kind.PUBLIC != room.kind
            is_new = names.clean(name) != room.name or is_shown_to_more
            room.topic, room.kind, room.guests_allowed = topic.strip(), kind, guests_allowed
            room.callers = callers or room.callers
            room._take_name(name)
            if is_new:
                room._require_name_of_its_own(by)
            fields = ["name", *self.NAME_KEYS, "topic", "kind", "guests_allowed", "callers"]
            room._save_under_its_name(fields)
            if not guests_allowed:
                room._drop(room.memberships.filter(user__is_guest=True))
            transaction.on_commit(lambda: broadcasts.room_changed(room))
        self.refresh_from_db()

    def rename(self, by, name: str, topic: str | None = None) -> None:
        """Call the room `name` from now on, at the same address. Raises as create()."""
        topic = self.topic if topic is None else topic
        kind, guests_allowed = self.kind, self.guests_allowed
        self.edit(by, name=name, topic=topic, kind=kind, guests_allowed=guests_allowed)

    def archive(self, by) -> None:
        """Keep the room to read and let nothing new be written."""
        self._set_archived(by, timezone.now())

    def unarchive(self, by) -> None:
        self._set_archived(by, None)

    def _set_archived(self, by, when) -> None:
        self.require_role(by, Membership.Role.OWNER)
        with self.locked() as room:
            room.archived_at = when
            room.save(update_fields=["archived_at"])
            transaction.on_commit(lambda: broadcasts.room_changed(room))
        self.archived_at = when

    def _take_name(self, name: str) -> None:
        self.name = names.clean(name)
        self.name_key = names.key(name)[:255]
        if not self.name_key:
            raise Invalid(_("Give the room a name."))
        if len(self.name) > self.NAME_LENGTH:
            raise Invalid(_("A room's name has at most %d characters.") % self.NAME_LENGTH)
        self.name_letters, self.name_look = names.likeness(self.name, ignored="ZC") or ("", "")

    def _require_name_of_its_own(self, by) -> None:
        """Raises Taken where the name could be taken for that of a room that `by` knows of.

        Private rooms of others do not count: to refuse would tell that they exist.
        """
        mine = Exists(Membership.objects.filter(room=OuterRef("pk"), user=by.pk))
        known = Room.objects.filter(Q(kind=self.Kind.PUBLIC) | mine).exclude(pk=self.pk)
        alike = Q(name_look=self.name_look) | Q(name_letters=self.name_letters)
        # The very same name is for the constraint: private rooms may share it.
        other = known.filter(alike).exclude(name_key=self.name_key).first()
        if other and self.name_look:
            said = {"name": self.name, "other": other.name}
            raise Taken(
                _("“%(name)s” could be taken for the room “%(other)s”. Choose another name.") % said
            )

    def _save_under_its_name(self, update_fields=None) -> None:
        try:
            with transaction.atomic():
                self.save(update_fields=update_fields)
        except IntegrityError:
            raise Taken(
                _("There is already a room called “%s”. Choose another name.") % self.name
            ) from None

    def _free_slug(self) -> str:
        # A private room's address is not to be guessed, nor to give its existence away.
        base = slugify(self.name, allow_unicode=True)[:60].strip("-_") or "room"
        # /rooms/new/ is the form.
        taken = Room.objects.filter(slug=base), Address.objects.filter(slug=base)
        is_free = base != "new" and not any(found.exists() for found in taken)
        if self.kind == self.Kind.PUBLIC and is_free:
            return base
        return f"{base}-{secrets.token_hex(4)}"

    # Messages -----------------------------------------------------------------------------------

    @contextmanager
    def locked(self):
        """This room read afresh, its row locked until the block's transaction ends.

        Raises NotFound when it is no more.
        """
        with transaction.atomic():
            room = Room.objects.select_for_update().filter(pk=self.pk).first()
            if room is None:
                raise NotFound
            yield room

    def post(self, author, body: str, **more) -> Message | Held:
        """Say something in this room, or have it held back by a filter. Takes and raises what
        prepare_post() does, or raises Archived, Filtered, NotAllowed or NotFound.
        """
        return self.prepare_post(author, body, **more).write()

    def prepare_post(
        self,
        author,
        body: str,
        *,
        nonce: UUID | None = None,
        reply_to: int | None = None,
        thread: int | None = None,
        attachments: Sequence[int] = (),
        poll: dict | None = None,
        due_at: datetime | None = None,
    ) -> Post:
        """All of posting that needs no lock: the text is cleaned and rendered, the limit spent.

        `nonce` makes a repeated post harmless: the message that is there already is the answer.
        `reply_to` is the id of a message of this room; so is `thread`, under which it is then said.
        `attachments` are the ids of files that the author uploaded and has not sent yet, `poll`
        comes from new_poll(), `due_at` is when it should have been said. Raises Empty, TooFast or
        TooLong.
        """
        text = Message.readable(body, files=len(attachments))
        html = markup.render(text, Mention.people_in(self, author, text))
        limits.spend("message", author.pk)
        return Post(self, author, text, html, nonce, reply_to, thread, attachments, poll, due_at)

    def post_held(self, held: Held) -> Message:
        """What was held back, as a message; for Held.let_through(), which knows whether it may.

        Raises as post() does, but for filters, limits and slow mode.
        """
        original = held.reply_to
        post = Post(
            self,
            held.author,
            held.body,
            held.html,
            held.nonce,
            original.pk if original and not original.deleted_at else None,
            held.thread_id,
            held.files,
            held.poll,
            forwarded=held.forwarded,
            is_let_through=True,
        )
        said = post.write()
        if isinstance(said, Message):
            return said
        raise NotAllowed  # the twin of what the room does not take now is what was held

    def take_forwarded(self, by, message: Message, *, nonce: UUID | None = None) -> Message | Held:
        """A copy of `message` in this room; for Message.forward(), which knows whether it may.

        Its files are rows of their own there, with the same bytes. Raises NotFound where they are
        gone, and TooLong where they are too much for the quota of `by`.
        """
        limits.spend("message", by.pk)
        said = partial(Post, self, by, message.body, message.html, nonce)
        forwarded = origin_of(message, self)
        if not message.files:
            return said(forwarded=forwarded).write()
        with transaction.atomic():
            self.locked_for({by.pk})  # the room before the files, as whoever deletes has it
            if twin := Post.twin_of(by, nonce):
                return twin
            copies = message.attachments.copies_for(by)
            ids = [file["id"] for file in message.files]
            if copies.keys() != set(ids):
                raise NotFound
            copied = [copies[one].pk for one in ids]
            return said(forwarded=forwarded, attachments=copied).write()

    def locked_for(self, people: set[int]) -> "Room":
        """This room as locked() has it, within a transaction. Raises NotFound unless all `people`,
        by their ids, are members.

        It knows for whom of them there may be something that holds them back (`held`), so that
        only then their membership is read. Asked with every post. Hence in SQL, a quarter of the
        ORM's time.
        """
        if connection.features.has_select_for_update:
            # By itself: a statement that waits for the row sees all others as they were before.
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1 FROM chat_room WHERE id = %s FOR UPDATE", [self.pk])
        query = f"""
            SELECT room.*, membership.user_id AS member, {IS_HELD} AS is_held,
                {filters.VERSION} AS filters_version
            FROM chat_room room
            JOIN chat_membership membership ON membership.room_id = room.id
            WHERE room.id = %s AND membership.user_id IN ({", ".join(["%s"] * len(people))})
        """  # noqa: S608
        rooms = list(Room.objects.raw(query, [self.pk, *people]))
        if len(rooms) < len(people):
            raise NotFound
        rooms[0].held = {room.member for room in rooms if room.is_held}
        return rooms[0]

    def have_notices_decided(self) -> None:
        """Ask for it once for all that is said until it is done: posting costs no more than that.

        A task that failed for good must not silence the room for ever: after a minute it is asked
        for again.
        """
        now = timezone.now()
        is_asked_for = (self.last_message_id or 0) > self.told_up_to
        if not is_asked_for or now - self.active_at > timedelta(minutes=1):
            later("decide_notices", self.pk, at=now + NOTICED_AFTER)

    def require_writable_by(self, author, membership: Membership | None) -> None:
        """Raises Archived, Muted, Locked, or NotAllowed where the other one does not want to hear
        from them. `membership` is theirs; who runs the site may have none.
        """
        if self.archived_at:
            raise Archived
        if membership:
            self.require_voice(membership)
        if self.is_direct:
            self.require_open_to(author)

    def message_to_reply_to(self, message_id: int | None) -> Message | None:
        """The visible message with that id; none for none. Raises NotFound."""
        if message_id is None:
            return None
        if original := self.messages.visible().with_author().filter(pk=message_id).first():
            return original
        raise NotFound(_("The message you reply to is not here any more."))

    def root_of_thread(self, message_id: int | None) -> Message | None:
        if message_id is None:
            return None
        # Also a deleted one, as long as something is said under it.
        there = Q(deleted_at=None) | Q(thread_count__gt=0)
        if root := self.messages.in_main().with_author().filter(there, pk=message_id).first():
            root.room = self
            return root
        raise NotFound(_("The message of this thread is not here any more."))

    def changes_since(self, revision: int) -> list[Message] | None:
        """Each message changed after `revision`, in its present state, in the order of change.

        None when that is more than a client should take in, or when `revision` is of a state that
        was given up for an older one; it then loads the room afresh.
        """
        if revision > self.revision or self.revision - revision >= self.TOO_FAR_BEHIND:
            return None
        changed = self.messages.filter(revision__gt=revision).order_by("revision").with_author()
        messages = list(changed[: Message.CHANGES_LIMIT + 1])
        length = sum(len(message.body) + len(message.html) for message in messages)
        if len(messages) > Message.CHANGES_LIMIT or length > Message.CHANGES_LENGTH:
            return None
        return messages
