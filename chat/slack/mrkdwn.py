"""Slack's mrkdwn -> the Markdown of this site, which looks the same when it is shown.

Slack marks what is not text by <…> and writes &, < and > as entities. A single * is bold, _ italic,
~ struck out. What is plain text there and Markdown here is escaped.
"""

import re
from collections.abc import Callable
from typing import Protocol

from chat.markup.mentions import CJK

from . import emoji


class Names(Protocol):
    """How those are written here whom a text names by Slack's ids."""

    def person(self, slack_id: str) -> str:
        """As in `@alice`, or ''."""

    def link_to(self, slack_id: str, label: str) -> str:
        """A channel in Markdown, as in `[#general](https://…)`; Slack may give a `label`."""

    def unknown_emoji(self, name: str) -> None:
        """There is none of that name."""


_FENCE = re.compile(r"(?<![ \t])[ \t]*+\n?```(.*?)```[ \t]*\n?", re.DOTALL)
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
_CONTROL = re.compile(r"<([^<>\n]{1,4000})>")
_EMOJI = re.compile(r"(?<![A-Za-z0-9:]):([a-z0-9_+'-]{1,100}):(?::(skin-tone-[2-6]):)?")
_BULLET = re.compile(r"(\s*)[•◦▪▫‣○●■]\s+")

# A mark within a word is text, but Chinese has no spaces around words.
_WORD = rf"[^\W_{CJK}]"


def _marked(mark: str) -> re.Pattern[str]:
    """What stands between two of `mark`."""
    return re.compile(
        rf"(?<!{_WORD}|[{mark}])[{mark}](?=[^\s{mark}])([^{mark}\n]*)"
        rf"(?<=\S)[{mark}](?!{_WORD}|[{mark}])"
    )


# Noncharacters, which no text that is kept has: the places of what is done already.
_PLACE = re.compile("\ufdd0(\\d+)\ufdd1")
_BOLD, _ITALIC, _STRUCK = "\ufdd2", "\ufdd3", "\ufdd4"
_SPANS = [(_marked("*"), _BOLD), (_marked("_"), _ITALIC), (_marked("~"), _STRUCK)]
_BESIDE_BOLD = re.compile(
    rf"(?<=\*){_ITALIC}([^{_ITALIC}]*){_ITALIC}|{_ITALIC}([^{_ITALIC}]*){_ITALIC}(?=\*)"
)
_RESERVED = re.compile("[\ufdd0-\ufddf]")

_SPECIAL = re.compile(
    # A backslash that would escape what follows.
    "\\\\(?=[\\\\`*_~\\[\\]|#>:+\\-\ufdd0\ufdd2-\ufdd4])"
    r"|`|~(?=~)|(?<=~)~|\](?=\()"
    rf"|(?<!{_WORD})\*(?=\S)|(?<=\S)\*(?!{_WORD})"
    rf"|(?<!{_WORD})_|_(?!{_WORD})"
    r"|^\#(?=\#{0,5}\s)"
)
_URL = re.compile(r"(?i)(?:https?://|mailto:)[^\s<>]+")


def to_markdown(text: str, names: Names) -> str:
    """`text` as Slack keeps it, in Markdown."""
    done: list[str] = []

    def put(markdown: str) -> str:
        done.append(markdown)
        return f"\ufdd0{len(done) - 1}\ufdd1"

    text = _RESERVED.sub("", text.replace("\r\n", "\n"))
    text = _FENCE.sub(
        lambda m: f"\n{put(fence(plain(m[1], names)))}\n" if m[1].strip() else m[0], text
    )
    text = _CODE.sub(lambda m: put(f"`{plain(m[1], names)}`"), text)
    text = _CONTROL.sub(lambda m: _placed(m, names, put), text)
    text = "\n".join(_lines(text, names))
    return _PLACE.sub(lambda m: done[int(m[1])], text).strip("\n")


def escaped(text: str) -> str:
    """Plain text of one line so that it stays plain text in Markdown."""
    return _SPECIAL.sub(r"\\\g<0>", text)


def fence(code: str) -> str:
    return "```\n" + code.strip("\n") + "\n```"


def link(url: str, label: str) -> str:
    """In Markdown; only the label where the address is none that the site links to."""
    url, label = url.strip(), " ".join(label.split())
    if not _URL.fullmatch(url):
        return escaped(label or url)
    if not label or label in (url, url.partition("://")[2], url.removeprefix("mailto:")):
        return url.removeprefix("mailto:") if url.startswith("mailto:") else url
    words = re.sub(r"[\[\]]", r"\\\g<0>", escaped(label))
    return f"[{words}]({url.replace('(', '%28').replace(')', '%29')})"


def plain(text: str, names: Names) -> str:
    """Without any markup, as it stands in code and in a topic."""
    return unescape_entities(
        _CONTROL.sub(lambda m: _control(m[1], names, lambda _, label: label), text)
    )


def unescape_entities(text: str) -> str:
    """Slack escapes these three; whatever else looks like an entity was typed."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def split(text: str, limit: int) -> tuple[str, str]:
    """At most `limit` characters of Markdown, and the rest; fenced code is closed and goes on."""
    if len(text) <= limit:
        return text, ""
    room = limit - len("\n```")
    cut = max(text.rfind("\n", room // 2, room), 0) or text.rfind(" ", room // 2, room)
    cut = cut if cut > 0 else room
    part, rest = text[:cut], text[cut:].lstrip("\n")
    if len(re.findall(r"^(?:> )?```", part, re.MULTILINE)) % 2:
        part, rest = part + "\n```", "```\n" + rest
    return part, rest


def _placed(m: re.Match[str], names: Names, put: Callable[[str], str]) -> str:
    markdown = _control(m[1], names, link)
    after = m.string[m.end() : m.end() + 1]
    if _URL.fullmatch(markdown) and after and not after.isspace():
        # Or else the address would go on with what follows it.
        markdown = f"<{markdown}>" if markdown.lower().startswith("http") else markdown
    return put(markdown)


def _control(inner: str, names: Names, linked: Callable[[str, str], str]) -> str:
    """What stands between < and >, in Markdown, with links as `linked(url, label)` has them."""
    target, _, label = inner.partition("|")
    label = unescape_entities(label)
    match target[:1]:
        case "@":
            return names.person(target[1:]) or f"@{label.lstrip('@') or target[1:]}"
        case "#":
            return names.link_to(target[1:], label.lstrip("#"))
        case "!":
            command = target[1:].partition("^")[0]
            if command in ("channel", "here", "everyone"):
                return f"@{command}"
            return label or f"@{command}"
    target = unescape_entities(target)
    if _URL.fullmatch(target):
        return linked(target, label or target)
    # No control sequence, or of an address that only Slack opens.
    return label or (f"<{target}>" if ":" not in target else target)


def _lines(text: str, names: Names):
    quoted = False
    for line in text.split("\n"):
        if line.startswith("&gt;&gt;&gt;"):
            quoted, line = True, line.removeprefix("&gt;&gt;&gt;").lstrip(" ")
        elif line.startswith("&gt;"):
            yield "> " + _line(line.removeprefix("&gt;").lstrip(" "), names)
            continue
        yield ("> " if quoted else "") + _line(line, names)


def _line(line: str, names: Names) -> str:
    bullet = ""
    if found := _BULLET.match(line):
        # Slack indents by four spaces for each list in a list.
        bullet, line = " " * (len(found[1].expandtabs(4)) // 4 * 2) + "- ", line[found.end() :]
    line = _EMOJI.sub(lambda m: _emoji(m, names), line)
    return bullet + _spans(unescape_entities(line))


def _emoji(m: re.Match[str], names: Names) -> str:
    name = f"{m[1]}::{m[2]}" if m[2] else m[1]
    if sign := emoji.sign_of(name):
        return sign
    if not m[1].isdigit():  # as in 10:30:45
        names.unknown_emoji(m[1])
    return m[0]


def _spans(line: str) -> str:
    for marked, place in _SPANS:
        line = marked.sub(rf"{place}\1{place}", line)
    line = escaped(line)
    line = line.replace(_STRUCK, "~~").replace(_BOLD, "**")
    # Beside ** a single * would belong to that.
    line = _BESIDE_BOLD.sub(lambda m: f"_{m[1] or m[2]}_", line)
    return line.replace(_ITALIC, "*")
