"""Pictures without what is written beside their pixels: places, names, cameras, previews, comments.

The pixels stay as they are, byte for byte, so nothing is lost and nothing has to be decoded. Only
the parts that are known to be needed are copied; what comes after the picture's end is not.
"""

import mmap
import re
import struct
from collections.abc import Iterator
from pathlib import Path
from zlib import crc32

from PIL import Image

from .pictures import BROKEN, ORIENTATION, Broken, opened

# A piece of the file as it is, or what is written in its place.
Part = slice | bytes


def strip(path: Path, target: Path, type: str) -> Path:
    """Copy the picture at `path` to `target` without metadata. Raises Broken.

    How a picture was turned is kept: it is upright only with that.
    """
    parts = {"image/jpeg": _jpeg, "image/png": _png, "image/gif": _gif, "image/webp": _webp}[type]
    with (
        path.open("rb") as file,
        target.open("wb") as out,
        mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data,
        memoryview(data) as view,
    ):
        try:
            for part in parts(data):
                if isinstance(part, slice):
                    with view[part] as piece:  # the map cannot be closed while one is in use
                        out.write(piece)
                else:
                    out.write(part)
        except (struct.error, IndexError) as error:
            raise Broken from error
    return target


def _orientation(exif: Image.Exif) -> int:
    turned = exif.get(ORIENTATION, 1)
    return turned if turned in range(1, 9) else 1


def _exif(turned: int) -> bytes:
    """A TIFF structure that says nothing but the orientation."""
    return struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, ORIENTATION, 3, 1, turned, 0, 0)


# JPEG: segments, each a marker and a length (ITU T.81, annex B) --------------------------------

_MARKER = re.compile(rb"\xff+[^\x00\xff\xd0-\xd7]")  # in the coded data, what is not part of it


def _jpeg(data: mmap.mmap) -> Iterator[Part]:
    with opened(data, ("JPEG",)) as picture:  # which decodes nothing
        turned = _orientation(picture.getexif())
    yield b"\xff\xd8"
    if turned > 1:
        exif = b"Exif\0\0" + _exif(turned)
        yield b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    at = 2
    while True:
        marker = _MARKER.match(data, at)
        if marker is None:
            raise Broken
        at, kind = marker.end(), data[marker.end() - 1]
        if kind == 0xD9:
            yield b"\xff\xd9"
            return
        (length,) = struct.unpack_from(">H", data, at)
        end = at + length
        if length < 2 or end > len(data):
            raise Broken
        if _is_needed(kind, data[at + 2 : at + 16]):
            yield bytes((0xFF, kind))
            yield slice(at, end)
        if kind == 0xDA:  # a scan: coded data up to the next marker
            following = _MARKER.search(data, end)
            if following is None:  # cut short; browsers show what there is
                yield slice(end, None)
                return
            yield slice(end, following.start())
            end = following.start()
        at = end


def _is_needed(kind: int, start: bytes) -> bool:
    if kind == 0xFE:
        return False
    if 0xE0 <= kind <= 0xEF:
        wanted = {0xE0: b"JFIF\0", 0xE2: b"ICC_PROFILE\0", 0xEE: b"Adobe"}.get(kind)
        return wanted is not None and start.startswith(wanted)
    return True


# PNG: chunks of length, name, data, checksum ---------------------------------------------------

_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT"}
_CHUNKS |= {b"bKGD", b"pHYs", b"acTL", b"fcTL", b"fdAT", b"cICP", b"IEND"}
LARGEST_EXIF = 65536  # bytes


def _png(data: mmap.mmap) -> Iterator[Part]:
    turned = _orientation(_exif_of_png(data))
    yield slice(8)
    for name, at, end in _chunks(data):
        if name in _CHUNKS:
            yield slice(at, end)
        if name == b"IHDR" and turned > 1:
            exif = b"eXIf" + _exif(turned)
            yield struct.pack(">I", len(exif) - 4) + exif + struct.pack(">I", crc32(exif))


def _exif_of_png(data: mmap.mmap) -> Image.Exif:
    """Found here: Pillow decodes the whole picture first, for it may come after the pixels."""
    exif = Image.Exif()
    for name, at, end in _chunks(data):
        if name == b"eXIf":
            try:
                exif.load(data[at + 8 : min(end - 4, at + LARGEST_EXIF)])
            except BROKEN as error:
                raise Broken from error
            break
    return exif


def _chunks(data: mmap.mmap) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of each."""
    at, name = 8, b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data):
            raise Broken
        yield name, at, end
        at = end


# GIF: blocks, and extensions in chains of sub-blocks -------------------------------------------

_LOOPS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


def _gif(data: mmap.mmap) -> Iterator[Part]:
    at = 13 + _palette(data[10])
    yield slice(at)
    while True:
        start, kind = at, data[at]
        if kind == 0x3B:
            yield b";"
            return
        if kind == 0x2C:
            at += 10 + _palette(data[at + 9]) + 1
            is_needed = True
        elif kind == 0x21:
            is_loop = data[at + 1] == 0xFF and data[at + 3 : at + 14] in _LOOPS
            is_needed = data[at + 1] == 0xF9 or is_loop
            at += 2
        else:
            raise Broken
        while size := data[at]:
            at += 1 + size
        at += 1
        if is_needed:
            yield slice(start, at)


def _palette(flags: int) -> int:
    return 3 * 2 ** ((flags & 7) + 1) if flags & 0x80 else 0


# WebP: RIFF chunks of name, length, data -------------------------------------------------------

_WEBP = {b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
_EXIF_AND_XMP = 0x08 | 0x04


def _webp(data: mmap.mmap) -> Iterator[Part]:
    parts: list[Part] = []
    size, at, end = 4, 12, min(len(data), 8 + struct.unpack_from("<I", data, 4)[0])
    while at + 8 <= end:
        name, length = struct.unpack_from("<4sI", data, at)
        following = at + 8 + length + length % 2
        if following > end:
            raise Broken
        if name == b"VP8X" and length:
            flags = data[at + 8] & ~_EXIF_AND_XMP
            parts += [slice(at, at + 8), bytes((flags,)), slice(at + 9, following)]
            size += following - at
        elif name in _WEBP:
            parts.append(slice(at, following))
            size += following - at
        at = following
    yield b"RIFF" + struct.pack("<I", size) + b"WEBP"
    yield from parts
