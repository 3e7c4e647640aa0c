"""Lines: lists, quotes, headings, tables and fences, as people type them in a chat.

Python-Markdown wants blank lines between blocks, and exact indents. parse() writes a body the way
it wants it, and takes the fenced code out, so that code costs and risks nothing in the parsers.
"""

import re

from markdown import Markdown
from markdown.extensions import Extension
from markdown.extensions.nl2br import Nl2BrExtension
from markdown.extensions.sane_lists import SaneListExtension
from markdown.extensions.tables import TableExtension
from pymdownx.tasklist import TasklistExtension

from .code import Snippet, place

INDENT = 2  # of a list in a list, in what Python-Markdown gets
_MAX_LISTS = 6  # in each other

# A `>` that begins an emoticon such as >_< begins no quote.
_LINE = re.compile(
    r"((?:\s{0,3}>(?![.:;_^'=-])\s?)*+)(\s*+)((?:[-*+]|\d{1,3}\.)\s+(?=\S)(?![|:\s-]*\|))?(.*)"
)
_FENCE = re.compile(r"(`{3,}|~{3,})\s*([^`~]*)")
_HEADING = re.compile(r"(#{1,6})\s+(.+)")

# Each of these takes the parsers 0.05 ms at most; where there are few of them, length is cheap.
_COSTLY = re.compile(
    r"[*_~`\[\]\\|:@<>&\n\ufdd0]|//|---|(?:[-+#]|\d\.)\s|[wW](?=[wW]{2}\.)|[wW]{2}\."
)
_BUDGET = 500
_NESTED = re.compile(r"^(?:\s*+(?:>|(?:[-*+]|\d{1,3}\.)\s)){9}", re.MULTILINE)


def parse(body: str) -> tuple[str, list[Snippet]]:
    """Give the body in Python-Markdown's own manner, and the code that was fenced in it."""
    lines = _Lines(body)
    lines.read()
    return "\n".join(lines.out), lines.snippets


def effort_left(text: str) -> float:
    """Give how much of the effort that one body may cost the parsing of `text`, as parse() gave
    it, leaves: 1 all, 0 nothing; less than 0 if it must not be parsed.
    """
    if _NESTED.search(text):
        return -1
    return 1 - len(_COSTLY.findall(text)) / _BUDGET


class Blocks(Extension):
    """Lets Markdown(tab_length=INDENT) read the blocks that parse() writes, and no others."""

    def extendMarkdown(self, md: Markdown) -> None:
        for extension in (
            Nl2BrExtension(),
            SaneListExtension(),
            TableExtension(use_align_attribute=True),
            TasklistExtension(),
        ):
            extension.extendMarkdown(md)
        for name in ("normalize_whitespace", "html_block"):
            md.preprocessors.deregister(name)
        md.treeprocessors.deregister("prettify")
        parsers = md.parser.blockprocessors
        for name in ("code", "setextheader", "reference"):
            parsers.deregister(name)
        parsers["hashheader"].RE = re.compile(r"(?:^|\n)(?P<level>#{4,6}) (?P<header>.+)(?:\n|$)")
        parsers["quote"].RE = re.compile(r"(^|\n)>(?: |(?=\n|$))(.*)")
        parsers["olist"].RE = re.compile(r"^ ?\d{1,3}\. +(.*)")
        parsers["olist"].CHILD_RE = re.compile(r"^ ?((\d{1,3}\.)) +(.*)")


class _Lines:
    """Reads a body line by line, and writes it anew to `out`."""

    def __init__(self, body: str) -> None:
        self.lines = body.split("\n")
        self.at = 0
        self.out: list[str] = []
        self.snippets: list[Snippet] = []
        self.quotes = self.quotes_above = 0
        self.lists: list[tuple[int, bool]] = []  # that are open: indent, and whether numbered
        self.gap = True  # before the next line
        self.loose = False  # gaps in the present list

    def read(self) -> None:
        while self.at < len(self.lines):
            quote, indent, marker, rest = _LINE.findall(self.lines[self.at])[0]
            self.at += 1
            self.enter_quotes(quote.count(">"))
            width = len(indent.expandtabs(4))
            if marker and self.is_item(marker):
                self.item(width, marker.strip(), rest)
            elif marker or rest:
                self.text(width, marker + rest)
            else:
                self.gap = True

    def write(self, line: str) -> None:
        if self.gap and self.out:
            self.out.append("> " * min(self.quotes, self.quotes_above))
        self.out.append("> " * self.quotes + line)
        self.quotes_above = self.quotes
        self.gap = False

    def enter_quotes(self, quotes: int) -> None:
        """A quote ends with its last `>`: what stands below it in a chat is the answer."""
        if quotes != self.quotes:
            self.quotes = quotes
            self.lists.clear()
            self.gap = True

    def is_item(self, marker: str) -> bool:
        """As in CommonMark, a sentence that happens to go on with `14. ` is not a list."""
        return bool(self.lists) or self.gap or not marker[0].isdigit() or marker[:2] == "1."

    def item(self, width: int, marker: str, rest: str) -> None:
        numbered = marker[0].isdigit()
        self.loose |= self.gap
        self.gap = self.loose
        while len(self.lists) > 1 and width < self.lists[-1][0]:
            self.lists.pop()
        if not self.lists or (len(self.lists) == 1 and self.lists[0] == (width, not numbered)):
            self.lists = [(width, numbered)]
            self.gap, self.loose = True, False
        elif width >= self.lists[-1][0] + INDENT and len(self.lists) < _MAX_LISTS:
            self.lists.append((width, numbered))
        if fence := _FENCE.fullmatch(rest):
            rest = self.code(fence, width + len(marker) + 1)
        self.write(" " * INDENT * (len(self.lists) - 1) + f"{marker} {rest}")

    def text(self, width: int, text: str) -> None:
        fence, heading = _FENCE.fullmatch(text), _HEADING.match(text)
        if not width and (self.gap or heading):
            self.lists.clear()
        self.gap |= bool(fence) or self.is_table(text)
        self.loose |= self.gap
        pad = " " * INDENT * len(self.lists) if self.gap else ""
        if fence:
            self.write(pad + self.code(fence, width))
            self.gap = True
        elif heading and not self.lists:
            self.write(f"{'#' * min(len(heading[1]) + 3, 6)} {heading[2]}")
        else:
            self.write(pad + text)

    def is_table(self, text: str) -> bool:
        """Whether `text` is the head of a table, that is, whether a rule follows it."""
        rule = self.lines[self.at] if self.at < len(self.lines) else ""
        return "|" in text and "|" in rule and "-" in rule and not rule.strip("|:> -")

    def code(self, fence: re.Match[str], indent: int) -> str:
        """Take the lines down to the closing fence, or else to the end of the quote or body."""
        code = []
        for line in map(self.unquote, self.lines[self.at :]):
            if line is None:
                break
            self.at += 1
            bare = line.strip()
            if bare.startswith(fence[1]) and not bare.strip(fence[1][0]):
                break
            code.append(line[min(indent, len(line) - len(line.lstrip())) :])
        self.snippets.append(Snippet(language=fence[2], source="\n".join(code)))
        return place(len(self.snippets) - 1)

    def unquote(self, line: str) -> str | None:
        """Take the marks of the present quote off a line; None if the line is outside of it."""
        for _ in range(self.quotes):
            before, mark, line = line.partition(">")
            if before.strip() or not mark:
                return None
            line = line.removeprefix(" ")
        return line
