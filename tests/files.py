"""Files to upload: pictures with a secret in them, sounds and videos, and what is made to harm."""

import io
import shutil
import struct
import subprocess
import wave
from functools import cache
from zlib import crc32

import pillow_heif
from PIL import Image

SECRET = b"12 Rose Lane, 48.2N 16.4E"
FFMPEG = shutil.which("ffmpeg")


def picture(format="PNG", size=(120, 80), *, colour="teal", **options) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, format, **options)
    return out.getvalue()


def photo(format: str, size=(1200, 800), turned: int = 1) -> bytes:
    """A picture as a telephone takes it, which says where that was."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = turned, SECRET.decode()
    out = io.BytesIO()
    options = {"comment": SECRET} if format == "GIF" else {"exif": exif}
    Image.effect_noise(size, 80).convert("RGB").save(out, format, **options)
    return out.getvalue()


@cache
def heic(turned: int = 1) -> bytes:
    """A picture as an iPhone takes it: where it was is in the GPS of its EXIF, and its first corner
    is red. `turned`: how the telephone was held.
    """
    exif = Image.Exif()
    exif[0x0112] = turned
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 12.0, 36.0), 27: SECRET})
    image = Image.new("RGB", (1200, 800), "navy")
    image.paste("red", (0, 0, 600, 400))
    out = io.BytesIO()
    pillow_heif.from_pillow(image).save(out, exif=exif.tobytes(), quality=60)
    return out.getvalue()


def animation(format: str) -> bytes:
    out = io.BytesIO()
    first, *others = [Image.new("RGB", (60, 40), colour) for colour in ("red", "green", "blue")]
    first.save(out, format, save_all=True, append_images=others, duration=100, loop=0)
    return out.getvalue()


def png_bomb(width=50_000, height=50_000) -> bytes:
    """A few bytes that say 2,500 million pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc32(name + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def vast_picture() -> bytes:
    """A valid PNG of few bytes and 49 million pixels."""
    out = io.BytesIO()
    Image.new("1", (7000, 7000)).save(out, "PNG")
    return out.getvalue()


def damaged_webp() -> bytes:
    """Its last chunk says more bytes than there are."""
    chunks = b"VP8X" + struct.pack("<I", 10) + b"\x20\0\0\0" + b"\x0f\0\0" * 2
    chunks += b"ICCP" + struct.pack("<I", 4) + b"abcd"
    chunks += b"VP8 " + struct.pack("<I", 9999) + b"x" * 20
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks


def webp_bomb() -> bytes:
    side = (16_000 - 1).to_bytes(3, "little")
    head = b"VP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + side + side
    return b"RIFF" + struct.pack("<I", 4 + len(head)) + b"WEBP" + head


def sound(seconds: float = 1) -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\x10" * int(8000 * seconds))
    return out.getvalue()


@cache
def made_by_ffmpeg(*arguments: str) -> bytes:
    source = ["-f", "lavfi", "-i", "testsrc=size=320x180:rate=5:duration=2"]
    source += ["-f", "lavfi", "-i", "sine=duration=2", "-metadata", f"title={SECRET.decode()}"]
    command = [FFMPEG, "-v", "error", *source, *arguments, "-"]
    return subprocess.run(command, capture_output=True, check=True).stdout


def video() -> bytes:
    """An MP4 of two seconds with a title."""
    return made_by_ffmpeg(
        *("-c:v", "mpeg4", "-c:a", "aac", "-f", "mp4", "-movflags", "frag_keyframe+empty_moov")
    )


def film() -> bytes:
    """A WebM of two seconds, which every browser plays."""
    return made_by_ffmpeg("-c:v", "libvpx", "-c:a", "libopus", "-f", "webm")


def voice() -> bytes:
    """What a browser's recorder makes: WebM with sound only, streamed, so without a duration."""
    return made_by_ffmpeg(*("-map", "1:a", "-c:a", "libopus", "-live", "1", "-f", "webm"))


HTML = b"<!doctype html><script>alert(document.cookie)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
XML = b'<?xml version="1.0"?><x xmlns="http://www.w3.org/1999/xhtml"><script>alert(1)</script></x>'
# A GIF to who looks at its start, JavaScript to who runs it.
GIF_AND_SCRIPT = b"GIF89a/*" + b"\0" * 40 + b"*/=1;alert(1)"
PDF = b"%PDF-1.7\n1 0 obj <</OpenAction <</S /JavaScript /JS (app.alert(1))>>>>"
