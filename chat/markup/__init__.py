"""What a person typed -> HTML that is safe to store once and to show to everyone.

    body -> clean -> as it is, escaped                            (most messages end here)
                  -> blocks -> Python-Markdown -> bleach -> coloured code

Pure: neither the ORM nor the settings. Everything a user can type is text here: raw HTML and
entities come out as they were typed. Bodies too costly to parse, and bodies on which a parser
fails, come out as plain text with line breaks and links.
"""

import logging
import re
import threading
from functools import cached_property
from html import escape, unescape

from bleach.sanitizer import Cleaner
from markdown import Markdown

from . import blocks, code, inline, mentions, sanitizer
from .emoji import is_only_emoji
from .emoji import one as one_emoji
from .mentions import Mentioned, mentioned, names_in

__all__ = [
    "MAX_LENGTH",
    "Mentioned",
    "clean",
    "excerpt",
    "first_link",
    "is_only_emoji",
    "mentioned",
    "names_in",
    "needs_plain_text",
    "one_emoji",
    "render",
    "text",
]

MAX_LENGTH = 10_000  # characters; what is longer is not parsed

logger = logging.getLogger(__name__)

_NEWLINE = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")

# Control characters (Python-Markdown marks its own places with U+0002 and U+0003), bidi controls
# that would reorder what stands around the message, lone surrogates, byte order marks, and the
# noncharacters that mark the places of code blocks here.
_DROPPED = re.compile(
    "[\0-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]+"
)

_VISIBLE = re.compile(
    r"[^\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff]"
)

# All that can make Markdown of a text. What has none of this skips the parsers.
_MARKUP = re.compile(
    r"[*_`\\|]|~~|\]\(|://|[wW]{3}\.|[\w.+-]@\w|:[\w+-]+:"
    r"|^[^\S\n]*+(?:[-+]\s|>|---|\#{1,6}\s|\d{1,3}\.\s)",
    re.MULTILINE,
)

_BLANK_LINES = re.compile(r"\n{2,}")
_ESCAPED_LINK = re.compile(r"(?i)https?://(?:&amp;|[^\s<>&\"'`])*[\w/=#~+-]")

_RENDERED = re.compile(r"<(?:p|ul|ol|pre|blockquote|table|h[4-6]|hr)[ >]")
_INLINE_TAG = re.compile(r"</?(?:a|strong|em|del|code|span)\b[^>]*>")
_TAG = re.compile(r"<[^>]*>")
_HREF = re.compile(r'<a href="((?i:https?)://[^"]++)"')
_JOINED = re.compile("[\u200d\ufe00-\ufe0f\u0300-\u036f\u20e3\U0001f3fb-\U0001f3ff]")


def clean(body: str) -> str:
    """Give the body as it is to be kept: no control characters, no blanks at the end of lines,
    nothing around it. A body with nothing to see gives ''.
    """
    body = _DROPPED.sub("", _NEWLINE.sub("\n", body))
    body = "\n".join(map(str.rstrip, body.split("\n"))).strip()
    return body if _VISIBLE.search(body) else ""


def render(body: str, people: mentions.People | None = None) -> str:
    """Turn what a person typed into safe HTML; a body with nothing to see gives ''.

    `people` are those whose names behind an @ become links.
    """
    body = clean(body)
    if not body:
        return ""
    if not people and not _MARKUP.search(body):
        return _plain(body)
    if len(body) > MAX_LENGTH:
        return _plain_with_links(body)
    text, snippets = blocks.parse(body)
    effort = blocks.effort_left(text)
    if effort < 0:
        return _plain_with_links(body)
    try:
        return _parsers.render(text, snippets, effort, people) or _plain(body)
    except Exception:
        # Anybody may post anything, and behind this line stand three parsers that were not
        # written for hostile text. Whatever they raise (RecursionError and IndexError are known)
        # may cost the markup, never the message. Parsers that stopped half-way are not used again.
        logger.exception("A body of %d characters could not be parsed", len(body))
        _parsers.__dict__.clear()
        return _plain_with_links(body)


def needs_plain_text(body: str) -> bool:
    """Whether parsing `body` might take too long, so that render() does not even try."""
    body = clean(body)
    return len(body) > MAX_LENGTH or blocks.effort_left(blocks.parse(body)[0]) < 0


def excerpt(html_or_body: str, length: int = 140) -> str:
    """Give what one reads in a message, as one line of text (not HTML) of at most `length`
    characters, for quotes and notices. Takes what render() gave, or a body.
    """
    html = html_or_body if _RENDERED.match(html_or_body) else render(html_or_body)
    return shortened(text(html), length)


def shortened(line: str, length: int = 140) -> str:
    """At most `length` characters of it, without tearing apart what is seen as one."""
    if len(line) <= length:
        return line
    cut = length - 1
    while cut and (_JOINED.match(line, cut) or line[cut - 1] == "\u200d"):
        cut -= 1
    return line[: cut or length - 1].rstrip() + "…"


def text(html: str) -> str:
    """Give what one reads in what render() gave, as one line of text (not HTML)."""
    return " ".join(unescape(_TAG.sub(" ", _INLINE_TAG.sub("", html))).split())


def first_link(html: str, body: str) -> str:
    """The first web address in what render(body) gave, or ''. In <…> stands what is no more than
    its words.
    """
    for found in _HREF.finditer(html):
        url = unescape(found[1])
        if f"<{url}>" not in body:
            return url
    return ""


def _plain(text: str) -> str:
    lines = "\n".join(map(str.lstrip, escape(text, quote=False).split("\n")))
    paragraphs = _BLANK_LINES.split(lines)
    return "".join([f"<p>{p}</p>" for p in paragraphs]).replace("\n", "<br>")


def _plain_with_links(text: str) -> str:
    return _ESCAPED_LINK.sub(rf'<a href="\g<0>" {sanitizer.LINK_HTML}>\g<0></a>', _plain(text))


class _Parsers(threading.local):
    """One Markdown and one Cleaner per thread, as neither may be shared; made when first used."""

    @cached_property
    def markdown(self) -> Markdown:
        md = Markdown(extensions=[blocks.Blocks(), inline.Spans()], tab_length=blocks.INDENT)
        md.serializer = inline.serialize
        return md

    @cached_property
    def cleaner(self) -> Cleaner:
        return sanitizer.build()

    def render(
        self,
        text: str,
        snippets: list[code.Snippet],
        effort: float,
        people: mentions.People | None = None,
    ) -> str:
        self.markdown.people = people
        html = self.cleaner.clean(self.markdown.reset().convert(text))
        if people:
            html = mentions.put_in(html, people)
        return code.put_back(html, snippets, effort)


_parsers = _Parsers()
