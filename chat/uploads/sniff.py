"""What a file is, told by its content alone; its name and what the browser says may lie."""

from pathlib import Path

PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
HEIC = "image/heic"  # a picture, once it is made one that browsers show
VIDEOS = frozenset({"video/mp4", "video/webm"})
SOUNDS = frozenset(
    {"audio/mpeg", "audio/mp4", "audio/webm", "audio/ogg", "audio/wav", "audio/flac", "audio/aac"}
)
# The containers that hold either.
AS_SOUND = {"video/mp4": "audio/mp4", "video/webm": "audio/webm"}

HEAD = 4096

# Brands of ISO base media files (ISO/IEC 14496-12) that browsers can be expected to play, and of
# those that hold pictures (ISO/IEC 23008-12).
_MP4 = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"avc1", b"mp41", b"mp42", b"mmp4", b"dash"}
_MP4 |= {b"M4V ", b"M4VH", b"M4VP", b"MSNV", b"qt  ", b"3gp4", b"3gp5", b"3gp6", b"f4v "}
_M4A = {b"M4A ", b"M4B "}
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_BRANDS = dict.fromkeys(_MP4, "video/mp4") | dict.fromkeys(_M4A, "audio/mp4")
_BRANDS |= dict.fromkeys(_HEIC, HEIC)

_STARTS = {
    b"\xff\xd8\xff": "image/jpeg",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"GIF87a": "image/gif",
    b"GIF89a": "image/gif",
    b"ID3": "audio/mpeg",
    b"OggS": "audio/ogg",
    b"fLaC": "audio/flac",
}


def type_of(path: Path) -> str | None:
    """A type of PICTURES, VIDEOS or SOUNDS, or HEIC; None for everything else."""
    with path.open("rb") as file:
        return type_of_bytes(file.read(HEAD))


def type_of_bytes(head: bytes) -> str | None:
    """The same, from the first HEAD bytes."""
    for start, type in _STARTS.items():
        if head.startswith(start):
            return None if type == "audio/ogg" and b"theora" in head[:512] else type
    if head[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(head[8:12])
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12])
    if head[:4] == b"\x1a\x45\xdf\xa3":  # EBML; other Matroska is not for browsers
        return "video/webm" if b"webm" in head[:64] else None
    return _sound_without_head(head)


def _sound_without_head(head: bytes) -> str | None:
    """MP3 or AAC that begins with its first frame: a rate and a layer that there are."""
    if len(head) < 4 or head[0] != 0xFF:
        return None
    if head[1] & 0xF6 == 0xF0:
        return "audio/aac" if (head[2] >> 2 & 15) < 13 else None
    is_mp3 = head[1] & 0xE6 == 0xE2 and head[1] & 0x18 != 0x08
    return "audio/mpeg" if is_mp3 and head[2] >> 4 not in {0, 15} and head[2] >> 2 & 3 < 3 else None
