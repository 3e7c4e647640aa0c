"""Bars as an SVG that needs nothing else: no script, no font; light or dark as one likes it."""

from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 960, 320, 56, 44, 36
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#5b6470}.title{font-size:16px;fill:#1d2329}"
    ".bar{fill:#3b6fd8}.line{stroke:#d8dde3}.ground{fill:#fff}"
    "@media(prefers-color-scheme:dark){.ground{fill:#15191e}text{fill:#9aa5b1}.title{fill:#e8ecf0}"
    ".bar{fill:#7aa2f7}.line{stroke:#2d343c}}"
)


def bars(title: str, labels: Sequence[str], values: Sequence[int]) -> str:
    """One bar for each of `values`, with its label told on hover; a few labels stand below."""
    top = ceiling(max(values, default=0))
    high, step = HEIGHT - TOP - BOTTOM, (WIDTH - LEFT - 16) / max(len(values), 1)
    parts = []
    for number in range(5):
        y = TOP + high - high * number / 4
        said = f"{top * number / 4:,g}"
        parts.append(f'<line class="line" x1="{LEFT}" x2="{WIDTH - 16}" y1="{y:g}" y2="{y:g}"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y + 4:g}" text-anchor="end">{said}</text>')
    every = max(1, round(len(values) / 8))
    for at, (label, value) in enumerate(zip(labels, values, strict=True)):
        x, tall = LEFT + step * at, high * value / top
        parts.append(
            f'<rect class="bar" x="{x + step * 0.1:.1f}" y="{TOP + high - tall:.1f}" rx="2"'
            f' width="{step * 0.8:.1f}" height="{tall:.1f}">'
            f"<title>{escape(label)}: {value:,}</title></rect>"
        )
        if at % every == 0:
            parts.append(f'<text x="{x + step * 0.1:.1f}" y="{HEIGHT - 12}">{escape(label)}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img">'
        f"<title>{escape(title)}</title><style>{STYLE}</style>"
        f'<rect class="ground" width="{WIDTH}" height="{HEIGHT}"/>'
        f'<text class="title" x="16" y="26">{escape(title)}</text>{"".join(parts)}</svg>\n'
    )


def ceiling(most: int) -> int:
    """The least round number not below `most` that four lines divide well."""
    size = 4
    while True:
        for factor in (1, 2, 5):
            if size * factor >= most:
                return size * factor
        size *= 10
