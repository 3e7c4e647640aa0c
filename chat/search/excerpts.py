"""The piece of a text that shows what was found in it. Pure: gives text, never HTML."""

from collections.abc import Iterable
from typing import NamedTuple

from chat.search import words

LENGTH, BEFORE = 220, 60  # characters in all, and at most before the first that is marked

Phrase = tuple[str, ...]


class Part(NamedTuple):
    text: str
    is_marked: bool


def holds(text: str, phrase: Phrase) -> bool:
    return any(True for _ in words.places(words.units(text), phrase))


def excerpt(text: str, phrases: Iterable[Phrase]) -> list[Part]:
    """What stands around the first of `phrases` that is in the text; else how the text begins."""
    phrases = list(phrases)
    firsts = (next(words.places(words.units(text), phrase), None) for phrase in phrases)
    first = min((place for place in firsts if place), default=(0, 0))[0]
    start = _start_of_a_word(text, first)
    end = _end_of_a_word(text, start + LENGTH)
    parts = marked(text[start:end], phrases)
    before = [Part("…", False)] if start else []
    after = [Part("…", False)] if end < len(text) else []
    return [*before, *parts, *after]


def marked(text: str, phrases: Iterable[Phrase]) -> list[Part]:
    """All of `text`, cut where a mark begins or ends."""
    units = list(words.units(text))
    parts, at = [], 0
    for start, end in sorted(place for phrase in phrases for place in words.places(units, phrase)):
        if start > at:
            parts.append(Part(text[at:start], False))
        if end > at:
            parts.append(Part(text[max(at, start) : end], True))
            at = end
    if at < len(text):
        parts.append(Part(text[at:], False))
    return parts


def _start_of_a_word(text: str, first: int) -> int:
    if first <= BEFORE:
        return 0
    start = first - BEFORE
    near = words.units(text[start:first])
    # The first unit may be the rest of a word.
    next(near, None)
    return start + next((unit.start for unit in near), first - start)


def _end_of_a_word(text: str, end: int) -> int:
    if end >= len(text):
        return len(text)
    near = list(words.units(text[end - BEFORE : end + words.LONGEST]))
    return next((end - BEFORE + u.end for u in reversed(near) if u.end <= BEFORE), end)
