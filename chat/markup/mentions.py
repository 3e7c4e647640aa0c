"""Names behind an @: which a text may mean, and the links that they become.

A name may have spaces, be in any script and be followed by more text without a space, so a text
alone does not tell where it ends. What could be names is found here; whose they are is asked
elsewhere.
"""

import re
from collections.abc import Iterator, Mapping
from html import escape
from typing import NamedTuple

from accounts import names

# What names everybody in the room; nobody may be called so, see names.RESERVED.
EVERYONE = frozenset({"room", "所有人"})

MOST = 20  # times that an @ is looked at in one text
_LONGEST = 60  # characters of a name
_PARTS = 20  # words, signs, or letters of scripts that put no spaces between words

CJK = "\u0e00-\u0eff\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff"
AT = rf"(?<![^\W{CJK}]|[@/.])@(?=[^\s@])"
_AT = re.compile(AT)
_PART = re.compile(rf" ?(?:[{CJK}]|[^\W{CJK}]+|[^\w\s\x00-\x1f])")
_LINK = re.compile(r'<a class="mention" href="[^"]*" data-person="(\d+)"')
_PLACE = re.compile("\ufdd2(\\d+)\ufdd3")


class Mentioned(NamedTuple):
    """Who is meant; an `id` of 0 means everybody in the room."""

    id: int
    name: str
    url: str = ""


# By names.key() of each name as it was written.
People = Mapping[str, Mentioned]


def names_in(body: str) -> set[str]:
    """Everything in `body` that could be a name behind an @."""
    ats = [at.end() for at, _ in zip(_AT.finditer(body), range(MOST), strict=False)]
    return {name for end in ats for name in _beginnings(body, end)}


def longest(text: str, start: int, people: People) -> tuple[int, int] | None:
    """Where the longest name of `people` that begins at `start` ends, and who that is."""
    for name in _beginnings(text, start):
        if found := people.get(names.key(name)):
            return start + len(name), found.id
    return None


def _beginnings(text: str, start: int) -> Iterator[str]:
    """What may be a name there, the longest first."""
    ends, end = [], start
    for _ in range(_PARTS):
        part = _PART.match(text, end, start + _LONGEST)
        if part is None:
            break
        end = part.end()
        ends.append(end)
    return (text[start:end] for end in reversed(ends))


def place(person_id: int) -> str:
    """The mark that stands in the HTML for a mention while the parsers work on it."""
    return f"\ufdd2{person_id}\ufdd3"


def put_in(html: str, people: People) -> str:
    """Put the links in the places that place() marked, with the names that people have now."""
    by_id = {one.id: one for one in people.values()}
    return _PLACE.sub(lambda m: _link(by_id[int(m[1])]), html)


def _link(who: Mentioned) -> str:
    name = escape(who.name)
    if not who.id:
        return f'<b class="mention" data-everyone>@{name}</b>'
    return f'<a class="mention" href="{who.url}" data-person="{who.id}" data-card>@{name}</a>'


def mentioned(html: str) -> list[int]:
    """The ids of those whom `html`, as put_in() gave it, mentions; 0 for everybody in the room."""
    # In all that people write a < is escaped, also within attributes: nobody can forge these.
    everyone = [0] if '<b class="mention" data-everyone>' in html else []
    return everyone + list(dict.fromkeys(map(int, _LINK.findall(html))))
