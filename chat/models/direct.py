import secrets
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib.auth import get_user_model
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext

from chat import broadcasts, limits
from chat.errors import NotAllowed
from chat.models.membership import Membership

if TYPE_CHECKING:
    from chat.models.room import Room


class Direct:
    """The facet of Room that is a conversation of a few people.

    It has no name, nobody runs it and nobody joins or leaves it: it is the set of its people, which
    is unique in the database. One may hide it; the next message brings it back.
    """

    MOST_PEOPLE = 10  # oneself included

    pk: Any
    kind: str
    name: str
    people_key: str | None
    messages: Any
    memberships: Any

    others: list  # everybody but the viewer, see seen_by()

    @property
    def is_direct(self) -> bool:
        return self.kind == "direct"

    @property
    def is_notes(self) -> bool:
        """Whether nobody else is in it; once it is seen_by() somebody."""
        return self.is_direct and not self.others

    # What it is called --------------------------------------------------------------------------

    def seen_by(self, viewer) -> "Room":
        """This room, with `others` and so `title` as they are for `viewer`."""
        return self.introduce([self], viewer)[0]

    @classmethod
    def introduce(cls, rooms: Iterable, viewer) -> "list[Room]":
        """These rooms, each seen_by() `viewer`, with one query for all."""
        rooms = list(rooms)
        # By id, as one room may be among them several times.
        others: dict[int, list] = {room.pk: [] for room in rooms if room.is_direct}
        if others:
            found = Membership.objects.filter(room__in=others).exclude(user=viewer.pk)
            for membership in found.select_related("user").order_by("pk"):
                others[membership.room_id].append(membership.user)
        for room in rooms:
            if room.is_direct:
                room.others = others[room.pk]
        return rooms

    @property
    def title(self) -> str:
        """The name, or what the conversation is called for who it is seen_by()."""
        if not self.is_direct:
            return self.name
        if self.is_notes:
            return str(_("Your notes"))
        return pgettext("between names", ", ").join(person.name for person in self.others)

    # Beginning one ------------------------------------------------------------------------------

    @classmethod
    def between(cls, by, people: Iterable) -> "Room":
        """The conversation of `by` with `people`, found or made; with nobody, notes to oneself.

        Two who begin one at the same moment meet in the same. The others see it in their lists
        from its first message on. Raises NotAllowed, or TooFast.
        """
        everybody = {person.pk: person for person in (by, *people)}
        if len(everybody) > cls.MOST_PEOPLE:
            raise NotAllowed(
                _("At most %d people can be in one conversation. Make a room for more.")
                % cls.MOST_PEOPLE
            )
        key = cls.key_of(everybody)
        rooms = cls.objects  # type: ignore[attr-defined]
        room = rooms.filter(people_key=key).first()
        if room is None:
            cls._require_welcome(by, everybody.keys() - {by.pk})
            limits.spend("conversation", by.pk)
            about = {
                "kind": "direct",
                "slug": f"direct-{secrets.token_hex(8)}",
                "created_by": by,
                "members_count": len(everybody),
            }
            with transaction.atomic():
                room, is_new = rooms.get_or_create(people_key=key, defaults=about)
                for person in everybody.values() if is_new else ():
                    room.memberships.create(user=person, is_hidden=True)
                    transaction.on_commit(partial(broadcasts.delivery_began, room, person))
        room.bring_back([by])
        return room

    @staticmethod
    def key_of(ids: Iterable[int]) -> str:
        """The same for the same set of people, and for no other."""
        return "-".join(map(str, sorted(ids)))

    @staticmethod
    def _require_welcome(by, ids: Iterable[int], **or_else) -> None:
        """Raises NotAllowed unless all these people may be written to by `by`, or are `or_else`.

        The words are the same whether they blocked `by` or hear from nobody.
        """
        people = get_user_model().objects.filter(pk__in=ids)
        welcoming = people.open_to(by, **or_else)
        refusing = people.exclude(pk__in=welcoming.values("pk")).order_by("pk").first()
        if refusing is None:
            return
        if by.blocks.filter(blocked=refusing).exists():
            raise NotAllowed(
                _("You have blocked %s. Take that back first, in your profile.") % refusing.name
            )
        raise NotAllowed(_("%s cannot be written to directly.") % refusing.name)

    def require_open_to(self, author) -> None:
        """Raises NotAllowed where the only other one does not want to hear from `author`.

        Whoever has written here themselves is answered, whatever they have set; not after a block.
        """
        ids = {int(pk) for pk in (self.people_key or "").split("-") if pk}
        if len(ids) == 2 and author.pk in ids:
            wrote = self.messages.filter(author=OuterRef("pk"))
            self._require_welcome(author, ids - {author.pk}, or_else=Exists(wrote))

    # Hiding it, and coming back -----------------------------------------------------------------

    def hide_from(self, user) -> None:
        """Take the conversation off `user`'s list until the next message."""
        if self.memberships.filter(user=user, is_hidden=False).update(is_hidden=True):
            transaction.on_commit(partial(broadcasts.room_hidden, self, user))

    def bring_back(self, users=None) -> None:
        """Put it on the lists of `users`, or of everybody in it, who do not have it there."""
        hidden = self.memberships.filter(is_hidden=True).select_related("user")
        if users is not None:
            hidden = hidden.filter(user__in=users)
        people = [membership.user for membership in hidden]
        if people:
            hidden.update(is_hidden=False)
        for person in people:
            transaction.on_commit(partial(broadcasts.room_listed, self, person))
