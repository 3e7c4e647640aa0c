"""What a file may be called: text for people, never a path."""

import re
import unicodedata
from pathlib import PurePosixPath

MAX_LENGTH = 120
LONGEST_SUFFIX = 12

# Controls, bidi controls that make "exe.jpg" of "gpj.exe", lone surrogates, and what joins them.
_DROPPED = re.compile(
    "[\0-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]"
)
# What no file system or address takes as part of a name.
_REPLACED = re.compile(r'[<>:"|?*#%]')


def clean_name(name: str) -> str:
    """The last part of `name`, without what would deceive or break anything; never empty."""
    name = unicodedata.normalize("NFC", _DROPPED.sub("", name))
    name = _REPLACED.sub("_", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    if len(name) > MAX_LENGTH:
        suffix = PurePosixPath(name).suffix
        suffix = suffix if len(suffix) <= LONGEST_SUFFIX else ""
        name = name[: MAX_LENGTH - len(suffix) - 1].rstrip() + "…" + suffix
    return name or "file"
