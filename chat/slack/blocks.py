"""Slack's blocks -> Markdown, for messages whose text is nowhere else.

What people write has all of it in `text`, too; apps often write blocks only.
"""

import re
from collections.abc import Iterator
from typing import Any

from . import emoji, mrkdwn
from .mrkdwn import Names

DEEPEST = 8  # lists in lists

# Outermost last.
STYLES = (("code", "`"), ("italic", "_"), ("bold", "**"), ("strike", "~~"))


def to_markdown(blocks: list[Any], names: Names) -> str:
    """What is to be read in the blocks. Those that only show buttons and the like have nothing."""
    return "\n".join(part for block in _dicts(blocks) if (part := _block(block, names).strip("\n")))


def _block(block: dict, names: Names) -> str:
    match block.get("type"):
        case "rich_text":
            return "\n".join(_rich(one, names) for one in _dicts(block.get("elements")))
        case "header":
            return f"**{mrkdwn.escaped(_text(block.get('text'), None).strip())}**"
        case "section":
            fields = [block.get("text"), *_list(block.get("fields"))]
            return "\n".join(filter(None, (_text(one, names) for one in fields)))
        case "context":
            return " ".join(
                filter(None, (_text(one, names) for one in _list(block.get("elements"))))
            )
        case "markdown":
            return _string(block, "text")
        case "image" | "video":
            words = _string(block, "alt_text") or _text(block.get("title"), None)
            return mrkdwn.link(_string(block, "image_url", "title_url"), words)
        case "divider":
            return "---"
    return ""


def _text(text: Any, names: Names | None) -> str:
    """Of a text object, which says itself whether it is mrkdwn."""
    if not isinstance(text, dict):
        return ""
    if text.get("type") == "image":
        return mrkdwn.escaped(_string(text, "alt_text"))
    words = _string(text, "text")
    if text.get("type") == "mrkdwn" and names:
        return mrkdwn.to_markdown(words, names)
    return "\n".join(map(mrkdwn.escaped, words.split("\n"))) if names else words


def _rich(part: dict, names: Names) -> str:
    elements = list(_dicts(part.get("elements")))
    match part.get("type"):
        case "rich_text_list":
            return "\n".join(_items(part, elements, names))
        case "rich_text_preformatted":
            return mrkdwn.fence("".join(_string(one, "text", "url") for one in elements))
        case "rich_text_quote":
            return re.sub("^", "> ", _spans(elements, names), flags=re.MULTILINE)
    return _spans(elements, names)


def _items(part: dict, items: list[dict], names: Names) -> Iterator[str]:
    depth, first = _number(part, "indent"), _number(part, "offset") + 1
    is_numbered = part.get("style") == "ordered"
    for number, item in enumerate(items, first):
        words = _spans(list(_dicts(item.get("elements"))), names).replace("\n", " ")
        yield "  " * min(depth, DEEPEST) + (f"{number}. " if is_numbered else "- ") + words


def _spans(elements: list[dict], names: Names) -> str:
    return "".join(_span(one, names) for one in elements).strip("\n")


def _span(element: dict, names: Names) -> str:
    match element.get("type"):
        case "text":
            return _styled(_string(element, "text"), element.get("style"))
        case "link":
            return mrkdwn.link(_string(element, "url"), _string(element, "text"))
        case "emoji":
            name = _string(element, "name")
            if tone := _number(element, "skin_tone"):
                name = f"{name}::skin-tone-{tone}"
            if sign := emoji.sign_of(name):
                return sign
            names.unknown_emoji(_string(element, "name"))
            return f":{_string(element, 'name')}:"
        case "user":
            slack_id = _string(element, "user_id")
            return names.person(slack_id) or f"@{slack_id}"
        case "channel":
            return names.link_to(_string(element, "channel_id"), "")
        case "broadcast":
            return f"@{_string(element, 'range')}"
        case "usergroup":
            return f"@{_string(element, 'usergroup_id')}"
        case "date":
            return _string(element, "fallback")
        case "color":
            return _string(element, "value")
    return ""


def _styled(text: str, style: Any) -> str:
    """Marks hold only around what neither begins nor ends with a space, and within one line."""
    chosen = [mark for name, mark in STYLES if isinstance(style, dict) and style.get(name)]
    return "\n".join(_marked(line, chosen) for line in text.split("\n"))


def _marked(line: str, marks: list[str]) -> str:
    words = line.strip()
    if not words:
        return line
    before, after = line[: len(line) - len(line.lstrip())], line[len(line.rstrip()) :]
    words = words if "`" in marks else mrkdwn.escaped(words)
    for mark in marks:
        words = f"{mark}{words}{mark}"
    return before + words + after


# What is not as it should be is as if it were not there ------------------------------------------


def _list(value: Any) -> list:
    return value if isinstance(value, list) else []


def _dicts(value: Any) -> Iterator[dict]:
    return (one for one in _list(value) if isinstance(one, dict))


def _string(of: dict, *keys: str) -> str:
    return next((of[key] for key in keys if isinstance(of.get(key), str)), "")


def _number(of: dict, key: str) -> int:
    value = of.get(key)
    return value if isinstance(value, int) and 0 <= value < 1000 else 0
