"""Somebody asks for what is theirs, is told when it is there, and has it for a week."""

import io
import json
import zipfile
from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from chat import limits
from chat.models import Attachment, Notice, Room, Takeout
from tests import files

pytestmark = pytest.mark.django_db


@pytest.fixture
def taken(open_room, alice, bob, as_alice, work):
    """The archive of alice, who wrote in two rooms and was shown out of a third."""
    with limits.lifted():
        hers, secret = Room.between(alice, [bob]), Room.create(bob, "Secret", kind="private")
        secret.admit(alice)
        secret.post(alice, "said where she is not any more")
        secret.remove_member(bob, alice)
        root = open_room.post(bob, "a long word of bob's " * 20)
        picture = Attachment.carry_in(alice, io.BytesIO(files.picture()), "a.png").pk
        open_room.post(alice, "hers in a thread", thread=root.pk, attachments=[picture])
        open_room.post(alice, "an answer of hers", reply_to=root.pk)
        root.react(alice, "🏮")
        hers.post(bob, "only bob's")
        hers.post(alice, "only hers")
    as_alice.post(reverse("ask_for_takeout"))
    work()
    answer = as_alice.get(reverse("takeout"))
    return zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content)))


def test_it_has_what_she_wrote_and_nothing_of_others(taken, alice, open_room):
    inside = {name: taken.read(name) for name in taken.namelist()}
    everything = b"".join(inside.values()).decode(errors="ignore")
    for hers in ("hers in a thread", "an answer of hers", "only hers", "🏮"):
        assert hers in everything
    for others in ("only bob", "said where she is not", "a long word of bob's " * 10):
        assert others not in everything
    profile = json.loads(inside["profile.json"])
    assert profile["username"] == "alice"
    assert profile["reactions"][0]["emoji"] == "🏮"
    assert [name for name in inside if "/files/" in name] != []
    lines = inside[f"rooms/{open_room.pk}/messages.jsonl"].splitlines()
    assert {json.loads(line)["author"] for line in lines} == {alice.pk}
    manifest = json.loads(inside["manifest.json"])
    assert manifest["entries"].keys() == inside.keys() - {"manifest.json"}


def test_she_is_told_and_nobody_else_gets_it(taken, alice, bob, client_of):
    assert Notice.objects.get(reason=Notice.Reason.TAKEOUT).user == alice
    assert client_of(bob).get(reverse("takeout")).status_code == 404


def test_what_fails_is_said_and_asked_for_again(alice, as_alice):
    as_alice.post(reverse("ask_for_takeout"))
    assert "It is being put together" in as_alice.get(reverse("profile")).content.decode()
    Takeout.objects.update(asked_at=timezone.now() - timedelta(hours=3))
    page = as_alice.get(reverse("profile")).content.decode()
    assert "It could not be put together" in page and reverse("ask_for_takeout") in page
    as_alice.post(reverse("ask_for_takeout"))
    assert not Takeout.of(alice).has_failed


def test_a_restored_site_promises_none(taken, alice, django_capture_on_commit_callbacks):
    stored = Takeout.of(alice).stored
    with django_capture_on_commit_callbacks(execute=True):
        Takeout.forget_all()
    assert Takeout.of(alice) is None
    assert not default_storage.exists(stored)


def test_once_a_day_and_for_a_week(taken, alice, as_alice, django_capture_on_commit_callbacks):
    stored = Takeout.of(alice).stored
    page = as_alice.post(reverse("ask_for_takeout"), follow=True).content.decode()
    assert "Ask again tomorrow" in page
    assert reverse("takeout") in page
    ago = timezone.now() - timedelta(days=8)
    Takeout.objects.update(asked_at=ago, made_at=ago)
    assert as_alice.get(reverse("takeout")).status_code == 404
    with django_capture_on_commit_callbacks(execute=True):
        Takeout.expire()
    assert not default_storage.exists(stored)
    assert Takeout.of(alice) is None
