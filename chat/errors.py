"""What a verb answers when it cannot do what was asked.

Every error has a `code` for programs and a `message` for people that says what to do. Socket,
page, admin and command show the same ones.
"""

import math

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext


class ChatError(Exception):
    code = "refused"
    message = _("That is not possible.")

    def __init__(self, message=None, *, retry_after: float | None = None):
        self.message = message or type(self).message
        self.retry_after = retry_after
        super().__init__(self.message)


class NotFound(ChatError):
    """Also the answer to what exists but may not be seen: for this person it does not exist."""

    code = "not_found"
    message = _("There is nothing here, or it is not yours to see.")


class NotAllowed(ChatError):
    code = "not_allowed"
    message = _("You may not do that here.")


class Muted(NotAllowed):
    """Until when, by whom and why is said where it is raised."""

    code = "muted"


class Banned(NotAllowed):
    code = "banned"


class Locked(NotAllowed):
    code = "locked"
    message = _("This room is locked for now: only who moderates it can write.")


class SignedOut(ChatError):
    code = "signed_out"
    message = _("You are signed out. Sign in to go on.")


class Invalid(ChatError):
    code = "invalid"
    message = _("That cannot be read. Reload the page and try again.")


class TooLong(ChatError):
    code = "too_long"


class Empty(ChatError):
    code = "empty"
    message = _("Write something first.")


class Filtered(ChatError):
    """What to change is said where it is raised."""

    code = "filtered"


class FromPrivate(ChatError):
    """To be asked of a person before what was said in private goes elsewhere."""

    code = "from_private"
    message = _("This was said in a private room. Forwarded, everybody in the other room reads it.")


class Archived(ChatError):
    code = "archived"
    message = _("This room is archived: it can be read, but nothing new can be written.")


class Taken(ChatError):
    code = "taken"


class TooFast(ChatError):
    """`retry_after`: seconds until the next try is worth it."""

    code = "too_fast"


class TooSoon(TooFast):
    """The room is in slow mode."""

    @classmethod
    def after(cls, wait: float) -> "TooSoon":
        seconds = max(1, math.ceil(wait))
        message = ngettext(
            "This room is in slow mode. You can write again in %(seconds)d second.",
            "This room is in slow mode. You can write again in %(seconds)d seconds.",
            seconds,
        )
        return cls(message % {"seconds": seconds}, retry_after=seconds)


class Unavailable(ChatError):
    code = "unavailable"
    message = _("The site cannot reach its database at the moment. Try again shortly.")
