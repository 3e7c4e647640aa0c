"""The last gate: bleach lets through what is listed here, whatever the parsers before it did."""

import re
from collections.abc import Iterator
from typing import Any

from bleach.html5lib_shim import Filter
from bleach.sanitizer import Cleaner

TAGS = frozenset({
    "a", "blockquote", "br", "code", "del", "em", "h4", "h5", "h6", "hr", "input", "li", "ol",
    "p", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
})  # fmt: skip
PROTOCOLS = frozenset({"http", "https", "mailto"})

_LINK = {"rel": "nofollow noopener noreferrer", "target": "_blank"}
LINK_HTML = " ".join(f'{name}="{value}"' for name, value in _LINK.items())

# Attributes, and the whole of the values that each may have: no class but these, so that nobody
# dresses a message up as a part of the site.
_ALIGN = re.compile("left|center|right")
_VALUES = {
    ("a", "href"): re.compile(r"(?i:https?://|mailto:).+", re.DOTALL),
    ("a", "title"): re.compile(r".*", re.DOTALL),
    ("input", "checked"): re.compile(""),
    ("input", "disabled"): re.compile(""),
    ("input", "type"): re.compile("checkbox"),
    ("li", "class"): re.compile("task-list-item"),
    ("ol", "class"): re.compile("task-list"),
    ("ol", "start"): re.compile(r"\d{1,3}", re.ASCII),
    ("td", "align"): _ALIGN,
    ("th", "align"): _ALIGN,
    ("ul", "class"): re.compile("task-list"),
}


def build() -> Cleaner:
    """A Cleaner for one thread."""
    return Cleaner(tags=TAGS, attributes=_is_allowed, protocols=PROTOCOLS, filters=[_Links])


def _is_allowed(tag: str, name: str, value: str) -> bool:
    values = _VALUES.get((tag, name))
    return values is not None and values.fullmatch(value) is not None


class _Links(Filter):
    """Links open elsewhere, get no credit with search engines and learn nothing of this site."""

    def __iter__(self) -> Iterator[dict[str, Any]]:
        dead = False
        for token in super().__iter__():
            if token.get("name") == "a":
                if token["type"] == "StartTag":
                    dead = (None, "href") not in token["data"]
                    token["data"].update({(None, name): value for name, value in _LINK.items()})
                if dead:
                    continue
            yield token
