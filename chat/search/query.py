"""What a person writes into the search field -> what is looked for. Pure.

tea "at five" from:alice in:general after:2026-03 has:file
"""

import re
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from chat.errors import Invalid
from chat.search import words

LONGEST = 200  # characters

# Chinese and Japanese keyboards write the colon and the quotation marks as wide as a character.
_PIECE = re.compile(
    r"(?:(?P<operator>from|in|before|after|has)[:：][^\S\n]*)?"
    r'(?:["“”„](?P<phrase>[^"“”„]*)["“”„]?|(?P<word>\S+))',
    re.IGNORECASE,
)
_DATE = re.compile(r"(\d{4})(?:[-/.](\d{1,2}))?(?:[-/.](\d{1,2}))?", re.ASCII)
# Away from the ends of the calendar, where there is no room for time zones.
_FIRST, _LAST = date(2, 1, 1), date(9998, 1, 1)


@dataclass
class Query:
    """`phrases`: runs of units that must stand in the text in this order, one of them or more."""

    phrases: list[tuple[str, ...]] = field(default_factory=list)
    terms: set[str] = field(default_factory=set)
    authors: list[str] = field(default_factory=list)
    rooms: list[str] = field(default_factory=list)
    since: date | None = None
    until: date | None = None  # the first day that is too late
    has_file: bool = False


def parse(text: str) -> Query:
    """Read what was written. Raises Invalid with what is wrong with an operator's value."""
    query = Query()
    for piece in _PIECE.finditer(text[:LONGEST]):
        value = piece["word"] if piece["phrase"] is None else piece["phrase"]
        match (piece["operator"] or "").lower():
            case "from":
                query.authors.append(value)
            case "in":
                query.rooms.append(value)
            case "before":
                query.until = min(query.until or date.max, _first_day(value))
            case "after":
                query.since = max(query.since or date.min, _first_day(value))
            case "has":
                _require_file(value)
                query.has_file = True
            case _:
                _look_for(query, value, is_phrase=piece["phrase"] is not None)
    if query == Query():
        raise Invalid(_("There is nothing to look for in that. Write a word."))
    return query


def _look_for(query: Query, value: str, *, is_phrase: bool) -> None:
    units = list(words.units(value))
    pairs = set(words.pairs(units))
    query.terms |= pairs | {unit.term for unit in units if not (pairs and unit.is_character)}
    phrases = [units] if is_phrase else _runs(units)
    query.phrases += [tuple(unit.term for unit in phrase) for phrase in phrases if phrase]


def _runs(units: list[words.Unit]) -> list[list[words.Unit]]:
    """Each word by itself, and characters of unspaced scripts as they stand together."""
    runs: list[list[words.Unit]] = []
    for unit in units:
        last = runs[-1][-1] if runs else None
        if last and unit.is_character and last.is_character and last.end == unit.start:
            runs[-1].append(unit)
        else:
            runs.append([unit])
    return runs


def _first_day(value: str) -> date:
    """The day, or the first of the month or year. Raises Invalid."""
    if match := _DATE.fullmatch(value):
        year, month, day = (int(part) if part else 1 for part in match.groups())
        with suppress(ValueError):
            return min(max(date(year, month, day), _FIRST), _LAST)
    raise Invalid(_("“%s” is not a date. Write it like 2026-03-14, 2026-03 or 2026.") % value)


def _require_file(value: str) -> None:
    if value.lower() not in {"file", "files"}:
        raise Invalid(_("After “has:” comes “file”, for messages with files."))
