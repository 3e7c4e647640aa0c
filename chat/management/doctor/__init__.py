"""What `manage.py doctor` looks at: each thing by itself, and what to do where it is not well."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

OK, WARNING, FAILED = "ok", "warning", "failed"


class Finding(NamedTuple):
    state: str
    words: str
    advice: str = ""  # what to do, where something is to be done


Check = Callable[[], Iterator[Finding]]


def examine(name: str, check: Check) -> list[Finding]:
    """What `check` finds. One that stumbles is a finding too: the others go on."""
    found: list[Finding] = []
    try:
        found.extend(check())
    except Exception as error:
        words = str(error).strip() or type(error).__name__
        found.append(Finding(FAILED, words, f"See to it that the {name} works."))
    return found
