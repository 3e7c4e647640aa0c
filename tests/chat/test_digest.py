"""A letter about mentions and answers that one has not read; for who asked for it."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from chat.models import Membership, NoticeWishes, ThreadReader, digest
from chat.queue import later

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reader(bob):
    """bob, who has confirmed his address and wants a letter each day."""
    EmailAddress.objects.create(user=bob, email="bob@example.org", primary=True, verified=True)
    NoticeWishes(user=bob).change(digest=NoticeWishes.Digest.DAILY)
    return bob


@pytest.fixture
def a_day_later(work):
    """a_day_later() -> what is due by then is done; whoever wants a letter has it."""

    def a_day_later() -> None:
        work(seconds=5)
        wishes = NoticeWishes.objects
        wishes.update(digested_at=timezone.now() - timedelta(days=1, minutes=1))
        later("ask_for_digests")
        work()

    return a_day_later


def test_what_was_missed_is_in_one_letter(room, alice, reader, a_day_later, mailoutbox, settings):
    his = room.post(reader, "Who has the key?")
    missed = room.post(alice, "I do", reply_to=his.pk)
    room.post(alice, "whatever")
    room.post(alice, "@bob, *come* & see")
    a_day_later()
    (letter,) = mailoutbox
    assert letter.to == ["bob@example.org"]
    assert letter.subject == "[Chatsite] 2 messages for you that you have not read"
    assert "alice in Den" in letter.body
    assert "@bob, come & see" in letter.body
    assert "whatever" not in letter.body
    assert f"{settings.SITE_URL}/rooms/{room.slug}/?around={missed.pk}" in letter.body
    assert f"{settings.SITE_URL}/notices/" in letter.extra_headers["List-Unsubscribe"]


def test_it_is_in_the_language_of_who_reads_it(room, alice, reader, a_day_later, mailoutbox):
    reader.language = "zh-hans"
    reader.save()
    room.post(alice, "@bob")
    a_day_later()
    assert "你" in mailoutbox[0].subject


def test_nothing_is_told_twice(room, alice, reader, a_day_later, mailoutbox, work):
    room.post(alice, "@bob")
    a_day_later()
    NoticeWishes.objects.update(digested_at=timezone.now() - timedelta(hours=23))
    later("ask_for_digests")
    work()
    assert len(mailoutbox) == 1


@pytest.mark.parametrize("why", ["read", "deleted", "left", "muted", "gone"])
def test_what_is_not_news_any_more_is_not_in_it(
    room, alice, reader, a_day_later, mailoutbox, work, why
):
    if why == "muted":
        room.membership_of(reader).set_level(Membership.Level.NOTHING)
    message = room.post(alice, "@bob")
    work(seconds=5)
    match why:
        case "read":
            room.membership_of(reader).read_up_to(message.pk)
        case "deleted":
            message.remove(alice)
        case "left":
            room.leave(reader)
        case "gone":
            reader.deactivate()
    a_day_later()
    assert mailoutbox == []


def test_it_is_off_unless_one_wants_it(room, alice, bob, a_day_later, mailoutbox):
    EmailAddress.objects.create(user=bob, email="bob@example.org", primary=True, verified=True)
    room.post(alice, "@bob")
    a_day_later()
    assert mailoutbox == []


def test_it_goes_to_no_address_that_is_not_confirmed(
    room, alice, reader, a_day_later, mailoutbox, client_of
):
    EmailAddress.objects.update(verified=False)
    room.post(alice, "@bob")
    a_day_later()
    assert mailoutbox == []
    assert (
        "an address that you have confirmed" in client_of(reader).get("/notices/").content.decode()
    )


def test_without_news_there_is_no_letter(reader, a_day_later, mailoutbox):
    a_day_later()
    assert mailoutbox == []


def test_a_letter_that_could_not_be_sent_is_sent_later(
    room, alice, reader, a_day_later, mailoutbox, settings, work
):
    room.post(alice, "@bob")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    a_day_later()
    assert mailoutbox == []
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    work(minutes=1)
    assert len(mailoutbox) == 1


def test_of_threads_it_tells_what_is_unread_in_the_thread(room, alice, bob, work):
    unread = room.post(bob, "First question")
    read = room.post(bob, "Second question")
    answer = room.post(alice, "An answer", thread=unread.pk)
    seen = room.post(alice, "Another answer", thread=read.pk)
    work(seconds=5)
    room.membership_of(bob).read_up_to(room.post(alice, "Later, in the room").pk)
    ThreadReader.read_up_to(room, bob.pk, read.pk, seen.pk)
    assert digest.missed(bob, timezone.now() - timedelta(days=1)) == [answer]
