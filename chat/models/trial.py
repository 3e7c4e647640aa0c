import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from chat import sieve
from chat.models.message import Message
from chat.models.moderation.filter import Filter

NEWEST = 10_000  # messages
LONGEST = 5.0  # seconds
SHOWN = 20
BEFORE, AFTER = 60, 160  # characters around what was caught
AT_ONCE = 500


@dataclass
class Example:
    """A message that would have been caught: `pieces` of what it said, and whether each is why."""

    message: Message
    pieces: list[tuple[str, bool]]


@dataclass
class Trial:
    """What a filter would have caught of what was said last, as far as its moderator may read it.

    It looks at the NEWEST, for at most LONGEST, and notes on the filter that it was tried.
    """

    looked: int = 0
    caught: int = 0
    is_cut: bool = False
    examples: list[Example] = field(default_factory=list)

    @classmethod
    def of(cls, tried: Filter, by) -> "Trial":
        trial = cls()
        shown: dict[int, list[tuple[str, bool]]] = {}
        ends_at = time.monotonic() + LONGEST
        for pk, said in _newest(tried, by):
            trial.looked += 1
            if tried.sieve.catches(said):
                trial.caught += 1
                if len(shown) < SHOWN:
                    shown[pk] = _pieces(said.text, tried.sieve.spans(said))
            if time.monotonic() > ends_at:
                trial.is_cut = True
                break
        messages = Message.objects.with_author().in_bulk(shown)
        trial.examples = [
            Example(messages[pk], pieces) for pk, pieces in shown.items() if pk in messages
        ]
        tried.note_trial(trial.looked, trial.caught)
        return trial


def _newest(tried: Filter, by) -> Iterator[tuple[int, sieve.Said]]:
    messages = Message.objects.open_to_moderator(by).visible().order_by("-pk")
    if tried.room_id:
        messages = messages.filter(room=tried.room_id)
    if tried.is_public_only:
        messages = messages.filter(room__kind="public")
    left, last = NEWEST, None
    while left > 0:
        older = messages if last is None else messages.filter(pk__lt=last)
        some = list(older[: min(AT_ONCE, left)].values_list("pk", "body", "html", "files", "poll"))
        if not some:
            return
        for pk, body, html, files, poll in some:
            yield pk, sieve.Said.of(body, html, sieve.more_of(files, poll))
        left, last = left - len(some), some[-1][0]


def _pieces(text: str, spans: list[tuple[int, int]]) -> list[tuple[str, bool]]:
    """The text around the first of `spans`, cut into what was caught and what was not."""
    if not spans:
        return [(text[:AFTER], False)]
    first = spans[0][0]
    at, end = max(0, first - BEFORE), min(len(text), first + AFTER)
    pieces = [("…", False)] if at else []
    for start, stop in spans:
        if start >= end:
            break
        pieces += [(text[at:start], False), (text[start : min(stop, end)], True)]
        at = min(stop, end)
    return [*pieces, (text[at:end], False), ("…" if end < len(text) else "", False)]
