"""Fenced code: its place in the text while the rest is parsed, and its colours afterwards.

Coloured code does not pass through bleach, which needs 20 us for each of thousands of spans: all
that is in it is written here and by Pygments, which escapes the source and knows only its classes.
"""

import re
from functools import cache
from html import escape
from typing import NamedTuple

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

# Pygments knows 500 languages, with lexers of all degrees of care. These are the common ones, and
# measured against hostile code; any other is shown without colours.
LANGUAGES = frozenset(
    """bash c c# c++ console cpp cs csharp css dart diff docker dockerfile elixir ex go golang
    haskell hs html ini java javascript js json jsx kotlin lua make makefile nginx objc perl php
    pl powershell ps1 py pycon python r rb rs ruby rust scala sh shell sql swift toml ts tsx
    typescript xml yaml yml zsh""".split()
)
_COLOURED = 4_000  # characters of code in one body; what comes after them stays uncoloured
# Many lexers are quadratic in the length of a line or in the number of blank lines.
_UNLIKELY = re.compile(r".{161}|\n{4}")

_PLACE = re.compile("<p>\ufdd0(\\d+)\ufdd1</p>|\ufdd0(\\d+)\ufdd1")
_FORMATTER = HtmlFormatter(nowrap=True)


class Snippet(NamedTuple):
    language: str  # what stands behind the fence
    source: str


def place(number: int) -> str:
    """The mark that stands in the text for the snippet of that number, alone in its paragraph."""
    return f"\ufdd0{number}\ufdd1"


def put_back(html: str, snippets: list[Snippet]) -> str:
    """Put the snippets, coloured, into HTML in the places that place() marked."""
    left = _COLOURED
    blocks = []
    for language, source in snippets:
        left -= len(source)
        lexer = _lexer(language) if left >= 0 and not _UNLIKELY.search(source) else None
        code = _coloured(source, lexer) if lexer else escape(source, quote=False)
        blocks.append(f'<pre class="code"><code>{code}</code></pre>')
    return _PLACE.sub(lambda m: blocks[int(m[1] or m[2])], html)


def _lexer(info: str) -> Lexer | None:
    language = info.split(None, 1)[0].lower() if info else ""
    return _lexer_named(language) if language in LANGUAGES else None


@cache
def _lexer_named(language: str) -> Lexer:
    return get_lexer_by_name(language, stripnl=False, ensurenl=False)


def _coloured(source: str, lexer: Lexer) -> str:
    return highlight(source, lexer, _FORMATTER).removesuffix("\n")
