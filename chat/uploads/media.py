"""Video and sound by ffmpeg, where there is one: how large, how long, a picture to show before.

What is uploaded is hostile. So ffmpeg is told which of its readers to use, for others follow what a
file says to other files and addresses; it may read nothing but that file; and time, pixels and what
it writes are bounded.
"""

import json
import logging
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

SECONDS = 20.0  # for all that is done with one file
# One file at a time; so many wait for that, or are at it, and what comes then is sent away: who
# takes files in goes on with what needs no ffmpeg (see chat/threads.py).
ONE_AT_A_TIME = threading.Lock()
IN_LINE = 3
LINE = threading.BoundedSemaphore(IN_LINE)
MAX_PIXELS = 36_000_000  # 8K
READERS = {
    "video/mp4": "mov",
    "audio/mp4": "mov",
    "video/webm": "matroska",
    "audio/webm": "matroska",
    "audio/mpeg": "mp3",
    "audio/ogg": "ogg",
    "audio/wav": "wav",
    "audio/flac": "flac",
    "audio/aac": "aac",
}
# Containers in which places and cameras are written, and in which a browser's recorder leaves out
# how long it is.
WRITERS = {"mov": ["-f", "mp4", "-movflags", "+faststart"], "matroska": ["-f", "webm"]}


@dataclass
class Found:
    path: Path
    is_known: bool = False
    is_video: bool = False
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    poster: bytes = b""  # a PNG


class Busy(Exception):
    """Too many other files are being looked at."""


def look_at(path: Path, type: str, scratch: Path, ffmpeg: str) -> Found:
    """What ffmpeg finds out; `path` is a copy without metadata where it could make one.

    Raises Busy.
    """
    if not LINE.acquire(blocking=False):
        raise Busy
    try:
        with ONE_AT_A_TIME:
            return _look_at(path, type, scratch, ffmpeg, time.monotonic() + SECONDS)
    finally:
        LINE.release()


def _look_at(path: Path, type: str, scratch: Path, ffmpeg: str, ends: float) -> Found:
    reader = READERS[type]
    found = Found(path)
    with _told(type):
        found.path = _copy(path, reader, scratch / "media", ffmpeg, ends)
    source = _source(found.path, reader)
    with _told(type):
        _probe(found, source, ffmpeg, ends)
        if found.is_video:
            at = f"{min(1.0, (found.duration or 0) / 3):.2f}"
            limits = ["-threads", "1", "-max_pixels", str(MAX_PIXELS)]
            frame = ["-frames:v", "1", "-an", "-vf", "scale='min(1920,iw)':-2"]
            command = [ffmpeg, *QUIET, "-ss", at, *limits, *source, *frame, *AS_PNG]
            found.poster = _run(command, ends)
    return found


QUIET = ["-nostdin", "-v", "error"]
AS_PNG = ["-f", "image2pipe", "-c:v", "png", "-"]


@contextmanager
def _told(type: str) -> Iterator[None]:
    try:
        yield
    except (subprocess.SubprocessError, OSError, LookupError, ValueError) as error:
        logger.info("ffmpeg could not take a file of type %s: %s", type, error)


def _source(path: Path, reader: str) -> list[str]:
    return ["-protocol_whitelist", "file", "-f", reader, "-i", f"file:{path}"]


def _copy(path: Path, reader: str, target: Path, ffmpeg: str, ends: float) -> Path:
    if reader not in WRITERS:
        return path
    streams = [
        "-map",
        "0:v:0?",
        "-map",
        "0:a:0?",
        "-map_metadata",
        "-1",
        "-map_chapters",
        "-1",
        "-c",
        "copy",
    ]
    # Its new index may be some bytes more than before; a copy that is much larger is none.
    most = ["-fs", str(path.stat().st_size + 1_000_000)]
    out = [*streams, *most, *WRITERS[reader], "-y", f"file:{target}"]
    _run([ffmpeg, *QUIET, *_source(path, reader), *out], ends)
    return target


def _probe(found: Found, source: list[str], ffmpeg: str, ends: float) -> None:
    ffprobe = str(Path(ffmpeg).with_name("ffprobe"))
    about = json.loads(
        _run(
            [ffprobe, "-v", "error", "-show_streams", "-show_format", "-of", "json", *source], ends
        )
    )
    streams = about.get("streams", [])
    found.is_known = True
    duration = float(about.get("format", {}).get("duration", 0))
    found.duration = duration if 0 < duration < 10**6 else None
    for stream in streams:
        if stream.get("codec_type") != "video" or stream["disposition"]["attached_pic"]:
            continue
        width, height = int(stream["width"]), int(stream["height"])
        turns = [int(data.get("rotation", 0)) for data in stream.get("side_data_list", [])]
        if any(turn % 180 for turn in turns):
            width, height = height, width
        if 0 < width * height <= MAX_PIXELS:
            found.is_video, found.width, found.height = True, width, height
        return


def _run(command: list[str], ends: float) -> bytes:
    """Its standard output. Raises SubprocessError when it fails or is not done in time."""
    if (seconds := ends - time.monotonic()) <= 0:
        raise subprocess.TimeoutExpired(command, 0)
    done = subprocess.run(command, capture_output=True, timeout=seconds, check=True)  # noqa: S603
    return done.stdout


def find(name: str) -> str | None:
    """The path of ffmpeg, if it is called `name` and has its ffprobe beside it."""
    path = shutil.which(name) if name else None
    return path if path and Path(path).with_name("ffprobe").exists() else None
