"""An uploaded file -> what it is, and the bytes of it that others may get.

    file -> sniff: what its content is, whatever it is called
         -> heic: as a JPEG, where it is none of what browsers show
         -> metadata: pictures without what cameras and programs wrote about their owners
         -> pictures, media: size, duration, a small WebP to show

Pure: neither the ORM nor the settings. No file is refused for its type: what is not surely a
picture, a video or a sound that browsers show is a file to download and nothing else.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from . import heic, media, metadata, pictures, sniff
from .names import MAX_LENGTH as MAX_NAME_LENGTH
from .names import clean_name

__all__ = ["DOWNLOAD", "INLINE", "MAX_NAME_LENGTH", "Upload", "examine", "readable_size"]

# What a browser may show of itself. Everything else is served as DOWNLOAD.
INLINE = frozenset({*sniff.PICTURES, *sniff.VIDEOS, *sniff.SOUNDS})
DOWNLOAD = "application/octet-stream"

UNITS = ("B", "KB", "MB", "GB", "TB")

# The loudness of a voice note, one hexadecimal digit for each of its moments.
WAVEFORM = re.compile(r"[0-9a-f]{8,64}")


@dataclass
class Upload:
    """A file as it will be kept: at `path`, `kind` as in models.Attachment; sizes in pixels."""

    name: str
    path: Path
    kind: str = "file"
    type: str = DOWNLOAD
    width: int | None = None
    height: int | None = None
    duration: float | None = None  # seconds
    waveform: str = ""
    thumbnail: bytes = b""

    @property
    def size(self) -> int:
        """In bytes."""
        return self.path.stat().st_size


def examine(path: Path, name: str, scratch: Path, *, waveform="", ffmpeg=None) -> Upload:
    """What the file at `path` is; what had to be made anew for it lies in the folder `scratch`.

    `waveform` says that a sound was spoken just now. `ffmpeg` is the program's path, if there is
    one. Nothing is refused, and nothing raises for what is broken or made to break something; only
    media.Busy.
    """
    upload = Upload(clean_name(name), path)
    type = sniff.type_of(path)
    if type == sniff.HEIC:
        _take_heic(upload, scratch)
    elif type in sniff.PICTURES:
        _take_picture(upload, type, scratch)
    elif type in sniff.VIDEOS or type in sniff.SOUNDS:
        _take_media(upload, type, scratch, waveform, ffmpeg)
    return upload


def _take_picture(upload: Upload, type: str, scratch: Path) -> None:
    try:
        clean = metadata.strip(upload.path, scratch / "picture", type)
        picture = pictures.look_at(clean, type)
    except pictures.Broken:
        return
    upload.path, upload.kind, upload.type = clean, "picture", type
    upload.width, upload.height, upload.thumbnail = picture


def _take_heic(upload: Upload, scratch: Path) -> None:
    try:
        upload.path = heic.as_jpeg(upload.path, scratch / "jpeg")
    except pictures.Broken:
        return
    upload.name = heic.name_as_jpeg(upload.name)
    _take_picture(upload, "image/jpeg", scratch)


def _take_media(upload: Upload, type: str, scratch: Path, waveform: str, ffmpeg) -> None:
    is_video, upload.type = type in sniff.VIDEOS, type
    if ffmpeg:
        found = media.look_at(upload.path, type, scratch, ffmpeg)
        upload.path, upload.duration = found.path, found.duration
        if found.width:
            upload.width, upload.height, upload.thumbnail = (
                found.width,
                found.height,
                found.poster and pictures.small(found.poster),
            )
        is_video = found.is_video if found.is_known else is_video
    if is_video and not waveform:
        upload.kind = "video"
    else:
        upload.type = sniff.AS_SOUND.get(type, type)
        upload.kind = "voice" if WAVEFORM.fullmatch(waveform) else "audio"
        upload.waveform = waveform if upload.kind == "voice" else ""


def readable_size(size: int) -> str:
    """A number of bytes for people, in the same words everywhere.

    >>> readable_size(340), readable_size(3_250_000), readable_size(25_000_000)
    ('340 B', '3.3 MB', '25 MB')
    """
    power = min(len(f"{size}") - 1, 14) // 3
    amount = size / 1000**power
    digits = 1 if power > 1 and amount < 10 and amount % 1 else 0
    return f"{amount:.{digits}f} {UNITS[power]}"
