"""Files in the admin: seen by who may read their message, also in quarantine."""

import pytest
from django.urls import reverse

from chat.models import Attachment, Report
from tests.admin_site import choose, list_of, listed, notices, page_of, staff_who_may

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("unhurried")]


@pytest.fixture
def sent(uploaded, bob):
    """sent(room) -> the file of a message that bob sent there."""

    def sent(room) -> Attachment:
        pk = uploaded(bob, room)["id"]
        room.post(bob, "look", attachments=[pk])
        return Attachment.objects.get(pk=pk)

    return sent


def look(attachment) -> str:
    return reverse("admin:chat_attachment_look", args=[attachment.pk])


def test_files_are_listed_with_small_pictures(desk, open_room, sent):
    picture = sent(open_room)
    page = desk.get(list_of("attachment"))
    assert listed(page) == [picture.pk]
    assert look(picture).encode() in page.content
    answer = desk.get(look(picture))
    assert answer.headers["Content-Type"] == "image/png"
    assert b"".join(answer.streaming_content)
    assert desk.get(page_of(picture)).status_code == 200


def test_a_file_goes_and_comes_back_with_its_message(desk, open_room, sent, bob):
    picture = sent(open_room)
    answer = choose(desk, "remove", picture, reason="shocking")
    assert notices(answer) == ["1 file in quarantine."]
    picture.refresh_from_db()
    assert picture.quarantined_at
    assert not Attachment.objects.visible_to(bob).exists()
    quarantine = desk.get(list_of("attachment"), {"quarantined_at__isempty": "0"})
    assert listed(quarantine) == [picture.pk]
    assert desk.get(look(picture)).status_code == 200
    assert notices(choose(desk, "restore", picture)) == ["1 file is back."]
    assert Attachment.objects.visible_to(bob).exists()


def test_files_of_one_message_go_at_once(desk, open_room, uploaded, bob):
    ids = [uploaded(bob, open_room)["id"] for _ in range(2)]
    open_room.post(bob, "two", attachments=ids)
    answer = choose(desk, "remove", *Attachment.objects.all(), reason="spam")
    assert notices(answer) == ["2 files in quarantine."]
    answer = choose(desk, "restore", *Attachment.objects.all())
    assert notices(answer)[-1] == "2 files are back."


def test_private_ones_are_not_to_be_seen_unless_reported(desk, room, sent, alice):
    picture = sent(room)
    assert listed(desk.get(list_of("attachment"))) == []
    assert desk.get(look(picture)).status_code == 404
    Report.file(alice, message=picture.message, reason="shocking")
    assert listed(desk.get(list_of("attachment"))) == [picture.pk]
    assert desk.get(look(picture)).status_code == 200


def test_what_is_not_sent_is_nobody_s_business(desk, open_room, uploaded, bob):
    pk = uploaded(bob, open_room)["id"]
    assert listed(desk.get(list_of("attachment"))) == []
    assert desk.get(reverse("admin:chat_attachment_look", args=[pk])).status_code == 404


def test_who_has_no_right_sees_none(sign_in, open_room, sent):
    picture = sent(open_room)
    clerk = sign_in(staff_who_may("view_message"))
    assert clerk.get(look(picture)).status_code == 404
    assert clerk.get(list_of("attachment")).status_code == 403


def test_who_only_looks_removes_none(sign_in, open_room, sent):
    picture = sent(open_room)
    reader = sign_in(staff_who_may("view_attachment"))
    assert listed(reader.get(list_of("attachment"))) == [picture.pk]
    choose(reader, "remove", picture, reason="spam")
    picture.refresh_from_db()
    assert not picture.quarantined_at
