"""Pictures of people: generated ones, drawn here, and uploaded ones, made safe here.

Pure functions over text and bytes, without the ORM.
"""

import io
import unicodedata
from html import escape
from urllib.parse import quote

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from chat.errors import Invalid, TooLong
from chat.uploads import pictures

SIZE = 256
MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 16_000_000

# A script whose single character says as much as two Latin letters.
WIDE = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "BOPOMOFO", "YI SYLLABLE")


def generated_url(name: str, hue: int) -> str:
    """Where the picture for this name is drawn; the path is built by hand, it is needed often."""
    return f"/accounts/avatar/{hue}/{quote(initials(name))}.svg"


def initials(name: str) -> str:
    """One character of a Chinese, Japanese or Korean name, up to two letters of any other.

    >>> initials("Ada Lovelace"), initials("ada"), initials("小明"), initials("🦊")
    ('AL', 'A', '小', '🦊')
    """
    words = ["".join(filter(_is_telling, word)) for word in name.split()]
    words = [word for word in words if word]
    if not words:
        return next((c for c in name if unicodedata.category(c) == "So"), "?")
    first = words[0][0]
    if len(words) == 1 or _is_wide(first) or _is_wide(words[-1][0]):
        return first.upper()[:1]
    return first.upper()[:1] + words[-1][0].upper()[:1]


def _is_telling(char: str) -> bool:
    return unicodedata.category(char)[0] in "LN"


def _is_wide(char: str) -> bool:
    return unicodedata.name(char, "").startswith(WIDE)


def draw(text: str, hue: int) -> str:
    """An SVG picture: `text` on a soft gradient; `hue` is one of 24 steps of the colour circle.

    The same OKLCH hue as their name has in people.css, in attributes: an SVG that is an <img> has
    neither the page's styles nor, under our policy, its own.
    """
    degrees = hue % 24 * 15
    size = 46 if len(text) == 1 and _is_wide(text[0]) else (44 if len(text) == 1 else 38)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96">'
        '<defs><linearGradient id="g" x1="0" y1="0" x2="1" y2="1">'
        f'<stop offset="0" stop-color="oklch(61% 0.095 {degrees})"/>'
        f'<stop offset="1" stop-color="oklch(52% 0.095 {degrees})"/>'
        "</linearGradient></defs>"
        '<rect width="96" height="96" fill="url(#g)"/>'
        '<circle cx="82" cy="10" r="46" fill="#fff" opacity=".07"/>'
        f'<text x="48" y="48" dy=".355em" text-anchor="middle" fill="#fff" font-size="{size}" '
        'font-weight="600" letter-spacing="-.5" font-family="system-ui,-apple-system,Segoe UI,'
        'Roboto,PingFang SC,Noto Sans CJK SC,Noto Sans SC,Microsoft YaHei,sans-serif">'
        f"{escape(text)}</text></svg>"
    )


def reencode(data: bytes) -> bytes:
    """The picture as a WebP square of SIZE pixels, with nothing of the original but its pixels.

    What it is, is told by its content. Raises TooLong above MAX_BYTES or MAX_PIXELS, Invalid for
    what is no picture.
    """
    if len(data) > MAX_BYTES:
        raise TooLong(_("A picture may have at most 5 MB. Choose a smaller one."))
    try:
        with pictures.opened(io.BytesIO(data), most=MAX_PIXELS) as picture:
            picture.draft("RGB", (SIZE * 2, SIZE * 2))  # a JPEG is decoded at a fraction
            picture.thumbnail((SIZE * 4, SIZE * 4))  # before anything copies it
            upright = ImageOps.exif_transpose(picture)
            square = ImageOps.fit(upright.convert("RGBA"), (SIZE, SIZE), Image.Resampling.LANCZOS)
    except pictures.TooManyPixels as error:
        raise TooLong(_("This picture has too many pixels. Choose a smaller one.")) from error
    except pictures.Broken as error:
        raise Invalid(_("This is not a picture. Choose a PNG, JPEG, WebP or GIF file.")) from error
    if square.getchannel("A").getextrema()[0] == 255:
        square = square.convert("RGB")
    out = io.BytesIO()
    square.save(out, "WEBP", quality=86, method=4)
    return out.getvalue()
