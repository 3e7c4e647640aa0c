"""Text -> the words it is found by, and where they stand. Pure.

A unit is a word, or one character of a script that is written without spaces between words. A text
is indexed by its units and by the pairs of such characters that stand together, so that Chinese and
Japanese words of two characters are looked up at once, and those of one as well.
"""

import re
import string
import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

LONGEST = 40  # characters of a word that are told apart; the rest of a longer one is not

# Thai to Lao, Myanmar, Khmer, then Han, kana, bopomofo and Hangul, also at half width; and emoji.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u3007\u3041-\u309f\u30a1-\u30fa"
    "\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af"
    "\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff\u2600-\u27bf\U0001f000-\U0001faff"
)
# Signs that Python's \w leaves out, though they are parts of words: accents that stand alone, the
# vowels of Hebrew and Arabic, and all of the scripts of India.
_MARKS = (
    "\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0970-\u0dff"
)
_UNIT = re.compile(f"[{_UNSPACED}][\u3099\u309a\uff9e\uff9f]?|(?:[^\\W_{_UNSPACED}]|[{_MARKS}])+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_ASCII_WORD = re.compile("[a-z0-9]+")

# What some letters fall into and no word may hold: the index takes it for the end of a word.
_BETWEEN_WORDS = dict.fromkeys(map(ord, string.punctuation + string.whitespace))
_ACCENTS = dict.fromkeys(range(0x300, 0x370))


class Unit(NamedTuple):
    start: int
    end: int
    term: str
    is_character: bool  # of a script without spaces


def units(text: str) -> Iterator[Unit]:
    """The units of `text` in order, each with its place."""
    for match in _UNIT.finditer(text):
        if term := fold(match[0]):
            is_character = _IS_UNSPACED.match(match[0]) is not None
            yield Unit(match.start(), match.end(), term, is_character)


def terms(text: str) -> set[str]:
    """Everything that `text` is to be found by."""
    if text.isascii():
        return set(map(fold, _ASCII_WORD.findall(text.lower())))
    found = list(units(text))
    return {unit.term for unit in found} | set(pairs(found))


def pairs(units: Iterable[Unit]) -> Iterator[str]:
    """Two by two the characters that stand together."""
    before = None
    for unit in units:
        if before and unit.is_character and before.is_character and before.end == unit.start:
            yield before.term + unit.term
        before = unit


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """The word as it is compared: without case, accents, width and an English plural's ending."""
    if not word.isascii():
        word = unicodedata.normalize("NFKD", word).casefold().translate(_ACCENTS | _BETWEEN_WORDS)
        return unicodedata.normalize("NFC", word)[:LONGEST]
    return _singular(word.lower())[:LONGEST]


def _singular(word: str) -> str:
    """`party` for `parties`, `box` for `boxes`: no dictionary, but the same way on both sides."""
    if len(word) < 4:
        return word
    if word[-1] == "s" and not word.endswith(("ss", "us", "is")):
        is_hissing = word.endswith(("xes", "sses", "shes", "nches", "rches", "tches"))
        word = word[:-2] if is_hissing else word[:-1]
    return word[:-2] + "y" if len(word) > 3 and word.endswith("ie") else word


def places(units: Iterable[Unit], phrase: tuple[str, ...]) -> Iterator[tuple[int, int]]:
    """Where the units of `phrase` follow each other: the first character, and the one after it."""
    last: deque[Unit] = deque(maxlen=len(phrase))
    for unit in units:
        last.append(unit)
        if unit.term == phrase[-1] and tuple(one.term for one in last) == phrase:
            yield last[0].start, unit.end
