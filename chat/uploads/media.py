"""Video and sound by ffmpeg, where there is one: how large, how long, a picture to show before.

What is uploaded is hostile. So ffmpeg is told which of its readers to use, for others follow what a
file says to other files and addresses; it may read nothing but that file; and time, pixels and what
it writes are bounded.
"""

import json
import logging
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

logger = logging.getLogger(__name__)

SECONDS = 20.0
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


def look_at(path: Path, type: str, scratch: Path, ffmpeg: str) -> Found:
    """What ffmpeg finds out; `path` is a copy without metadata where it could make one."""
    reader = READERS[type]
    found = Found(path)
    with _told(type):
        found.path = _copy(path, reader, scratch / "media", ffmpeg)
    source = _source(found.path, reader)
    with _told(type):
        _probe(found, source, ffmpeg)
        if found.is_video:
            at = f"{min(1.0, (found.duration or 0) / 3):.2f}"
            limits = ["-threads", "1", "-max_pixels", str(MAX_PIXELS)]
            frame = ["-frames:v", "1", "-an", "-vf", "scale='min(1920,iw)':-2"]
            found.poster = _run([ffmpeg, *QUIET, "-ss", at, *limits, *source, *frame, *AS_PNG])
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


def _copy(path: Path, reader: str, target: Path, ffmpeg: str) -> Path:
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
    _run([ffmpeg, *QUIET, *_source(path, reader), *out])
    return target


def _probe(found: Found, source: list[str], ffmpeg: str) -> None:
    ffprobe = str(Path(ffmpeg).with_name("ffprobe"))
    about = json.loads(
        _run([ffprobe, "-v", "error", "-show_streams", "-show_format", "-of", "json", *source])
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


def _run(command: list[str]) -> bytes:
    """Its standard output. Raises SubprocessError when it fails or takes too long."""
    done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)  # noqa: S603
    return done.stdout


def find(name: str) -> str | None:
    """The path of ffmpeg, if it is called `name` and has its ffprobe beside it."""
    path = shutil.which(name) if name else None
    return path if path and Path(path).with_name("ffprobe").exists() else None
