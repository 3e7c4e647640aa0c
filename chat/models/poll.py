from datetime import datetime

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from chat.errors import Invalid, NotAllowed
from chat.markup import clean
from chat.models.tally import tally

LEAST, MOST = 2, 10  # choices
LENGTH = 100  # characters of one

NOTHING: dict = {"count": 0, "who": []}

# A poll lies in its message, which is all that is read to show it:
#   choices: [{text, count, who}], who being the ids of the first; voters: how many in all;
#   several: whether one may choose more than one; closes_at: ISO 8601, or None.


def new_poll(texts: list[str], several: bool = False, closes_at: datetime | None = None) -> dict:
    """What is asked, before anybody has voted. Raises Invalid."""
    choices = [clean(text).replace("\n", " ") for text in texts]
    if not LEAST <= len(choices) <= MOST or len(set(choices)) < len(choices) or "" in choices:
        raise Invalid(
            _("A poll has %(least)d to %(most)d choices, each different.")
            % {"least": LEAST, "most": MOST}
        )
    if max(map(len, choices)) > LENGTH:
        raise Invalid(_("A choice has at most %d characters.") % LENGTH)
    if closes_at and closes_at <= timezone.now():
        raise Invalid(_("A poll closes in the future, or when you close it."))
    return {
        "choices": [{"text": text, "count": 0, "who": []} for text in choices],
        "voters": 0,
        "several": several,
        "closes_at": closes_at.isoformat() if closes_at else None,
    }


def is_closed(poll: dict) -> bool:
    closes_at = poll["closes_at"]
    return closes_at is not None and datetime.fromisoformat(closes_at) <= timezone.now()


class Vote(models.Model):
    """One choice of one person in the poll of a message."""

    message = models.ForeignKey("chat.Message", models.CASCADE, related_name="votes")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="votes")
    choice = models.PositiveSmallIntegerField()

    class Meta:
        verbose_name = _("vote")
        verbose_name_plural = _("votes")
        constraints = [
            models.UniqueConstraint("message", "user", "choice", name="one_vote_per_choice"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.choice}"

    @classmethod
    def cast(cls, message, user, choices: list[int]) -> bool:
        """Let these be the choices of `user`, under the lock of the message's room; whether that
        changed anything. Raises Invalid or NotAllowed.
        """
        poll, wanted = message.poll, set(choices)
        if is_closed(poll):
            raise NotAllowed(_("This poll is closed."))
        if not wanted <= set(range(len(poll["choices"]))) or (
            len(wanted) > 1 and not poll["several"]
        ):
            raise Invalid
        mine = message.votes.filter(user=user)
        before = set(mine.values_list("choice", flat=True))
        mine.exclude(choice__in=wanted).delete()
        for choice in wanted - before:
            cls.objects.create(message=message, user=user, choice=choice)
        return before != wanted

    @classmethod
    def count(cls, message) -> dict:
        """The poll of `message` with its votes counted anew."""
        found = {one["key"]: one for one in tally(message.votes, "choice")}
        choices = [
            {"text": choice["text"]}
            | {key: found[at][key] if at in found else none for key, none in NOTHING.items()}
            for at, choice in enumerate(message.poll["choices"])
        ]
        voters = message.votes.values("user").distinct().count()
        return message.poll | {"choices": choices, "voters": voters}
