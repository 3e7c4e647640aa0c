"""Tables for terminals: aligned also where Chinese takes two columns per character."""

import unicodedata
from collections.abc import Iterable, Sequence


def table(titles: Sequence[str], rows: Iterable[Sequence[object]], numbers: Iterable[str] = ()):
    """The rows under their titles, the columns of `numbers` to the right."""
    lines = [list(titles), *[[str(cell) for cell in row] for row in rows]]
    widths = [max(map(columns_of, column)) for column in zip(*lines, strict=True)]
    numbers = set(numbers)
    return "\n".join(
        "  ".join(
            " " * (width - columns_of(cell)) + cell
            if title in numbers
            else cell + " " * (width - columns_of(cell))
            for title, cell, width in zip(titles, line, widths, strict=True)
        ).rstrip()
        for line in lines
    )


def columns_of(text: str) -> int:
    """How wide a terminal shows the text."""
    return sum(
        0 if unicodedata.combining(char) else 1 + (unicodedata.east_asian_width(char) in "WF")
        for char in text
    )
