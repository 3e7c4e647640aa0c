"""A message -> its HTML fragment: one way, for page, history, broadcast and edit.

The fragment is the same bytes for every viewer, in every language and time zone. What depends on
the viewer is done in the browser, from data attributes.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC
from functools import lru_cache
from typing import Any

from django.template import Context
from django.template.engine import Engine
from django.utils import timezone, translation

KEPT = 4000  # fragments in memory, of 1-2 KB each: what is being read in some eighty rooms


@dataclass(frozen=True, slots=True)
class Look:
    """What a fragment depends on: where this is the same, so is the fragment.

    The message's own state is told by its revision, that of what it quotes by that one's.
    """

    ids: tuple
    author: tuple
    quoted: tuple | None
    message: Any = field(compare=False)

    @classmethod
    def of(cls, message) -> "Look":
        author, original = message.author, message.reply_to
        return cls(
            # With the room: where one became part of another, revisions are of that one's count.
            ids=(message.room_id, message.pk, message.revision),
            author=(author.pk, author.name, author.avatar.name, author.is_guest, author.is_bot),
            quoted=original
            and (original.room_id, original.pk, original.revision, original.author.name),
            message=message,
        )


def fragment(message) -> str:
    return fragments([message])


def fragments(messages: Iterable) -> str:
    """The fragments of `messages`, which come with their authors, one after the other.

    That of a message that was taken back is empty.
    """
    return "".join(_fragment(Look.of(one)) for one in messages if not one.taken_back_at)


@lru_cache(maxsize=KEPT)
def _fragment(look: Look) -> str:
    template = Engine.get_default().get_template("chat/_message.html")
    context = Context({"message": look.message, "author": look.message.author})
    with translation.override(None), timezone.override(UTC):
        return template.render(context)
