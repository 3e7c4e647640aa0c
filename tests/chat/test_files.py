"""Files in messages: how they are taken in, who gets them, how they go."""

import asyncio
import os
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from chat import uploads
from chat.errors import ChatError, TooLong
from chat.models import Attachment, Message, Room
from chat.models.attachment import sweep
from chat.threads import UPLOADS, in_thread
from chat.uploads import media
from tests import files
from tests.sockets import client_of, post, session_of
from tests.uploading import JSON, send_file, stored_files

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(uploaded):
    """sent(user, room, ...) -> the file, in a message."""

    def sent(user, room, data=None, name="picture.png") -> Attachment:
        id = uploaded(user, room, data, name)["id"]
        room.post(user, "", attachments=[id])
        return Attachment.objects.get(pk=id)

    return sent


def url_of(attachment: Attachment) -> str:
    return reverse("file", args=[attachment.pk, attachment.name])


def body_of(response) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def nothing_waits() -> bool:
    return not any(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())


# Sending ----------------------------------------------------------------------------------------


async def test_several_files_are_one_message_and_one_revision(tab_of, uploaded, alice, bob, room):
    first = await in_thread(uploaded, alice, room)
    second = await in_thread(uploaded, alice, room, b"words", "notes.txt")
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    frame = post(room, "", attachments=[second["id"], first["id"]])
    ack = await hers.ask("send_message", **frame)
    told = await his.receive("new_message")
    assert ack["revision"] == told["revision"] == 1
    assert told["message"]["attachments"] == [second, first]
    assert first["kind"] == "picture"
    assert (first["width"], first["height"]) == (120, 80)
    assert second == {
        "id": second["id"],
        "name": "notes.txt",
        "kind": "file",
        "type": uploads.DOWNLOAD,
        "size": 5,
        "url": f"/files/{second['id']}/notes.txt",
    }
    again = await hers.ask("send_message", **frame)
    assert again["id"] == ack["id"]


async def test_what_was_missed_comes_with_its_files(tab_of, uploaded, says, alice, bob, room):
    file = await in_thread(uploaded, alice, room)
    await says(alice, room, "", attachments=[file["id"]])
    his = await tab_of(bob, room)
    changes = await his.ask("sync", room=room.slug, since=0)
    assert changes["messages"][0]["attachments"] == [file]


async def test_neither_words_nor_files_is_no_message(tab_of, alice, room):
    hers = await tab_of(alice, room)
    assert (await hers.ask("send_message", **post(room, "  ")))["code"] == "empty"


async def test_a_frame_with_too_many_files_is_refused(tab_of, alice, room):
    hers = await tab_of(alice, room)
    frame = post(room, "", attachments=list(range(1, 12)))
    assert (await hers.ask("send_message", **frame))["code"] == "invalid"


def test_the_number_of_files_in_a_message_is_bounded(alice, room):
    with pytest.raises(TooLong, match="10"):
        room.post(alice, "", attachments=list(range(1, 12)))


@pytest.mark.parametrize("ids", [[999], ["own", "own"], ["his"], ["own", "sent"]])
def test_only_own_files_that_were_not_sent_can_be_sent(uploaded, sent, alice, bob, room, ids):
    known = {
        "own": uploaded(alice, room)["id"],
        "his": uploaded(bob, room)["id"],
        "sent": sent(alice, room).pk,
    }
    with pytest.raises(ChatError) as refusal:
        room.post(alice, "Look", attachments=[known.get(id, id) for id in ids], nonce=uuid4())
    assert refusal.value.code == "not_found"
    assert room.messages.count() == 1
    assert Attachment.objects.get(pk=known["own"]).message is None


def test_a_file_that_is_sent_twice_at_the_same_moment_is_in_one_message(uploaded, alice, room):
    other = Room.create(alice, "Elsewhere")
    id = uploaded(alice, room)["id"]

    def say(place: Room):
        try:
            return place.post(alice, "Look", attachments=[id])
        except ChatError as refusal:
            return refusal.code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(say, [room, other] * 4))
    messages = [result for result in results if isinstance(result, Message)]
    assert len(messages) == 1
    assert results.count("not_found") == 7
    assert Attachment.objects.get(pk=id).message == messages[0]


def test_a_message_without_files_costs_no_query_for_them(alice, room):
    room.post(alice, "Warm")
    with CaptureQueriesContext(
        connection,
    ) as asked:
        room.post(alice, "Only words")
        room.messages.page()
    assert not [query for query in asked if "chat_attachment" in query["sql"]]


def test_the_words_beside_a_file_can_be_changed_and_taken_away(uploaded, alice, room):
    message = room.post(alice, "Look", attachments=[uploaded(alice, room)["id"]])
    message = message.edit(alice, "")
    assert (message.body, len(message.files)) == ("", 1)


def test_an_answer_to_a_file_quotes_its_name(uploaded, alice, bob, room):
    message = room.post(alice, "", attachments=[uploaded(alice, room, name="map.png")["id"]])
    room.post(bob, "Where is that?", reply_to=message.pk)
    page = client_of(bob).get(room.get_absolute_url()).content.decode()
    assert "<b>alice</b> map.png" in page


def test_many_long_names_are_quoted_in_one_line(uploaded, alice, room):
    """As a notice to a telephone, which may have 4 KB."""
    ids = [uploaded(alice, room, b"x", "文" * 110 + f"{n}.txt")["id"] for n in range(10)]
    excerpt = room.post(alice, "", attachments=ids).excerpt
    assert excerpt.startswith("文" * 110 + "0.txt, ")
    assert len(excerpt) == 140


def test_without_scripts_a_form_sends_words_and_files(alice, bob, room):
    form = {
        "body": "Two of them",
        "file": [SimpleUploadedFile("a.png", files.picture()), SimpleUploadedFile("b.txt", b"b")],
    }
    answer = client_of(bob).post(reverse("upload", args=[room.slug]), form)
    assert (answer.status_code, answer["Location"]) == (302, room.get_absolute_url())
    message = room.messages.get()
    assert [file["name"] for file in message.files] == ["a.png", "b.txt"]
    assert message.body == "Two of them"


def test_without_scripts_files_go_into_the_thread_that_is_open(alice, bob, room):
    root = room.post(alice, "What do you think?")
    form = {"body": "This", "file": SimpleUploadedFile("a.png", files.picture())}
    path = f"{reverse('upload', args=[room.slug])}?thread={root.pk}"
    answer = client_of(bob).post(path, form)
    assert answer["Location"] == f"{room.get_absolute_url()}?thread={root.pk}"
    assert room.messages.get(body="This").thread == root
    page = client_of(bob).get(answer["Location"]).content.decode()
    assert f'formaction="{path}"' in page


def test_without_scripts_a_refusal_keeps_the_words_and_takes_no_files(limit, alice, bob, room):
    client, path = client_of(bob), reverse("upload", args=[room.slug])

    def send(number: int, body: str = "<b>\n I & you"):
        file = [SimpleUploadedFile(f"{n}.txt", b"words") for n in range(number)]
        answer = client.post(path, {"body": body, "file": file})
        assert (answer.status_code, Attachment.objects.count(), stored_files()) == (400, 0, [])
        return answer.content.decode()

    words = "\n&lt;b&gt;\n I &amp; you</textarea>"
    page = send(11)
    assert "at most 10 files" in page
    assert words in page
    limit(message="1 per hour")
    room.post(bob, "One")
    assert words in send(2)  # refused after they were taken in
    assert words not in client.get(room.get_absolute_url()).content.decode()


# What pictures show -----------------------------------------------------------------------------


def describe(user, id: int, description: str):
    url = reverse("describe_file", args=[id])
    return client_of(user).post(url, {"description": description})


async def test_a_picture_is_sent_with_what_is_to_be_seen_on_it(tab_of, uploaded, alice, bob, room):
    picture = await in_thread(uploaded, alice, room)
    answer = await in_thread(describe, alice, picture["id"], " A red\n <kite> ")
    described = picture | {"description": "A red <kite>"}
    assert (answer.status_code, answer.json()) == (200, described)
    his = await tab_of(bob, room)
    hers = await tab_of(alice, room)
    await hers.ask("send_message", **post(room, "", attachments=[picture["id"]]))
    told = (await his.receive("new_message"))["message"]
    assert told["attachments"] == [described]
    assert 'alt="A red &lt;kite&gt;"' in told["html"]
    assert 'data-name="picture.png"' in told["html"]


async def test_a_picture_that_was_sent_is_described_afterwards(tab_of, uploaded, alice, bob, room):
    plain = [(await in_thread(uploaded, alice, room))["id"] for _ in range(2)]
    message = await in_thread(room.post, alice, "Look", attachments=plain)
    his = await tab_of(bob, room)
    assert (await in_thread(describe, alice, plain[1], "The hut")).status_code == 200
    told = await his.receive("message_changed")
    assert told["revision"] == message.revision + 1
    shown = [file.get("description") for file in told["message"]["attachments"]]
    assert shown == [None, "The hut"]
    assert [
        told["message"]["html"].count(f'alt="{alt}"') for alt in ("picture.png", "The hut")
    ] == [1, 1]
    assert told["message"]["edited_at"] is None
    assert (await in_thread(describe, alice, plain[1], " ")).status_code == 200
    told = await his.receive("message_changed")
    assert "description" not in told["message"]["attachments"][1]


def test_a_description_that_is_too_long_says_so(uploaded, alice, room):
    id = uploaded(alice, room)["id"]
    assert describe(alice, id, "木" * 1000).status_code == 200
    answer = describe(alice, id, "木" * 1001)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_long")
    assert "1000" in answer.json()["message"]
    assert "1001" in answer.json()["message"]
    assert Attachment.objects.get().description == "木" * 1000


def test_only_own_pictures_are_described(uploaded, sent, alice, bob, charlie, room):
    picture, paper = uploaded(alice, room)["id"], uploaded(alice, room, b"x", "notes.txt")["id"]
    there = sent(alice, room).pk
    for user, id in ((bob, picture), (charlie, there), (bob, there), (alice, paper), (alice, 999)):
        assert describe(user, id, "Mine").status_code == 404
    assert not Attachment.objects.exclude(description="").exists()


def test_who_may_not_write_any_more_describes_nothing(uploaded, sent, alice, bob, room):
    his, gone = sent(bob, room), sent(bob, room)
    gone.message.remove(bob)
    assert describe(bob, gone.pk, "A kite").status_code == 404
    room.leave(bob)
    assert describe(bob, his.pk, "A kite").status_code == 404
    room.admit(bob)
    room.archive(alice)
    answer = describe(bob, his.pk, "A kite")
    assert (answer.status_code, answer.json()["code"]) == (400, "archived")
    assert not Attachment.objects.exclude(description="").exists()


def test_what_somebody_else_said_of_a_picture_goes_along_and_stays(uploaded, alice, bob, room):
    id = uploaded(alice, room)["id"]
    describe(alice, id, "The hut")
    message = room.post(alice, "", attachments=[id])
    elsewhere = Room.create(bob, "Elsewhere")
    copy = message.forward(bob, elsewhere, knowingly=True)
    assert copy.files[0]["description"] == "The hut"
    answer = describe(bob, copy.files[0]["id"], "Something else")
    assert (answer.status_code, answer.json()["code"]) == (400, "not_allowed")


def test_what_is_to_be_seen_is_quoted_and_found(uploaded, alice, bob, room):
    id = uploaded(alice, room, name="IMG_1.png")["id"]
    message = room.post(alice, "", attachments=[id])
    describe(alice, id, "A red kite over the hut")
    assert Message.objects.get(pk=message.pk).excerpt == "A red kite over the hut"
    page = client_of(bob).get("/search/", {"q": "kite"}).content.decode()
    assert "A red <mark>kite</mark> over the hut · IMG_1.png" in page


def test_a_picture_is_described_in_the_moment_it_is_sent(uploaded, alice, room):
    id = uploaded(alice, room)["id"]

    def either(act):
        try:
            return act()
        finally:
            connections.close_all()

    acts = [
        lambda: describe(alice, id, "A kite").status_code,
        lambda: room.post(alice, "Look", attachments=[id]).pk,
    ]
    with ThreadPoolExecutor(2) as threads:
        status, pk = threads.map(either, acts)
    assert status == 200
    assert Message.objects.get(pk=pk).files[0]["description"] == "A kite"


# What is refused --------------------------------------------------------------------------------


def test_a_file_that_is_too_large_is_told_both_numbers(settings, alice, room):
    settings.MAX_FILE_BYTES = 1000
    answer = send_file(alice, room, b"x" * 2500)
    assert answer.status_code == 413
    assert answer.json()["code"] == "too_long"
    assert "1 KB" in answer.json()["message"]
    assert "2 KB" in answer.json()["message"]
    assert (Attachment.objects.count(), stored_files()) == (0, [])


def test_an_empty_file_and_no_file_are_refused(alice, room):
    for data in ({"file": SimpleUploadedFile("empty.txt", b"")}, {}):
        answer = client_of(alice).post(reverse("upload", args=[room.slug]), data, headers=JSON)
        assert (answer.status_code, answer.json()["code"]) == (400, "empty")


def test_the_quota_is_told_and_freed_by_deleting(settings, sent, alice, room, work):
    settings.QUOTA_BYTES = 2500
    first = sent(alice, room, b"x" * 2000, "a.bin")
    answer = send_file(alice, room, b"x" * 1000)
    assert answer.status_code == 413
    assert "2 KB" in answer.json()["message"]
    first.message.remove(alice)
    work()
    assert send_file(alice, room, b"x" * 1000).status_code == 201


def test_what_is_taken_off_again_takes_up_no_room(settings, uploaded, alice, room):
    settings.QUOTA_BYTES = 2500
    file = uploaded(alice, room, b"x" * 2000, "a.bin")
    assert send_file(alice, room, b"x" * 2000).status_code == 413
    url = reverse("discard_file", args=[file["id"]])
    assert client_of(alice).post(url).status_code == 204
    assert (Attachment.objects.count(), stored_files()) == (0, [])
    assert send_file(alice, room, b"x" * 2000).status_code == 201


def test_neither_what_others_uploaded_nor_what_was_sent_is_taken_off(
    uploaded, sent, alice, bob, room
):
    his, hers = uploaded(bob, room)["id"], sent(alice, room).pk
    for id in (his, hers, 999):
        client_of(alice).post(reverse("discard_file", args=[id]))
    assert set(Attachment.objects.values_list("pk", flat=True)) == {his, hers}
    assert len(stored_files()) == 2


def test_guests_have_a_quota_of_their_own(settings, guest, open_room):
    open_room.join(guest)
    settings.GUEST_QUOTA_BYTES = 500
    assert send_file(guest, open_room, b"x" * 1000).status_code == 413


def test_the_quota_holds_for_uploads_side_by_side(settings, alice, room):
    settings.QUOTA_BYTES = 2500
    room.membership_of(alice)

    def upload(_):
        try:
            return send_file(alice, room, b"x" * 1000).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(5) as threads:
        assert sorted(threads.map(upload, range(5))) == [201, 201, 413, 413, 413]


def test_uploads_are_limited_in_number(limit, alice, room):
    limit(upload="1 per minute")
    assert send_file(alice, room).status_code == 201
    answer = send_file(alice, room)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_fast")


def test_videos_in_line_hold_up_no_other_file(alice, room):
    with ExitStack() as line:
        for _ in range(media.IN_LINE):
            line.enter_context(media.LINE)
        answer = send_file(alice, room, files.video(), "film.mp4")
        assert (answer.status_code, answer.json()["code"]) == (429, "too_fast")
        assert "videos" in answer.json()["message"]
        assert send_file(alice, room).status_code == 201
        assert UPLOADS._max_workers > media.IN_LINE
    assert send_file(alice, room, files.video(), "film.mp4").status_code == 201
    assert nothing_waits()


def test_who_is_no_member_uploads_nothing(charlie, room, guest, open_room):
    for outsider, place in ((charlie, room), (guest, room), (charlie, open_room)):
        assert send_file(outsider, place).status_code == 404
    form = {"file": SimpleUploadedFile("a.png", files.picture())}
    answer = Client().post(reverse("upload", args=[open_room.slug]), form, headers=JSON)
    assert answer.status_code == 302
    assert Attachment.objects.count() == 0


def test_an_archived_room_takes_no_files(alice, bob, room):
    room.archive(alice)
    answer = send_file(bob, room)
    assert (answer.status_code, answer.json()["code"]) == (400, "archived")


# Getting them -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "type"),
    [
        ("page.png", files.HTML, None),
        ("drawing.svg", files.SVG, None),
        ("feed.xml", files.XML, None),
        ("script.gif", files.GIF_AND_SCRIPT, None),
        ("paper.pdf", files.PDF, None),
        ("picture.html", files.picture("GIF") + files.HTML, "image/gif"),
        ("photo.png", files.photo("JPEG"), "image/jpeg"),
        ("sound.svg", files.sound(), "audio/wav"),
    ],
)
def test_what_could_run_is_only_downloaded(sent, alice, bob, room, name, data, type):
    attachment = sent(alice, room, data, name)
    answer = client_of(bob).get(url_of(attachment))
    assert answer.status_code == 200
    assert answer["Content-Type"] == (type or "application/octet-stream")
    assert answer["Content-Disposition"].startswith("inline" if type else "attachment")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert "private" in answer["Cache-Control"]
    assert b"script" not in body_of(answer) or not type


def test_the_name_comes_along_and_anything_can_be_downloaded(sent, alice, room):
    attachment = sent(alice, room, name='Ein "Bild" \u202e光.png')
    assert attachment.name == "Ein _Bild_ 光.png"
    answer = client_of(alice).get(url_of(attachment) + "?download")
    disposition = "attachment; filename*=utf-8''Ein%20_Bild_%20%E5%85%89.png"
    assert answer["Content-Disposition"] == disposition


def test_others_get_a_photo_without_the_place_where_it_was_taken(sent, alice, bob, room):
    attachment = sent(alice, room, files.photo("JPEG"))
    for url in (url_of(attachment), reverse("thumbnail", args=[attachment.pk])):
        answer = client_of(bob).get(url)
        assert answer.status_code == 200
        assert files.SECRET not in body_of(answer)


def test_only_who_may_read_the_message_gets_its_file(sent, alice, bob, charlie, guest, room):
    attachment = sent(alice, room, files.photo("PNG"))
    urls = [url_of(attachment), reverse("thumbnail", args=[attachment.pk])]
    for url in urls:
        assert client_of(bob).get(url).status_code == 200
        assert client_of(charlie).get(url).status_code == 404
        assert client_of(guest).get(url).status_code == 404
        assert Client().get(url).status_code == 404
    his = client_of(bob)
    room.remove_member(alice, bob)
    for url in urls:
        assert his.get(url).status_code == 404
        etag = client_of(alice).get(url)["ETag"]
        assert his.get(url, headers={"If-None-Match": etag}).status_code == 404


def test_a_room_without_guests_shows_guests_no_files(sent, alice, guest, charlie):
    square = Room.create(alice, "Square")
    url = url_of(sent(alice, square))
    assert client_of(charlie).get(url).status_code == 200
    assert client_of(guest).get(url).status_code == 404


def test_what_is_not_sent_yet_is_seen_by_its_owner_only(uploaded, alice, bob, room):
    url = uploaded(alice, room)["url"]
    assert client_of(alice).get(url).status_code == 200
    assert client_of(bob).get(url).status_code == 404


def test_the_browser_keeps_it_and_asks_whether_it_still_may(sent, alice, room):
    attachment = sent(alice, room)
    client = client_of(alice)
    etag = client.get(url_of(attachment))["ETag"]
    answer = client.get(url_of(attachment), headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")


def test_another_file_of_the_same_id_is_another_one(sent, alice, room):
    """After a restore ids are given out anew."""
    attachment = sent(alice, room)
    client, url = client_of(alice), url_of(attachment)
    etag = client.get(url)["ETag"]
    attachment.stored = default_storage.save("files/another", ContentFile(b"another"))
    attachment.save()
    answer = client.get(url, headers={"If-None-Match": etag})
    assert (answer.status_code, b"".join(answer.streaming_content)) == (200, b"another")


DATA = bytes(range(200))


@pytest.mark.parametrize(
    ("wanted", "status", "told", "piece"),
    [
        ("bytes=0-9", 206, "bytes 0-9/200", DATA[:10]),
        ("bytes=190-", 206, "bytes 190-199/200", DATA[190:]),
        ("bytes=-5", 206, "bytes 195-199/200", DATA[195:]),
        ("bytes=-500", 206, "bytes 0-199/200", DATA),
        ("bytes=199-500", 206, "bytes 199-199/200", DATA[199:]),
        ("bytes=0-", 206, "bytes 0-199/200", DATA),
        ("bytes=200-", 416, "bytes */200", b""),
        ("bytes=-0", 416, "bytes */200", b""),
        ("bytes=5-2", 200, None, DATA),
        ("bytes=-", 200, None, DATA),
        ("bytes=0-1,5-6", 200, None, DATA),
        ("bytes=a-b", 200, None, DATA),
        ("bytes=٠-٩", 200, None, DATA),
        ("lines=1-2", 200, None, DATA),
        ("bytes=" + "9" * 30 + "-", 200, None, DATA),
    ],
)
def test_ranges(sent, alice, room, wanted, status, told, piece):
    attachment = sent(alice, room, DATA, "data.bin")
    client = client_of(alice)
    answer = client.get(url_of(attachment), headers={"Range": wanted})
    assert answer.status_code == status
    assert answer.get("Content-Range") == told
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["Content-Length"] == str(len(piece))
    assert body_of(answer) == piece
    head = client.head(url_of(attachment), headers={"Range": wanted})
    assert (head.status_code, head["Content-Length"]) == (status, str(len(piece)))
    assert head.content == b""


def test_a_range_of_what_has_changed_is_everything(sent, alice, room):
    attachment = sent(alice, room, DATA, "data.bin")
    headers = {"Range": "bytes=0-9", "If-Range": '"another"'}
    answer = client_of(alice).get(url_of(attachment), headers=headers)
    assert (answer.status_code, body_of(answer)) == (200, DATA)


def test_bytes_that_are_missing_are_not_found(sent, alice, room):
    attachment = sent(alice, room)
    default_storage.delete(attachment.stored)
    assert client_of(alice).get(url_of(attachment)).status_code == 404


def test_any_storage_of_django_will_do(settings, uploaded, alice, bob, room, work):
    memory = {"BACKEND": "django.core.files.storage.InMemoryStorage"}
    settings.STORAGES = settings.STORAGES | {"default": memory}
    data = files.photo("JPEG")
    file = uploaded(alice, room, data)
    message = room.post(alice, "", attachments=[file["id"]])
    assert client_of(bob).get(file["thumbnail"]).status_code == 200
    part = client_of(bob).get(file["url"], headers={"Range": "bytes=0-2"})
    assert body_of(part) == b"\xff\xd8\xff"
    stored = message.attachments.get().stored
    message.remove(alice)
    work()
    assert not default_storage.exists(stored)
    assert stored_files() == []


def test_files_and_pictures_of_people_can_lie_in_a_bucket(bucket, uploaded, alice, bob, room, work):
    file = uploaded(alice, room, files.photo("JPEG"))
    message = room.post(alice, "", attachments=[file["id"]])
    assert len(list(bucket.objects.all())) == 2
    client = client_of(bob)
    whole = body_of(client.get(file["url"]))
    assert whole.startswith(b"\xff\xd8\xff")
    assert len(whole) == file["size"]
    part = client.get(file["url"], headers={"Range": "bytes=1000-1999"})
    assert (part.status_code, body_of(part)) == (206, whole[1000:2000])
    assert client.get(file["thumbnail"]).status_code == 200
    alice.take_avatar(files.picture("PNG"))
    assert body_of(client.get(alice.avatar_url))[8:12] == b"WEBP"
    message.remove(alice)
    work()
    assert [one.key.partition("/")[0] for one in bucket.objects.all()] == ["avatars"]
    assert client.get("/media/avatars/none.webp").status_code == 404
    assert stored_files() == []


# Going ------------------------------------------------------------------------------------------


async def test_a_deleted_message_frees_its_bytes(tab_of, sent, alice, bob, room, work):
    attachment = await in_thread(sent, alice, room, files.photo("JPEG"))
    assert len(stored_files()) == 2
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    await hers.ask("delete_message", id=attachment.message_id)
    told = await his.receive("message_changed")
    assert told["message"]["attachments"] == []
    assert "picture.png" not in str(told)
    await in_thread(work)
    assert (await in_thread(Attachment.objects.count), stored_files()) == (0, [])
    client = await in_thread(client_of, bob)
    assert (await in_thread(client.get, url_of(attachment))).status_code == 404


def test_a_storage_that_fails_does_not_keep_a_message_from_going(
    sent, alice, room, monkeypatch, work
):
    attachment = sent(alice, room)

    def fail(*_):
        raise OSError("away")

    with monkeypatch.context() as patch:
        patch.setattr("django.core.files.storage.FileSystemStorage.delete", fail)
        assert attachment.message.remove(alice).deleted_at
        work()
    attachment.refresh_from_db()
    assert attachment.message is None
    age(attachment)
    sweep()
    assert stored_files() == []


def test_the_storage_is_never_waited_for_with_anything_locked(
    sent, uploaded, alice, room, monkeypatch, work
):
    deleted = []

    def delete(_storage, name):
        assert not connection.in_atomic_block
        deleted.append(name)

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage.delete", delete)
    removed = sent(alice, room)
    removed.message.remove(alice)
    assert deleted == []
    with pytest.raises(ChatError):
        room.post(alice, "Again", attachments=[removed.pk])
    work()
    assert deleted == [removed.stored]
    age(Attachment.objects.get(pk=uploaded(alice, room)["id"]))
    sweep()
    assert len(deleted) == 2


def test_a_file_is_sent_only_when_it_is_stored(uploaded, alice, room, monkeypatch):
    save = FileSystemStorage.save

    def store(*args):
        with pytest.raises(ChatError):
            room.post(alice, "Too soon", attachments=[Attachment.objects.get().pk])
        return save(*args)

    monkeypatch.setattr(FileSystemStorage, "save", store)
    id = uploaded(alice, room)["id"]
    assert room.post(alice, "Now", attachments=[id]).files


def age(*attachments: Attachment) -> None:
    for attachment in attachments:
        attachment.created_at -= Attachment.KEPT_UNSENT + timedelta(minutes=1)
        attachment.save(update_fields=["created_at"])


def test_what_is_never_sent_goes_after_a_day(uploaded, sent, alice, room):
    fresh, old = (Attachment.objects.get(pk=uploaded(alice, room)["id"]) for _ in range(2))
    in_use = sent(alice, room)
    age(old, in_use)
    sweep()
    assert set(Attachment.objects.all()) == {fresh, in_use}
    assert stored_files() == sorted(Path(one.stored).name for one in (fresh, in_use))


def test_a_sweep_takes_all_there_is(uploaded, alice, room, monkeypatch):
    monkeypatch.setattr(Attachment, "SWEPT_AT_ONCE", 2)
    age(*(Attachment.objects.get(pk=uploaded(alice, room)["id"]) for _ in range(5)))
    sweep()
    assert (Attachment.objects.count(), stored_files()) == (0, [])


def test_a_room_that_is_deleted_for_good_leaves_no_bytes(sent, alice, room, new_user):
    attachment = sent(alice, room)
    room.delete_for_good(new_user("root", is_superuser=True))
    attachment.refresh_from_db()
    age(attachment)
    sweep()
    assert (Attachment.objects.count(), stored_files()) == (0, [])


def test_an_upload_that_cannot_be_stored_leaves_nothing(alice, room, monkeypatch):
    def fail(*_, **__):
        raise OSError("No space left on device")

    monkeypatch.setattr("django.core.files.storage.FileSystemStorage._save", fail)
    with pytest.raises(OSError, match="No space"):
        send_file(alice, room)
    assert (Attachment.objects.count(), stored_files()) == (0, [])
    assert nothing_waits()


def test_what_a_killed_process_left_half_taken_in_goes_after_a_day(settings, tmp_path):
    settings.FILE_UPLOAD_TEMP_DIR = tmp_path
    old, fresh = tmp_path / "old", tmp_path / "fresh"
    (old / "inner").mkdir(parents=True)
    (tmp_path / "old.upload").write_bytes(b"half")
    fresh.mkdir()
    long_ago = time.time() - 2 * 86400
    for path in (old, tmp_path / "old.upload"):
        os.utime(path, (long_ago, long_ago))
    sweep()
    assert list(tmp_path.iterdir()) == [fresh]


# Through the whole application ------------------------------------------------------------------


async def request(method: str, path: str, cookie="", body=(), headers=()) -> tuple[int, list, int]:
    """Status and body of an answer, and how many chunks of the request were taken."""
    from chatsite.asgi import application

    chunks = iter(body)
    taken, out = 0, []
    idle = asyncio.Event()

    async def receive():
        nonlocal taken
        chunk = next(chunks, None)
        if chunk is None and taken:
            await idle.wait()
        taken += 1
        if chunk == "gone":
            return {"type": "http.disconnect"}
        more = chunk is not None
        return {"type": "http.request", "body": chunk or b"", "more_body": more}

    async def send(message):
        out.append(message)

    name = settings.SESSION_COOKIE_NAME
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"cookie", f"{name}={cookie}".encode()), *headers],
    }
    await application(scope, receive, send)
    status = next((message["status"] for message in out if "status" in message), 0)
    return status, [message.get("body", b"") for message in out if "body" in message], taken


@pytest.mark.parametrize(
    ("path", "is_signed_in", "most"),
    [("/rooms/den/files/", True, 3), ("/rooms/den/files/", False, 1), ("/rooms/den/", True, 10)],
)
async def test_only_uploads_may_be_as_large_as_a_file(
    settings, path, is_signed_in, most, live, alice
):
    settings.MAX_FILE_BYTES = 2_000_000
    cookie = await in_thread(session_of, alice) if is_signed_in else ""
    status, body, taken = await request("POST", path, cookie, [b"x" * 500_000] * 100)
    assert status == 413
    assert f"{most} MB" in body[0].decode()
    assert taken == most * 2 + 1
    assert nothing_waits()


async def test_an_upload_that_breaks_off_leaves_nothing_behind(live, alice):
    cookie = await in_thread(session_of, alice)
    body = [b"x" * 1_000_000] * 4 + ["gone"]
    status, _, _ = await request("POST", "/rooms/den/files/", cookie, body)
    assert status == 0
    assert nothing_waits()


async def test_a_large_file_is_streamed_in_pieces(sent, alice, room, live):
    attachment = await in_thread(sent, alice, room, os.urandom(1_000_000), "large.bin")
    cookie = (await in_thread(client_of, alice)).cookies[settings.SESSION_COOKIE_NAME].value
    status, body, _ = await request("GET", url_of(attachment), cookie)
    assert (status, sum(map(len, body))) == (200, 1_000_000)
    assert max(map(len, body)) <= 64 * 1024
