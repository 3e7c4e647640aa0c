"""How large a picture is, and a small WebP of it. Nothing is decoded that is too large to be."""

import io
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from mmap import mmap
from pathlib import Path
from typing import BinaryIO

from PIL import Image, ImageOps, UnidentifiedImageError

# What telephones take is within; a few bytes can say very many pixels. Decoded, the largest is
# 160 MB for a moment, one picture at a time.
MAX_PIXELS = 40_000_000
SMALL = 960  # pixels, the longer side
# A picture that is small already needs nothing smaller; one that moves has to be shown itself.
SMALL_BYTES, MOVING_BYTES = 100_000, 5_000_000
ORIENTATION = 0x0112
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")

ONE_AT_A_TIME = threading.Lock()

# What Pillow's decoders raise for files that are cut short or made to break them.
BROKEN = (
    UnidentifiedImageError,
    Image.DecompressionBombError,
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    struct.error,
    MemoryError,
)


class Broken(Exception):
    """It is no picture that can be shown."""


class TooManyPixels(Broken):
    """It is larger than what may be decoded."""


@contextmanager
def opened(
    file: BinaryIO | mmap, formats: tuple[str, ...] = FORMATS, most: int = MAX_PIXELS
) -> Iterator[Image.Image]:
    """A picture from anywhere, one at a time, of at most so many pixels and not decoded yet.

    Raises Broken, also for what Pillow raises within the `with`.
    """
    try:
        with ONE_AT_A_TIME:
            head = file.read(30)
            # Pillow makes room for the whole canvas of a WebP as soon as it opens one.
            if head[8:12] == b"WEBP":
                _bound(_size_of_webp(head), most)
            file.seek(0)
            with Image.open(file, formats=formats) as picture:  # type: ignore[arg-type]
                _bound(picture.size, most)
                yield picture
    except BROKEN as error:
        raise Broken from error


def look_at(path: Path, type: str) -> tuple[int, int, bytes]:
    """Its width and height when upright, and a small WebP, or b"" where it is shown itself.

    Raises Broken.
    """
    size = path.stat().st_size
    format = type.removeprefix("image/").upper()
    with path.open("rb") as file, opened(file, (format,)) as picture:
        width, height = picture.size
        if picture.getexif().get(ORIENTATION, 1) > 4:  # lying on its side
            width, height = height, width
        if getattr(picture, "is_animated", False):
            is_shown_itself = size <= MOVING_BYTES
        else:
            is_shown_itself = size <= SMALL_BYTES and max(width, height) <= SMALL
        # What is shown itself is decoded too, once: a picture that breaks is none.
        thumbnail = _small(picture)
    return width, height, b"" if is_shown_itself else thumbnail


def small(picture: bytes) -> bytes:
    """A small WebP of a PNG that was made here."""
    with opened(io.BytesIO(picture), ("PNG",)) as png:
        return _small(png)


def reencoded(data: bytes) -> tuple[int, int, bytes]:
    """A small WebP of a picture from anywhere, with its width and height. Raises Broken.

    Nothing of the original is in it but its pixels; of one that moves, the first.
    """
    with opened(io.BytesIO(data)) as picture:
        webp = _small(picture)
    return *_size_of_webp(webp), webp


def _small(picture: Image.Image) -> bytes:
    picture.draft("RGB", (SMALL * 2, SMALL * 2))  # a JPEG is decoded at a fraction
    has_alpha = picture.has_transparency_data
    picture.thumbnail((SMALL * 2, SMALL * 2), Image.Resampling.BOX)  # before anything copies it
    upright = ImageOps.exif_transpose(picture).convert("RGBA" if has_alpha else "RGB")
    upright.thumbnail((SMALL, SMALL), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    upright.save(out, "WEBP", quality=80, method=4)
    return out.getvalue()


def _bound(size: tuple[int, int], most: int) -> None:
    if size[0] * size[1] > most:
        raise TooManyPixels


def _size_of_webp(head: bytes) -> tuple[int, int]:
    """The canvas as its first chunk says it (RFC 9649, section 2.4 to 2.7); it takes 30 bytes."""
    match head[12:16]:
        case b"VP8X":
            return (
                int.from_bytes(head[24:27], "little") + 1,
                int.from_bytes(head[27:30], "little") + 1,
            )
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", head, 26)
            return width & 0x3FFF, height & 0x3FFF
    raise Broken
