"""What uploaded bytes are taken for, and what of them others get. No database."""

import io

import pytest
from PIL import Image, ImageFile

from chat import uploads
from chat.uploads import heic_to_jpeg, media, metadata, pictures
from chat.uploads.names import clean_name
from tests import files


@pytest.fixture
def examine(tmp_path):
    """examine(bytes, name, ...) -> the Upload."""

    def examine(data: bytes, name: str = "file", **options) -> uploads.Upload:
        path = tmp_path / "upload"
        path.write_bytes(data)
        (tmp_path / "scratch").mkdir(exist_ok=True)
        return uploads.examine(path, name, tmp_path / "scratch", **options)

    return examine


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_photo_keeps_its_pixels_and_loses_what_is_written_beside_them(examine, format):
    data = files.photo(format)
    assert files.SECRET in data
    upload = examine(data, f"holiday.{format.lower()}")
    clean = upload.path.read_bytes()
    assert (upload.kind, upload.type) == ("picture", f"image/{format.lower()}")
    assert (upload.width, upload.height) == (1200, 800)
    assert files.SECRET not in clean
    assert files.SECRET not in upload.thumbnail
    with Image.open(io.BytesIO(clean)) as after, Image.open(io.BytesIO(data)) as before:
        assert after.convert("RGB").tobytes() == before.convert("RGB").tobytes()
        assert set(after.getexif()) == set()
    with Image.open(io.BytesIO(upload.thumbnail)) as small:
        assert (small.format, small.size) == ("WEBP", (960, 640))


@pytest.mark.parametrize("format", ["JPEG", "PNG"])
def test_a_photo_that_was_turned_stays_upright(examine, format):
    upload = examine(files.photo(format, turned=6))
    assert (upload.width, upload.height) == (800, 1200)
    with Image.open(upload.path) as clean:
        assert dict(clean.getexif()) == {pictures.ORIENTATION: 6}
    with Image.open(io.BytesIO(upload.thumbnail)) as small:
        assert small.size == (640, 960)


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_what_is_hidden_behind_a_picture_does_not_come_along(examine, format):
    upload = examine(files.picture(format) + files.HTML)
    assert upload.kind == "picture"
    assert b"script" not in upload.path.read_bytes()


@pytest.mark.parametrize(("turned", "size"), [(1, (1200, 800)), (6, (800, 1200))])
def test_a_photo_of_an_iphone_becomes_one_that_everybody_sees(examine, turned, size):
    data = files.heic(turned=turned)
    assert files.SECRET in data
    upload = examine(data, "IMG_2034.HEIC")
    assert (upload.name, upload.kind, upload.type) == ("IMG_2034.jpg", "picture", "image/jpeg")
    assert (upload.width, upload.height) == size
    clean = upload.path.read_bytes()
    assert files.SECRET not in clean + upload.thumbnail
    with Image.open(io.BytesIO(clean)) as after:
        assert (after.format, after.size, dict(after.getexif())) == ("JPEG", size, {})
        left, top = (0, 0) if turned == 1 else (after.width - 1, 0)
        red, _green, blue = after.getpixel((left, top))
        assert red > 200 > 60 > blue  # the corner that was red still lies where the eye saw it
    with Image.open(io.BytesIO(upload.thumbnail)) as small:
        assert small.format == "WEBP"


def test_a_heic_that_cannot_be_read_is_a_file_to_download(examine):
    upload = examine(files.heic()[:600], "IMG_2034.HEIC")
    assert (upload.name, upload.kind) == ("IMG_2034.HEIC", "file")
    assert upload.type == uploads.DOWNLOAD


def test_no_vast_heic_is_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(heic_to_jpeg, "MAX_PIXELS", 1200 * 800 - 1)
    (tmp_path / "heic").write_bytes(files.heic())
    with pytest.raises(SystemExit):
        heic_to_jpeg.convert(str(tmp_path / "heic"), str(tmp_path / "jpeg"))
    assert not (tmp_path / "jpeg").exists()


@pytest.mark.parametrize("format", ["GIF", "WEBP", "PNG"])
def test_an_animation_goes_on_moving(examine, format):
    upload = examine(files.animation(format))
    assert (upload.kind, upload.thumbnail) == ("picture", b"")
    with Image.open(upload.path) as clean:
        assert clean.n_frames == 3
        assert clean.info["loop"] == 0


def test_a_small_picture_is_its_own_thumbnail(examine):
    assert examine(files.picture("PNG")).thumbnail == b""


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("page.png", files.HTML),
        ("drawing.svg", files.SVG),
        ("feed.xml", files.XML),
        ("script.gif", files.GIF_AND_SCRIPT),
        ("paper.pdf", files.PDF),
        ("bomb.png", files.png_bomb()),
        ("bomb.webp", files.webp_bomb()),
        ("cut.jpg", files.picture("JPEG")[:60]),
        ("cut.png", files.picture("PNG")[:60]),
        ("cut.gif", files.picture("GIF")[:30]),
        ("cut.webp", files.picture("WEBP")[:30]),
        ("long.webp", files.damaged_webp()),
        ("head.jpg", b"\xff\xd8\xff"),
        ("loop.jpg", b"\xff\xd8\xff\xe1\x00\x00" * 50),
        ("head.webp", b"RIFF\x04\0\0\0WEBP"),
        ("text.txt", b"plain words"),
        ("zeros", b"\0" * 5000),
        ("frames.mp3", b"\xff\xff\xff\xff" * 100),
        ("photo.heic", b"\0\0\0\x18ftypheic" + b"\0" * 100),
        ("film.mkv", b"\x1a\x45\xdf\xa3matroska"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_not_surely_harmless_is_only_to_download(examine, name, data):
    upload = examine(data, name, ffmpeg=files.FFMPEG)
    assert (upload.kind, upload.type, upload.thumbnail) == ("file", uploads.DOWNLOAD, b"")
    assert upload.name == name
    assert upload.path.read_bytes() == data


def test_no_bomb_is_decoded(examine, monkeypatch):
    def decode(*_):
        raise AssertionError("It was decoded")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    for bomb in (files.png_bomb(), files.vast_picture(), files.webp_bomb()):
        assert examine(bomb).kind == "file"
    with pytest.raises(AssertionError, match="decoded"):
        examine(files.picture("PNG"))


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "GIF"])
def test_a_picture_that_is_damaged_anywhere_breaks_nothing(examine, format):
    data = files.picture(format, (40, 30))
    for at in range(0, len(data), 3):
        for damaged in (data[:at], data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]):
            if damaged:
                examine(damaged)


@pytest.mark.parametrize("data", [files.sound(), files.voice(), files.video()])
def test_sound_and_video_without_ffmpeg(examine, data):
    upload = examine(data)
    assert upload.kind in {"audio", "video"}
    assert upload.type in uploads.INLINE
    assert (upload.width, upload.duration, upload.thumbnail) == (None, None, b"")


def test_a_video_has_its_size_length_and_first_picture_and_loses_its_title(examine):
    assert files.SECRET in files.video()
    upload = examine(files.video(), "film.mp4", ffmpeg=files.FFMPEG)
    assert (upload.kind, upload.type) == ("video", "video/mp4")
    assert (upload.width, upload.height) == (320, 180)
    assert upload.duration == pytest.approx(2, abs=0.2)
    with Image.open(io.BytesIO(upload.thumbnail)) as poster:
        assert poster.size == (320, 180)
    assert files.SECRET not in upload.path.read_bytes()


def test_a_voice_note_has_a_waveform_and_gets_its_length(examine):
    upload = examine(files.voice(), "note.webm", ffmpeg=files.FFMPEG, waveform="0123456789abcdef")
    assert (upload.kind, upload.type) == ("voice", "audio/webm")
    assert upload.waveform == "0123456789abcdef"
    assert upload.duration == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize("waveform", ["<b>", "0" * 65, "zz", "01234567 "])
def test_a_waveform_is_nothing_but_digits(examine, waveform):
    upload = examine(files.sound(), waveform=waveform)
    assert (upload.kind, upload.waveform) == ("audio", "")


def test_one_deadline_is_for_all_that_ffmpeg_does(examine, tmp_path, monkeypatch):
    """Copy, probe and picture in turn could each take as long."""
    monkeypatch.setattr(media, "SECONDS", 0.3)
    for name in ("ffmpeg", "ffprobe"):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho {name} >> {tmp_path}/began\nexec sleep 5\n")
        program.chmod(0o755)
    upload = examine(files.video(), ffmpeg=str(tmp_path / "ffmpeg"))
    assert (upload.kind, upload.duration) == ("video", None)
    assert (tmp_path / "began").read_text() == "ffmpeg\n"


@pytest.mark.parametrize("head", [b"ID3\x04", b"OggS", b"fLaC", b"\x1a\x45\xdf\xa3webm"])
def test_what_ffmpeg_cannot_read_is_passed_on_as_it_is(examine, head):
    data = head + b"\0" * 500
    upload = examine(data, ffmpeg=files.FFMPEG)
    assert upload.type in uploads.INLINE
    assert upload.path.read_bytes() == data


def test_a_playlist_in_disguise_reaches_no_other_file(examine, tmp_path):
    (tmp_path / "secret").write_bytes(files.SECRET * 100)
    playlist = f"#EXTM3U\n#EXTINF:1,\nfile:{tmp_path}/secret\n".encode()
    upload = examine(b"ID3\x04\0\0\0\0\0\0" + playlist, ffmpeg=files.FFMPEG)
    assert files.SECRET not in upload.path.read_bytes()


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("Report 2026.pdf", "Report 2026.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\a.txt", "a.txt"),
        ("a\0b\r\n.txt", "ab.txt"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("..", "file"),
        ("", "file"),
        ("\u200b", "file"),
        (".htaccess", "htaccess"),
        ('a"b<c>?.png', "a_b_c__.png"),
        ("100%#1.txt", "100__1.txt"),
        ("照片.jpg", "照片.jpg"),
        ("cafe\u0301.txt", "café.txt"),
        ("\ud800.txt", "txt"),
        ("x" * 300 + ".tar.gz", "x" * 116 + "….gz"),
    ],
)
def test_names_neither_deceive_nor_lead_anywhere(name, clean):
    assert clean_name(name) == clean
    assert 0 < len(clean_name(name)) <= uploads.MAX_NAME_LENGTH


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1 KB"),
        (3_250_000, "3.2 MB"),
        (25_000_000, "25 MB"),
        (2_000_000_000, "2 GB"),
    ],
)
def test_sizes_are_said_in_few_digits(size, words):
    assert uploads.readable_size(size) == words


def test_the_orientation_is_all_that_is_written(tmp_path):
    with Image.open(io.BytesIO(files.photo("JPEG", turned=8))) as picture:
        assert files.SECRET in picture.info["exif"]
    exif = Image.Exif()
    exif.load(b"Exif\0\0" + metadata._exif(8))
    assert dict(exif) == {pictures.ORIENTATION: 8}
