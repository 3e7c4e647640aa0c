"""Slack's short names of emoji. Most are GitHub's; many others are Unicode's, in small letters."""

import unicodedata
from functools import cache

from chat.markup import one_emoji
from chat.markup.emoji import named

LONGEST = 64  # characters
_TONES = {f"skin-tone-{number}": chr(0x1F3F9 + number) for number in range(2, 7)}
_AS_PICTURE = "\ufe0f"


@cache
def _plain(name: str) -> str | None:
    if name.startswith("flag-") and len(name) == 7 and name[5:].isascii() and name[5:].isalpha():
        return one_emoji("".join(chr(0x1F1E6 + ord(letter) - ord("a")) for letter in name[5:]))
    if sign := named(f":{name}:") or named(f":{name.replace('-', '_')}:"):
        return one_emoji(sign)
    try:
        return one_emoji(unicodedata.lookup(name.replace("_", " ")))
    except KeyError:
        return None


def sign_of(name: str) -> str | None:
    """The emoji called so, as in `+1` or `wave::skin-tone-3`; None for one of the workspace's own.

    A tone that the emoji does not come in is left out.
    """
    if len(name) > LONGEST:
        return None
    base, _, tone = name.partition("::")
    sign = _plain(base.lower())
    if sign is None or tone not in _TONES:
        return sign
    toned = sign[0] + _TONES[tone] + sign[1:].removeprefix(_AS_PICTURE)
    return one_emoji(toned) or sign
