"""A web page -> its title, some text and the address of a picture, as it says them itself.

Pure. What comes out is plain text in one line each, whatever went in: to be escaped like any other.
"""

import re
import time
from dataclasses import dataclass
from html.parser import HTMLParser
from urllib.parse import urljoin

import webencodings

from chat import markup

TITLE, TEXT, SITE = 200, 300, 60  # characters
SECONDS = 1.0  # for parsing; some pages are made to take hours
PIECE = 8 * 1024  # characters that are parsed before the clock is looked at

_CHARSET = re.compile(rb"<meta[^<>]{0,200}?charset=[\"']?([-\w]{1,40})", re.IGNORECASE)


@dataclass(frozen=True)
class Headline:
    title: str
    text: str
    site: str
    picture: str  # an absolute address, or ""


def read(page: bytes, charset: str, url: str) -> Headline:
    """What the page at `url` says of itself. `charset` is what its server says, if anything."""
    head = _Head()
    text, ends = _decoded(page, charset), time.monotonic() + SECONDS
    for start in range(0, len(text), PIECE):
        head.feed(text[start : start + PIECE])
        if head.is_over or time.monotonic() > ends:
            break
    said = head.said
    picture = said.get("og:image") or said.get("twitter:image") or ""
    return Headline(
        title=_line(said.get("og:title") or said.get("twitter:title") or head.title, TITLE),
        text=_line(
            said.get("og:description")
            or said.get("twitter:description")
            or said.get("description")
            or "",
            TEXT,
        ),
        site=_line(said.get("og:site_name") or "", SITE),
        picture=_joined(url, picture),
    )


class _Head(HTMLParser):
    """Collects what the head of a page says in its title and meta elements, the first of each."""

    def __init__(self):
        super().__init__()
        self.said: dict[str, str] = {}
        self.title, self.is_title, self.is_over = "", False, False

    def handle_starttag(self, tag, attrs):
        if tag == "meta" and not self.is_over:
            about = dict(attrs)
            name = (about.get("property") or about.get("name") or "").lower()
            self.said.setdefault(name, about.get("content") or "")
        self.is_title = tag == "title" and not self.title and not self.is_over
        self.is_over = self.is_over or tag == "body"

    def handle_endtag(self, tag):
        self.is_title = False
        self.is_over = self.is_over or tag == "head"

    def handle_data(self, data):
        if self.is_title and len(self.title) < TITLE * 4:
            self.title += data[: TITLE * 4]


def _decoded(page: bytes, charset: str) -> str:
    """In the encodings of the web only: Python knows others, which take long."""
    declared = _CHARSET.search(page[:2048])
    labels = (charset, declared[1].decode("ascii") if declared else "")
    known = [label for label in labels if webencodings.lookup(label)]
    return webencodings.decode(page, (known or ["utf-8"])[0])[0]


def _line(text: str, length: int) -> str:
    """
    >>> _line("  One\\n two ", 40), _line("One two three", 8)
    ('One two', 'One two…')
    """
    text = " ".join(markup.clean(text[: length * 4]).split())
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _joined(url: str, picture: str) -> str:
    try:
        return urljoin(url, picture.strip()) if picture.strip() else ""
    except ValueError:
        return ""
