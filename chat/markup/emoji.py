"""Emoji: their names, and the bodies that are nothing else."""

import re
from functools import cache
from typing import Any

from pymdownx import gemoji_db

_LONGEST = 150  # characters: three families with skin tones, or three names
_AS_PICTURE = "\ufe0f"  # asks for a picture where a sign is also a letter; some leave it out
_NAME = re.compile(r":[+\-\w]+:")


def named(name: str) -> str | None:
    """The emoji called `:name:`, or None."""
    entry = gemoji_db.emoji.get(gemoji_db.aliases.get(name, name))
    if entry is None:
        return None
    return _sign(entry)


def _sign(entry: dict[str, str]) -> str:
    return "".join(chr(int(c, 16)) for c in entry.get("unicode_alt", entry["unicode"]).split("-"))


def is_only_emoji(body: str) -> bool:
    """Whether a body is one to three emoji (or names of them) and nothing else."""
    if len(body) > _LONGEST:
        return False
    return _few_emoji().fullmatch(_NAME.sub(lambda m: named(m[0]) or m[0], body)) is not None


def one(text: str) -> str | None:
    """The emoji that `text` is, written as it is kept; None for anything that is not one emoji."""
    return _all().get(text.replace(_AS_PICTURE, ""))


def index(options: dict[str, Any], md: object) -> dict[str, Any]:
    """GitHub's names, for pymdownx.emoji; shared by all threads, where its own makes copies."""
    return {"name": gemoji_db.name, "emoji": gemoji_db.emoji, "aliases": gemoji_db.aliases}


def as_text(index, shortname, alias, uc, alt, title, category, options, md) -> str:
    """Give the character itself, for pymdownx.emoji: no picture from anybody's server."""
    return alt


@cache
def _all() -> dict[str, str]:
    """Every emoji that is kept, in all skin tones, by its form without variation selectors."""
    # Four times as large as GitHub's list, so not in the memory of a site where nobody reacts.
    from pymdownx import twemoji_db

    entries = [*twemoji_db.emoji.values(), *gemoji_db.emoji.values()]
    signs = [_sign(entry) for entry in entries if "unicode" in entry]
    return {sign.replace(_AS_PICTURE, ""): sign for sign in signs}


@cache
def _few_emoji() -> re.Pattern[str]:
    # UTS #51: a flag, a keycap, a flag made of tags (Wales), or pictures, with skin tones, joined.
    pictures = "".join(chr(point) for point in sorted(_points()) if _is_picture(point))
    picture = f"[{pictures}]\ufe0f?[\U0001f3fb-\U0001f3ff]?"
    one = (
        "[\U0001f1e6-\U0001f1ff]{2}|[0-9#*]\ufe0f?\u20e3"
        "|\U0001f3f4[\U000e0020-\U000e007e]{2,7}\U000e007f"
        f"|{picture}(?:\u200d{picture})*+"
    )
    return re.compile(rf"\s*(?:(?:{one})\s*){{1,3}}")


def _points() -> set[int]:
    return {int(c, 16) for e in gemoji_db.emoji.values() for c in e["unicode"].split("-")}


def _is_picture(point: int) -> bool:
    parts = point == 0x20E3 or 0x1F1E6 <= point <= 0x1F1FF or 0x1F3FB <= point <= 0x1F3FF
    return 0x203C <= point < 0xE0000 and not parts
