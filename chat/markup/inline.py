"""Spans: emphasis, code, links and emoji within a line."""

import re
from xml.etree import ElementTree

from markdown import Markdown
from markdown.extensions import Extension
from markdown.inlinepatterns import InlineProcessor
from markdown.util import AtomicString
from pymdownx.emoji import EmojiExtension
from pymdownx.magiclink import MagiclinkAutoPattern, MagiclinkMailPattern

from . import emoji, mentions

Span = tuple[ElementTree.Element | None, int | None, int | None]

# Scripts that need no spaces: emphasis begins and ends within what \w takes for one word.
_CJK = mentions.CJK
_LETTER = rf"[^\W_{_CJK}]"

_CODE = r"(?<![\\`])(`+)(?!`)(.+?)(?<!`)\1(?!`)"
_URL = r"(?i:https?://|mailto:)(?:[^\s()<>]|\([^\s()<>]*+\))++"
_LINK = (
    r"!?\[((?:[^\[\]]++|\[[^\[\]]*+\])*+)\]"
    rf"\(\s*+(?:<({_URL})>|({_URL}))(?:\s++(?:\"([^\"]*+)\"|'([^']*+)'))?\s*+\)"
)
_AUTOLINK = r"<((?i:https?)://[^\s<>]+)>"
_BARE_LINK = r"(?<![A-Za-z0-9_])(?:(?i:https?)://|(?P<www>(?i:www)\.))"
_DOMAIN = re.compile(rf"{_LETTER}(?:{_LETTER}|[-_.])*+")
_LINK_STOP = re.compile(rf"[\s<\x02{_CJK}\u2014\u2018-\u201f\u2026]")
_LINK_TAIL = "?!.,:;*_~^'\""
_LINK_CLOSERS = {")": "(", "]": "["}
_BARE_MAIL = r"(?<![\w.+/@-])(?P<mail>(?a:[\w.+-]+@(?:[\w-]+\.)+[A-Za-z]{2,})(?![\w@-]))"

_EMOJI = r"(?<![A-Za-z0-9])(:[+\-\w]+:)(?![A-Za-z0-9])"

_ESCAPED = r"\`*_~[]|#>:+-"  # not `.` or `(`: people type paths and regular expressions


class Spans(Extension):
    """Lets Markdown read the spans of a chat. HTML and entities are not among them."""

    def extendMarkdown(self, md: Markdown) -> None:
        patterns = md.inlinePatterns
        for name in (
            "reference", "image_link", "image_reference", "short_reference", "short_image_ref",
            "automail", "html", "entity",
        ):  # fmt: skip
            patterns.deregister(name)
        patterns.register(_Code(_CODE, md), "backtick", 190)
        patterns.register(_Link(_LINK, md), "link", 160)
        patterns.register(_AutoLink(_AUTOLINK, md), "autolink", 120)
        patterns.register(_BareLink(_BARE_LINK, md), "magic-link", 85)
        patterns.register(_BareMail(_BARE_MAIL, md), "magic-mail", 84)
        patterns.register(_Mention(mentions.AT, md), "mention", 80)
        EmojiExtension(
            emoji_index=emoji.index, emoji_generator=emoji.as_text, title="none"
        ).extendMarkdown(md)
        md.delimiters.add("~", "del", double=True)
        md.inlinePatterns["emoji"].compiled_re = re.compile(_EMOJI)
        for mark in "*~":
            md.delimiters.delimiters[mark].boundary = _boundary(re.escape(mark))
        md.ESCAPED_CHARS = list(_ESCAPED)


def serialize(root: ElementTree.Element) -> str:
    """Write the tree as HTML, where Python-Markdown would leave alone what looks like an entity."""
    return ElementTree.tostring(root, encoding="unicode", method="html")


def _boundary(mark: str) -> re.Pattern[str]:
    """Where emphasis may begin or end, in the groups that DelimiterProcessor asks for.

    CommonMark's rules would leave most of it literal in Chinese, as they want a space or a
    punctuation mark around it. Here only a mark between two letters or digits (2*3*4) is text.
    """
    return re.compile(
        rf"(?<!{mark})(?!(?<={_LETTER}){mark}+{_LETTER})(?:(?P<ambiguous>(?<=\S){mark}++(?=\S))"
        rf"|(?P<end>(?<=\S){mark}++)|(?P<start>{mark}++(?=\S)))"
    )


class _Code(InlineProcessor):
    def handleMatch(self, m: re.Match[str], data: str) -> Span:
        code = ElementTree.Element("code")
        code.text = AtomicString(m[2].strip())
        return code, m.start(), m.end()


class _Link(InlineProcessor):
    """`[text](url "title")`, and `![text](url)` likewise: nobody's picture loads by itself."""

    ANCESTOR_EXCLUDES = ("a",)

    def handleMatch(self, m: re.Match[str], data: str) -> Span:
        url, title = m[2] or m[3], m[4] or m[5]
        link = ElementTree.Element("a", href=self.unescape(url))
        if title:
            link.set("title", self.unescape(title))
        link.text = m[1].strip() or AtomicString(url)
        return link, m.start(), m.end()


class _AutoLink(MagiclinkAutoPattern):
    config = {"hide_protocol": False}


class _BareLink(InlineProcessor):
    """A bare link ends at a space, or where Chinese, Japanese or Korean goes on without one.

    The rules are those of GitHub's Markdown (GFM 0.29, section 6.9). Magiclink has them from
    version 13 on, which needs a newer Python than the 3.11.2 of Debian 12.
    """

    ANCESTOR_EXCLUDES = ("a",)

    def handleMatch(self, m: re.Match[str], data: str) -> Span:
        domain = _DOMAIN.match(data, m.end())
        if domain is None or "_" in "".join(domain[0].rstrip("._").split(".")[-2:]):
            return None, None, None
        stop = _LINK_STOP.search(data, domain.end())
        url = _without_tail(data[m.start() : stop.start() if stop else len(data)])
        link = ElementTree.Element("a", href=self.unescape(f"http://{url}" if m["www"] else url))
        link.text = AtomicString(url)
        return link, m.start(), m.start() + len(url)


def _without_tail(url: str) -> str:
    """Without what ends the sentence rather than the address: `(see https://a.com/b_(c)).`"""
    spare = {end: url.count(end) - url.count(start) for end, start in _LINK_CLOSERS.items()}
    length = len(url)
    while length:
        last = url[length - 1]
        if last in _LINK_CLOSERS:
            if spare[last] <= 0:
                break
            spare[last] -= 1
        elif last not in _LINK_TAIL:
            break
        length -= 1
    return url[:length]


class _Mention(InlineProcessor):
    """Of those in `md.people`, see mentions.People; any other @ is text."""

    ANCESTOR_EXCLUDES = ("a",)

    def handleMatch(self, m: re.Match[str], data: str) -> tuple[str | None, int | None, int | None]:
        found = mentions.longest(data, m.end(), self.md.people) if self.md.people else None
        if found is None:
            return None, None, None
        end, person_id = found
        return mentions.place(person_id), m.start(), end


class _BareMail(MagiclinkMailPattern):
    """The address as it is: to hide it from robots by entities helps nobody today."""

    def handleMatch(self, m: re.Match[str], data: str) -> Span:
        link = ElementTree.Element("a", href=f"mailto:{m['mail']}")
        link.text = AtomicString(m["mail"])
        return link, m.start(), m.end()
