import io
import re
from xml.etree import ElementTree

import pytest
from PIL import Image, ImageFile

from accounts import avatars
from chat.errors import Invalid, TooLong
from tests.accounts.people import sign_in

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("Ada Lovelace", "AL"),
        ("ada", "A"),
        ("Ada Augusta King Lovelace", "AL"),
        ("小明", "小"),
        ("王 小明", "王"),
        ("たろう", "た"),
        ("김철수", "김"),
        ("Élodie ﷺ", "Éﷺ"),
        ("ßeta", "S"),
        ("🦊", "🦊"),
        ("🦊 Fox", "F"),
        ("@ada_l", "A"),
        ("../../etc", "E"),
        ("<script>", "S"),
        ("...", "?"),
        ("", "?"),
    ],
)
def test_initials(name, initials):
    assert avatars.initials(name) == initials


@pytest.mark.parametrize("text", ["A", "AL", "小", "<&", '">', "🦊"])
@pytest.mark.parametrize("hue", [0, 11, 23])
def test_a_drawn_avatar_is_a_picture_that_holds_the_text_and_nothing_else(text, hue):
    root = ElementTree.fromstring(avatars.draw(text, hue))
    assert [node.text for node in root.iter(f"{SVG}text")] == [text]
    tags = {node.tag.removeprefix(SVG) for node in root.iter()}
    assert tags <= {"svg", "defs", "linearGradient", "stop", "rect", "circle", "text"}


def test_each_hue_is_another_picture():
    assert len({avatars.draw("A", hue) for hue in range(24)}) == 24


@pytest.mark.django_db
def test_generated_ones_are_served_for_ever_and_the_same_to_everybody(browser, alice):
    signed_out = browser.get(alice.avatar_url)
    sign_in(browser, "alice")
    signed_in = browser.get(alice.avatar_url, headers={"Accept-Language": "zh-CN"})
    assert signed_in.content == signed_out.content == avatars.draw("A", alice.hue).encode()
    assert "immutable" in signed_in["Cache-Control"]
    assert "sandbox" in signed_in["Content-Security-Policy"]
    assert not signed_in.has_header("Vary")
    assert not signed_in.cookies
    assert signed_in["Content-Type"] == "image/svg+xml"


@pytest.mark.parametrize("path", ["24/A", "3/ABC", "-1/A", "x/A", "3/"])
def test_addresses_that_are_nobodys_are_404(browser, path, db):
    assert browser.get(f"/accounts/avatar/{path}.svg").status_code == 404


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_uploads_become_a_small_square(picture, kind):
    result = Image.open(io.BytesIO(avatars.reencode(picture(kind))))
    assert (result.format, result.size) == ("WEBP", (256, 256))


def test_nothing_is_left_of_what_the_camera_wrote(picture):
    exif = Image.Exif()
    exif[0x010E] = "taken at home"  # ImageDescription
    exif.get_ifd(0x8825)[1] = "N"  # GPS
    data = picture("JPEG", exif=exif)
    assert b"taken at home" in data
    result = avatars.reencode(data)
    assert b"taken at home" not in result
    assert not Image.open(io.BytesIO(result)).getexif()


def test_pictures_are_turned_as_the_camera_meant():
    source = Image.new("RGB", (400, 400), "white")
    source.paste("black", (0, 0, 400, 200))  # the upper half
    exif = Image.Exif()
    exif[0x0112] = 3  # upside down
    out = io.BytesIO()
    source.save(out, "JPEG", exif=exif)
    result = Image.open(io.BytesIO(avatars.reencode(out.getvalue()))).convert("L")
    assert result.getpixel((128, 20)) > 200 > 50 > result.getpixel((128, 236))


def test_transparency_is_kept(picture):
    out = io.BytesIO()
    Image.new("RGBA", (300, 300), (255, 0, 0, 0)).save(out, "PNG")
    result = Image.open(io.BytesIO(avatars.reencode(out.getvalue())))
    assert result.mode == "RGBA" and result.getpixel((9, 9))[3] == 0


def cut(data: bytes) -> bytes:
    return data[: len(data) // 2]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<html><script>alert(1)</script>",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 100,
        b"\xff\xd8\xff\xe0" + b"\x00" * 100,
        b"II*\x00" + b"\x00" * 100,
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
    ],
)
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(Invalid):
        avatars.reencode(data)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_picture_that_is_cut_short_is_refused(picture, kind):
    noise = Image.effect_noise((300, 300), 80).convert("RGB")
    out = io.BytesIO()
    noise.save(out, kind)
    with pytest.raises(Invalid):
        avatars.reencode(cut(out.getvalue()))


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "ICO", "PPM"])
def test_other_formats_are_refused(picture, kind):
    with pytest.raises(Invalid):
        avatars.reencode(picture(kind, size=(64, 64)))


def test_too_many_bytes_are_refused():
    with pytest.raises(TooLong):
        avatars.reencode(b"\x89PNG" + b"\x00" * avatars.MAX_BYTES)


def test_a_bomb_is_refused_before_it_is_decoded(picture, monkeypatch):
    bomb = picture("PNG", size=(9000, 9000))
    assert len(bomb) < 1_000_000
    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("it was decoded"))
    with pytest.raises(TooLong):
        avatars.reencode(bomb)


@pytest.mark.django_db
def test_an_upload_is_shown_and_served(browser, alice, picture, tmp_path):
    sign_in(browser, "alice")
    upload = io.BytesIO(picture("JPEG"))
    upload.name = "../../me at home.html"
    browser.post("/accounts/profile/", {"take_avatar": "1", "avatar": upload})
    alice.refresh_from_db()
    assert re.fullmatch(r"/media/avatars/[\w-]{20,}\.webp", alice.avatar_url)
    served = browser.get(alice.avatar_url)
    assert b"".join(served.streaming_content)[8:12] == b"WEBP"
    assert served["Content-Type"] == "image/webp"
    assert served["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in served["Content-Security-Policy"]
    assert not served.has_header("Vary")


@pytest.mark.django_db
def test_the_old_picture_goes_when_a_new_one_comes(browser, alice, picture, tmp_path, told):
    alice.take_avatar(picture())
    first = alice.avatar.path
    alice.take_avatar(picture("JPEG"))
    assert [str(path) for path in tmp_path.rglob("*.webp")] == [alice.avatar.path] != [first]
    alice.drop_avatar()
    assert not list(tmp_path.rglob("*.webp"))
    assert alice.avatar_url == avatars.generated_url("alice", alice.hue)


@pytest.mark.django_db
def test_a_bad_upload_is_explained_and_changes_nothing(browser, alice):
    sign_in(browser, "alice")
    upload = io.BytesIO(b"<script>")
    upload.name = "a.png"
    answer = browser.post("/accounts/profile/", {"take_avatar": "1", "avatar": upload})
    assert "not a picture" in answer.content.decode()
    alice.refresh_from_db()
    assert not alice.avatar


ELSEWHERE = ["chatsite.sqlite3", "../chatsite.sqlite3", "secret.webp", "x.svg", "none.webp"]
ELSEWHERE += ["../secret.webp", "%2e%2e/secret.webp", "a/b.webp", "", "avatars/../../secret.webp"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", [*ELSEWHERE, *(f"avatars/{path}" for path in ELSEWHERE)])
def test_nothing_else_is_served(browser, path, tmp_path):
    (tmp_path / "secret.webp").write_bytes(b"secret")
    (tmp_path / "chatsite.sqlite3").write_bytes(b"secret")
    assert browser.get(f"/media/{path}").status_code == 404
