import secrets
import zoneinfo
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cache

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.models import AbstractUser, UserManager
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import IntegrityError, models, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts import addresses, avatars, names
from chat import broadcasts, limits
from chat.errors import Invalid, Taken

available_time_zones = cache(zoneinfo.available_timezones)


def city_of(zone: str) -> str:
    """`Shanghai` for `Asia/Shanghai`."""
    return zone.rpartition("/")[2].replace("_", " ")


def validate_time_zone(name: str) -> None:
    if name not in available_time_zones():
        raise ValidationError(_("There is no time zone called “%(name)s”."), params={"name": name})


# What the keys of the names are made from.
NAMED_BY = {"username", "display_name", "is_active"}
KEYS = ("name_key", "name_look", "username_key", "username_look")
_TAKEN = _("“%s” is taken, or looks too much like somebody's name. Choose another.")


class PeopleQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: "User") -> "PeopleQuerySet":
        """The people who exist for `user`: who is in their rooms or wrote there, and themselves.

        And, unless they are a guest, the same of all public rooms, which they may read.
        """
        rooms = Q(room__in=user.rooms.values("pk"))
        if not user.is_guest:
            rooms |= Q(room__kind="public")
        is_in = user.memberships.model.objects.filter(rooms, user=OuterRef("pk"))
        wrote = user.messages.model.objects.filter(rooms, author=OuterRef("pk"))
        return self.filter(Q(pk=user.pk) | Exists(is_in) | Exists(wrote))

    def open_to(self, sender: "User", or_else=None) -> "PeopleQuerySet":
        """Whom `sender` may write to directly: as they have set it, or where `or_else` holds.

        Nobody who has left, and nobody with a block between them, in whichever direction. A guest
        writes only to people of their rooms.
        """
        rooms = sender.rooms.exclude(kind="direct").values("pk")
        near = sender.memberships.model.objects.filter(room__in=rooms, user=OuterRef("pk"))
        hears = Q(hears_from=User.HearsFrom.EVERYONE)
        if sender.is_guest:
            hears &= Q(Exists(near))
        hears |= Q(Exists(near), hears_from=User.HearsFrom.NEAR)
        if or_else is not None:
            hears |= Q(or_else)
        blocks = sender.blocks.model.objects
        return self.filter(
            hears,
            ~Exists(blocks.filter(blocker=sender, blocked=OuterRef("pk"))),
            ~Exists(blocks.filter(blocker=OuterRef("pk"), blocked=sender)),
            is_active=True,
        )

    def named_like(self, name: str) -> "PeopleQuerySet":
        """Whoever goes by a name that could be taken for this one."""
        alike = names.likeness(name)
        if alike is None:
            return self.none()
        return self.filter(
            Q(name_key=alike.letters)
            | Q(name_look=alike.look)
            | Q(username_key=alike.letters)
            | Q(username_look=alike.look),
            is_active=True,
        )

    def note_activity(self, by: "User") -> None:
        """Mark that `by` did something meant for these people, but for those who blocked them.

        One by one: two posts that name the same people in another order must not wait for each
        other.
        """
        meant = self.exclude(pk=by.pk).exclude(blocks__blocked=by.pk).order_by("pk")
        for pk in list(meant.values_list("pk", flat=True)):
            User.objects.filter(pk=pk).update(activity_at=timezone.now())
            broadcasts.activity(pk, unread=True)

    def departed_guests(self) -> "PeopleQuerySet":
        """Guests without a session that lives, who are not let go of yet."""
        alive = Session.objects.filter(pk=OuterRef("session_key"), expire_date__gt=timezone.now())
        signed_in = UserSession.objects.filter(Exists(alive), user=OuterRef("pk"))
        # Who is just entering has a row a moment before a session.
        settled = timezone.now() - timedelta(minutes=5)
        guests = self.filter(is_guest=True, is_active=True, date_joined__lt=settled)
        return guests.filter(~Exists(signed_in))

    def expire_guests(self, at_most: int = 20) -> int:
        """Let go of guests without a session that lives; how many there were.

        Their nicknames are free again; what they wrote stays under the old ones.
        """
        gone = list(self.departed_guests()[:at_most])
        for guest in gone:
            guest.deactivate()
        return len(gone)

    def forgettable_guests(self) -> "PeopleQuerySet":
        """Guests who left, and of whom nothing is here that others see or decided about."""
        nothing = dict.fromkeys(("messages", "attachments", "memberships", "restraints"))
        nothing |= dict.fromkeys(("reports", "reports_about", "decisions", "reactions", "votes"))
        nothing |= {"held_messages": None}
        return self.filter(is_guest=True, is_active=False, **nothing)

    def forget_guests(self, at_most: int = 100) -> int:
        """Delete those of forgettable_guests(), some at a time; how many there were."""
        ids = list(self.forgettable_guests().values_list("pk", flat=True)[:at_most])
        self.filter(pk__in=ids).delete()
        return len(ids)


class PeopleManager(UserManager.from_queryset(PeopleQuerySet)):  # type: ignore[misc]
    def signed_in(self, user_id: int, session_key: str) -> "User | None":
        """The active person, as long as that session of theirs has neither ended nor expired.

        Asked before every frame of every socket. Hence in SQL, an eighth of the ORM's time.
        """
        query = """
            SELECT person.* FROM accounts_user person
            JOIN django_session session ON session.session_key = %s AND session.expire_date > %s
            WHERE person.id = %s AND person.is_active
        """
        return next(iter(self.raw(query, [session_key, timezone.now(), user_id])), None)

    def enter_as_guest(self, nickname: str, address: str | None = None) -> "User":
        """A new guest called `nickname`, who came from that IP address. Raises Invalid or Taken."""
        guest = User(
            username=f"guest-{secrets.token_hex(8)}",
            is_guest=True,
            hears_from=User.HearsFrom.NEAR,
            address_key=addresses.fingerprint(address) if address else "",
            address_mask=addresses.masked(address) if address else "",
        )
        guest.set_unusable_password()
        guest.display_name = User.usable_name(nickname)
        guest.save_under_its_name()
        return guest

    def stand_in(self, name: str, *, is_bot: bool = False, is_guest: bool = False) -> "User":
        """Somebody new who cannot sign in, called `name` if people can be called so. For what was
        said elsewhere; whose names look like theirs does not matter.
        """
        username = f"imported-{secrets.token_hex(8)}"
        person = User(username=username, is_active=False, is_bot=is_bot, is_guest=is_guest)
        person.set_unusable_password()
        with suppress(Invalid):
            person.display_name = User.usable_name(names.clean(name)[: User.NAME_LENGTH])
        person.save()
        return person


class User(AbstractUser):
    """A person, a guest or a bot. What others see of them is `name` and `avatar_url`."""

    class Theme(models.TextChoices):
        SYSTEM = "system", _("As the system")
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class HearsFrom(models.TextChoices):
        EVERYONE = "everyone", _("Everyone")
        NEAR = "near", _("People I share a room with")
        NOBODY = "nobody", _("Nobody")

    NAME_LENGTH = 60
    GUEST_SESSION = timedelta(hours=24)

    email = models.EmailField(_("e-mail address"), blank=True)
    display_name = models.CharField(_("display name"), max_length=NAME_LENGTH, blank=True)
    # What the name in use is compared by, see names.likeness(); null for who has left.
    name_key = models.CharField(max_length=255, null=True, unique=True, editable=False)  # noqa: DJ001
    name_look = models.CharField(max_length=255, null=True, unique=True, editable=False)  # noqa: DJ001
    # The same of the username, which may be another one. Not unique: those of before may be alike.
    username_key = models.CharField(max_length=255, null=True, editable=False)  # noqa: DJ001
    username_look = models.CharField(max_length=255, null=True, editable=False)  # noqa: DJ001
    about = models.CharField(_("about"), max_length=300, blank=True)
    avatar = models.FileField(_("picture"), upload_to="avatars/", blank=True)
    is_guest = models.BooleanField(_("guest"), default=False)
    is_bot = models.BooleanField(_("bot"), default=False)
    # Of a guest, where they came from: see accounts.addresses. The address itself is not kept.
    address_key = models.CharField(max_length=32, blank=True, editable=False)
    address_mask = models.CharField(max_length=20, blank=True, editable=False)
    language = models.CharField(
        _("language"), max_length=10, blank=True, choices=settings.LANGUAGES
    )
    time_zone = models.CharField(
        _("time zone"), max_length=64, blank=True, validators=[validate_time_zone]
    )
    hears_from = models.CharField(
        _("who may write to me"), max_length=10, choices=HearsFrom, default=HearsFrom.EVERYONE
    )
    # When somebody last named them or put an emoji to what they said, and when they last looked.
    activity_at = models.DateTimeField(default=timezone.now, editable=False)
    activity_seen_at = models.DateTimeField(default=timezone.now, editable=False)
    theme = models.CharField(_("theme"), max_length=10, choices=Theme, default=Theme.SYSTEM)

    objects = PeopleManager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        permissions = [("suspend_user", _("Can suspend people"))]
        constraints = [
            models.UniqueConstraint(Lower("username"), name="usernames_differ_by_more_than_case"),
        ]
        indexes = [
            models.Index(
                "date_joined", condition=Q(is_guest=True, is_active=True), name="guests_here"
            ),
            models.Index(fields=["username_key"], name="people_by_username"),
            models.Index(fields=["username_look"], name="people_by_look_of_username"),
        ]

    def __str__(self) -> str:
        return self.name

    # How others see them ---------------------------------------------------------------------

    @property
    def name(self) -> str:
        return self.display_name or self.username

    @property
    def avatar_url(self) -> str:
        if self.avatar:
            return self.avatar.url
        return avatars.generated_url(self.name, hue=self.hue)

    @property
    def hue(self) -> int:
        """One of 24 steps of the colour circle, the same for a person for ever."""
        return self.pk * 7 % 24

    @property
    def local_time(self) -> datetime | None:
        """The time where they are, when they said where that is."""
        return (
            timezone.localtime(timezone=zoneinfo.ZoneInfo(self.time_zone))
            if self.time_zone
            else None
        )

    @property
    def zone_name(self) -> str:
        return city_of(self.time_zone)

    @property
    def has_new_activity(self) -> bool:
        return self.activity_at > self.activity_seen_at

    def see_activity(self) -> None:
        """They have seen what others did that was meant for them, as far as this object knows."""
        if self.has_new_activity:
            # What came meanwhile they have not seen.
            known = User.objects.filter(pk=self.pk, activity_at=self.activity_at)
            if known.update(activity_seen_at=timezone.now()):
                transaction.on_commit(lambda: broadcasts.activity(self.pk, unread=False))

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name

    def clean(self) -> None:
        """For the admin's form, which saves by itself."""
        super().clean()
        try:
            self.require_free_names()
        except Taken as error:
            raise ValidationError(error.message) from error

    # Names -----------------------------------------------------------------------------------

    @classmethod
    def usable_name(cls, name: str) -> str:
        """The name as it will be shown. Raises Invalid with what is wrong with it."""
        name = names.clean(name)
        if not names.likeness(name):
            raise Invalid(_("A name needs at least one letter or digit."))
        if len(name) > cls.NAME_LENGTH:
            raise Invalid(_("A name has at most %d characters.") % cls.NAME_LENGTH)
        if names.is_reserved(name):
            raise Invalid(_("“%s” is kept for the site itself. Choose another name.") % name)
        return name

    @staticmethod
    def require_free_name(name: str, me: "User | None" = None) -> None:
        """Raises Taken when somebody else's name could be taken for this one."""
        others = User.objects.exclude(pk=me.pk) if me and me.pk else User.objects.all()
        if others.named_like(name).exists():
            raise Taken(_TAKEN % name)

    def require_free_names(self) -> None:
        """Raises Taken where their name or username is new and could be taken for somebody's."""
        if names.likeness(self.name) != (self.name_key, self.name_look):
            self.require_free_name(self.name, self)
        if names.likeness(self.username) != (self.username_key, self.username_look):
            self.require_free_name(self.username, self)

    @classmethod
    def free_name(cls, *wishes: str) -> str:
        """A name that nobody's looks like: the first wish, or one with a number; at worst ""."""
        for wish in filter(None, wishes):
            for name in (wish, *(f"{wish[:50]} {number}" for number in range(2, 10))):
                try:
                    name = cls.usable_name(name)
                    cls.require_free_name(name)
                except (Invalid, Taken):
                    continue
                return name
        return ""

    def save_under_its_name(self, update_fields=None) -> None:
        """Save. Raises Taken when somebody's name looks like this one, also if they just came."""
        self.require_free_names()
        try:
            with transaction.atomic():
                self.save(update_fields=update_fields)
        except IntegrityError:
            raise Taken(_TAKEN % self.name) from None

    def save(self, *args, update_fields=None, **kwargs) -> None:
        """As ever; the names' keys go along, and a new password ends all sessions."""
        alike = self.is_active and names.likeness(self.name)
        self.name_key, self.name_look = alike or (None, None)
        alike = self.is_active and names.likeness(self.username)
        self.username_key, self.username_look = alike or (None, None)
        if update_fields is not None and NAMED_BY & {*update_fields}:
            update_fields = {*update_fields, *KEYS}
        # Django keeps the raw password here from set_password() until it is saved.
        has_new_password = getattr(self, "_password", None) is not None and not self._state.adding
        with transaction.atomic():
            super().save(*args, update_fields=update_fields, **kwargs)
            if has_new_password:
                self.sign_out_everywhere()

    # Profile ---------------------------------------------------------------------------------

    def edit_profile(self, *, display_name: str, **about) -> None:
        """Change name, `about`, `language`, `time_zone`, `theme`.

        Raises Invalid, Taken or TooFast.
        """
        limits.spend("profile", self.pk)
        old_name, name = self.name, names.clean(display_name)
        self.display_name = name and (name if name == old_name else self.usable_name(name))
        for field, value in about.items():
            setattr(self, field, value)
        self.save_under_its_name(["display_name", *about])
        if self.name != old_name:
            self.tell_of_change()

    def take_avatar(self, data: bytes) -> None:
        """Be seen with this picture. Raises TooFast, and as avatars.reencode() does."""
        limits.spend("profile", self.pk)
        self._change_avatar(
            ContentFile(avatars.reencode(data), f"{secrets.token_urlsafe(16)}.webp")
        )

    def drop_avatar(self) -> None:
        """Be seen with the generated picture again."""
        self._change_avatar("")

    def _change_avatar(self, picture: ContentFile | str) -> None:
        old = self.avatar.name
        with transaction.atomic():
            self.avatar = picture
            self.save(update_fields=["avatar"])
            self.tell_of_change()
            if old:
                transaction.on_commit(lambda: default_storage.delete(old))

    def tell_of_change(self) -> None:
        """Have cached pages made anew, and open ones told, wherever this person is seen."""
        rooms = list(self.rooms.values_list("pk", flat=True))
        wrote = self.messages.values("room")
        self.rooms.model.objects.filter(Q(pk__in=rooms) | Q(pk__in=wrote)).update(
            people_version=F("people_version") + 1
        )
        transaction.on_commit(lambda: broadcasts.person_changed(self, rooms))

    def hear_from(self, hears_from: str) -> None:
        """Be written to directly by these, one of HearsFrom."""
        self.hears_from = hears_from
        self.save(update_fields=["hears_from"])

    # Coming and going ------------------------------------------------------------------------

    def deactivate(self) -> None:
        """Let them in no more. What they wrote stays, their name is free for others."""
        self.is_active = False
        with transaction.atomic():
            self.save(update_fields=["is_active"])
            self.sign_out_everywhere()
            if self.is_guest:  # who does not come back, and is no member of anything
                for room in self.rooms.all():
                    room.leave(self)

    def reactivate(self) -> None:
        """Let them in again. Raises Taken when somebody has their name by now."""
        self.is_active = True
        try:
            self.save_under_its_name(["is_active"])
        except Taken:
            self.is_active = False
            raise

    def sign_out_everywhere(self) -> None:
        """End all sessions, and with them all sockets."""
        keys = UserSession.objects.filter(user=self).values("session_key")
        Session.objects.filter(pk__in=list(keys.values_list("session_key", flat=True))).delete()
        transaction.on_commit(lambda: broadcasts.signed_out(self))
