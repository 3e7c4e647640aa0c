"""What a fragment says of files: the same for every viewer, in every language."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from chat import uploads

register = template.Library()

# Within this box, in CSS pixels, a picture or video stands in a message.
WIDTH, HEIGHT = 480, 360
LEAST = 48

BAR = 4  # pixels from one bar of a waveform to the next
TALLEST = 24


@register.filter
def of_kind(files: list[dict], kind: str) -> list[dict]:
    return [file for file in files if file["kind"] == kind]


@register.filter
def box(file: dict) -> SafeString:
    """The attributes that reserve its place, so that nothing moves when it comes.

    >>> box({"width": 4000, "height": 3000}), box({"width": 90, "height": 30})
    ('width="480" height="360"', 'width="90" height="30"')
    """
    width, height = file.get("width", 16 * HEIGHT // 9), file.get("height", HEIGHT)
    scale = min(1, WIDTH / width, HEIGHT / height)
    sides = [max(LEAST if scale < 1 else 1, round(side * scale)) for side in (width, height)]
    return format_html('width="{}" height="{}"', *sides)


@register.filter
def size(file: dict) -> str:
    return uploads.readable_size(file["size"])


@register.filter
def suffix(file: dict) -> str:
    """What its name ends with, if that is short, in capital letters."""
    end = file["name"].rpartition(".")[2]
    return end.upper() if "." in file["name"] and len(end) <= 5 else ""


@register.filter
def clock(seconds: float | None) -> str:
    """Minutes and seconds; nothing where it is not known.

    >>> clock(5.4), clock(3725), clock(None)
    ('0:05', '62:05', '')
    """
    return "" if not seconds else f"{round(seconds) // 60}:{round(seconds) % 60:02}"


@register.filter
def bars(waveform: str) -> str:
    """A waveform as the path of an SVG drawing, TALLEST pixels high."""
    heights = [2 + int(digit, 16) * (TALLEST - 4) / 15 for digit in waveform]
    return "".join(
        f"M{n * BAR + 2} {(TALLEST - height) / 2:.3g}v{height:.3g}"
        for n, height in enumerate(heights)
    )


@register.filter
def wave_box(waveform: str) -> str:
    return f"0 0 {len(waveform) * BAR} {TALLEST}"
