"""A message -> its HTML fragment: one way, for page, history, broadcast and edit.

The fragment is the same bytes for every viewer, in every language and time zone. What depends on
the viewer is done in the browser, from data attributes.
"""

from collections.abc import Iterable
from datetime import UTC

from django.template import Context
from django.template.engine import Engine
from django.utils import timezone, translation


def fragment(message) -> str:
    return fragments([message])


def fragments(messages: Iterable) -> str:
    """The fragments of `messages`, which come with their authors, one after the other."""
    template = Engine.get_default().get_template("chat/_message.html")
    with translation.override(None), timezone.override(UTC):
        return "".join(
            template.render(Context({"message": message, "author": message.author}))
            for message in messages
        )
