"""Bars as an SVG that needs nothing else: no script, no font; light or dark as one likes it."""

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 960, 320, 56, 44, 36
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#5b6470}.title{font-size:16px;fill:#1d2329}"
    ".bar{fill:#3b6fd8}.line{stroke:#d8dde3}.ground{fill:#fff}"
    "@media(prefers-color-scheme:dark){.ground{fill:#15191e}text{fill:#9aa5b1}.title{fill:#e8ecf0}"
    ".bar{fill:#7aa2f7}.line{stroke:#2d343c}}"
)


def bars(title: str, labels: Sequence[str], values: Sequence[int]) -> str:
    """One bar for each of `values`, with its label told on hover; a file of its own."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>"
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>'
        f'<text class="title" x="16" y="26">{escape(title)}</text>'
        f"{drawn(labels, values, Frame(WIDTH, HEIGHT, LEFT, TOP, BOTTOM, 8))}</svg>\n"
    )


def figure(title: str, labels: Sequence[str], values: Sequence[int]) -> str:
    """The same for a page, which has the title above it and the style in its own style sheet."""
    frame = Frame(420, 160, 40, 8, 22, 4)
    return (
        f'<svg class="chart" viewBox="0 0 {frame.width} {frame.height}" role="img"'
        f' aria-label="{escape(title)}">{drawn(labels, values, frame)}</svg>'
    )


class Frame(NamedTuple):
    """Where bars stand, in the units of the drawing, and how many labels stand below them."""

    width: int
    height: int
    left: int
    top: int
    bottom: int
    most_labels: int


def drawn(labels: Sequence[str], values: Sequence[int], frame: Frame) -> str:
    most = ceiling(max(values, default=0))
    high = frame.height - frame.top - frame.bottom
    step = (frame.width - frame.left - 16) / max(len(values), 1)
    parts = []
    for number in range(5):
        y = frame.top + high - high * number / 4
        said = f"{most * number / 4:,g}"
        ends = f'x1="{frame.left}" x2="{frame.width - 16}"'
        parts.append(f'<line class="line" {ends} y1="{y:g}" y2="{y:g}"/>')
        parts.append(f'<text x="{frame.left - 8}" y="{y + 4:g}" text-anchor="end">{said}</text>')
    every = max(1, round(len(values) / frame.most_labels))
    for at, (label, value) in enumerate(zip(labels, values, strict=True)):
        x, tall = frame.left + step * at, high * value / most
        parts.append(
            f'<rect class="bar" x="{x + step * 0.1:.1f}" y="{frame.top + high - tall:.1f}" rx="2"'
            f' width="{step * 0.8:.1f}" height="{tall:.1f}">'
            f"<title>{escape(label)}: {value:,}</title></rect>"
        )
        if at % every == 0:
            below = f'x="{x + step * 0.1:.1f}" y="{frame.height - frame.bottom // 3}"'
            parts.append(f"<text {below}>{escape(label)}</text>")
    return "".join(parts)


def ceiling(most: int) -> int:
    """The least round number not below `most` that four lines divide well."""
    size = 4
    while True:
        for factor in (1, 2, 5):
            if size * factor >= most:
                return size * factor
        size *= 10
