"""Fenced code: its place in the text while the rest is parsed, and its colours afterwards.

Coloured code does not pass through bleach, which needs 20 us for each of thousands of spans: all
that is in it is written here and by Pygments, which escapes the source and knows only its classes.
"""

import re
from functools import cache
from html import escape
from itertools import islice
from typing import NamedTuple

from pygments import format
from pygments.formatters import HtmlFormatter
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

# Pygments knows 500 languages, with lexers of all degrees of care. These are the common ones, and
# measured against hostile code; any other is shown without colours.
LANGUAGES = frozenset({
    "bash", "c", "c#", "c++", "console", "cpp", "cs", "csharp", "css", "dart", "diff", "docker",
    "dockerfile", "elixir", "ex", "go", "golang", "haskell", "hs", "html", "ini", "java",
    "javascript", "js", "json", "jsx", "kotlin", "lua", "make", "makefile", "nginx", "objc",
    "perl", "php", "pl", "powershell", "ps1", "py", "pycon", "python", "r", "rb", "rs", "ruby",
    "rust", "scala", "sh", "shell", "sql", "swift", "toml", "ts", "tsx", "typescript", "xml",
    "yaml", "yml", "zsh",
})  # fmt: skip
SLOW = frozenset({"c#", "cs", "csharp", "go", "golang", "java", "perl", "pl", "r"})

# What is coloured of the code in one body. Real code has a token in three to five characters.
_CHARACTERS = 4_000  # in languages of SLOW, whose lexers are quadratic, a fifth of it
_TOKENS = 1_200
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


def put_back(html: str, snippets: list[Snippet], effort: float) -> str:
    """Put the snippets into HTML in the places that place() marked, in as many colours as an
    effort of 0 (none) to 1 allows.
    """
    colours = _Colours(effort)
    blocks = [f'<pre class="code"><code>{colours.paint(*s)}</code></pre>' for s in snippets]
    return _PLACE.sub(lambda m: blocks[int(m[1] or m[2])], html)


class _Colours:
    """The colours for one body, which are limited."""

    def __init__(self, effort: float) -> None:
        self.characters = int(_CHARACTERS * effort)
        self.tokens = int(_TOKENS * effort)

    def paint(self, info: str, source: str) -> str:
        """Give the source as HTML, in colours as far as they go."""
        language = info.split(None, 1)[0].lower() if info else ""
        self.characters -= len(source) * (5 if language in SLOW else 1)
        if self.characters < 0 or language not in LANGUAGES or _UNLIKELY.search(source):
            return escape(source, quote=False)
        tokens = list(islice(_lexer(language).get_tokens(source), self.tokens))
        self.tokens -= len(tokens)
        painted = "".join(text for _, text in tokens)
        html = format(tokens, _FORMATTER)
        if not painted.endswith("\n"):
            html = html.removesuffix("\n")
        return html + escape(source.removeprefix(painted), quote=False)


@cache
def _lexer(language: str) -> Lexer:
    return get_lexer_by_name(language, stripnl=False, ensurenl=False)
