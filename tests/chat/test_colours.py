"""Every pair of colours that bears text can be read: contrast by WCAG 2, section 1.4.3."""

import math
import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "static/css"
THEMES = {"light": 0, "dark": 1}

Rgb = tuple[float, float, float]


def declarations(css: str) -> dict[str, str]:
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    return {name: value.strip() for name, value in re.findall(r"(--[\w-]+):([^;]+);", css)}


TOKENS = declarations((CSS / "tokens.css").read_text())
PERSON = declarations((CSS / "people.css").read_text())


def colour(value: str, theme: str, hue: int = 0) -> Rgb:
    """The linear sRGB of a CSS colour as it is in `theme`, what lies outside of sRGB cut off."""
    value = value.replace("var(--hue)", str(hue))
    if match := re.fullmatch(r"light-dark\((.+?\)),\s*(.+\))\)", value):
        value = match[1 + THEMES[theme]]
    if match := re.fullmatch(r"var\((--[\w-]+)\)", value):
        return colour(TOKENS[match[1]], theme, hue)
    lightness, chroma, angle = re.fullmatch(r"oklch\(([\d.]+)% ([\d.]+) ([\d.]+)\)", value).groups()
    return from_oklch(float(lightness) / 100, float(chroma), math.radians(float(angle)))


def from_oklch(lightness: float, chroma: float, angle: float) -> Rgb:
    """As https://bottosson.github.io/posts/oklab/ has it."""
    a, b = chroma * math.cos(angle), chroma * math.sin(angle)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    return tuple(min(1.0, max(0.0, part)) for part in (red, green, blue))


def contrast(one: Rgb, other: Rgb) -> float:
    luminances = [
        0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (one, other)
    ]
    return (max(luminances) + 0.05) / (min(luminances) + 0.05)


SURFACES = ["--surface", "--surface-raised", "--surface-sunken", "--surface-hover"]
TEXTS = [
    *((text, ground) for text in ("--text", "--text-muted", "--accent") for ground in SURFACES),
    *((text, ground) for text in ("--danger", "--here-text") for ground in SURFACES[:2]),
    ("--accent-text", "--accent"),
    ("--accent-text", "--accent-hover"),
    ("--danger-text", "--danger"),
    ("--text", "--mark"),
    ("--text", "--selection"),
    ("--accent", "--accent-soft"),
    ("--danger", "--danger-soft"),
    ("--warning", "--warning-soft"),
    ("--here-text", "--here-soft"),
    *(("--text", f"--{mood}-soft") for mood in ("accent", "danger", "warning")),
]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(("text", "ground"), TEXTS)
def test_text_stands_out_from_its_ground(text, ground, theme):
    ratio = contrast(colour(TOKENS[text], theme), colour(TOKENS[ground], theme))
    assert ratio >= 4.5, f"{text} on {ground}, {theme}: {ratio:.2f}"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("edge", ["--border-strong", "--accent", "--here"])
def test_edges_that_say_where_to_press_are_seen(edge, theme):
    for ground in ("--surface", "--surface-raised"):
        ratio = contrast(colour(TOKENS[edge], theme), colour(TOKENS[ground], theme))
        assert ratio >= 3, f"{edge} on {ground}, {theme}: {ratio:.2f}"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("step", range(24))
def test_names_in_everybodys_hue_can_be_read(step, theme):
    name = colour(PERSON["--person"], theme, hue=step * 15)
    for ground in SURFACES:
        ratio = contrast(name, colour(TOKENS[ground], theme))
        assert ratio >= 4.5, f"hue {step} on {ground}, {theme}: {ratio:.2f}"
    soft = colour(PERSON["--person-soft"], theme, hue=step * 15)
    assert contrast(name, soft) >= 4.5, f"hue {step} on its own soft ground, {theme}"
