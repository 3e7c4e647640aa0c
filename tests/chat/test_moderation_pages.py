"""The pages and dialogs of moderation: what each role finds there, and what a crafted form gets."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from chat.models import Attachment, Decision, Membership, Report, Restraint, Room

pytestmark = pytest.mark.django_db
WHY = {"reason": "spam", "words": "No advertising"}


@pytest.fixture
def dora(new_user, room):
    """A moderator of the room."""
    dora = new_user("dora")
    room.admit(dora, Membership.Role.MODERATOR)
    return dora


def at(name, room, *args, **query):
    return reverse(name, args=[room.slug, *args], query=query or None)


# What moderators do -----------------------------------------------------------------------------


def test_a_moderator_removes_with_a_reason(client_of, room, dora, bob):
    message = room.post(bob, "Buy this")
    page = at("decide", room, "remove", message=message.pk)
    client = client_of(dora)
    assert "Buy this" in client.get(page).text
    assert client.post(page, {}).status_code == 422  # without a reason nothing happens
    assert client.post(page, WHY).status_code == 302
    assert Decision.objects.get().why == "Spam or advertising · No advertising"
    assert "Buy this" not in client_of(bob).get(room.get_absolute_url()).text


def test_a_dialog_gets_the_words_to_say(client_of, room, dora, bob):
    page = at("decide", room, "mute", person=bob.pk, part="")
    answer = client_of(dora).post(page, {**WHY, "lasts": "1h"})
    assert (answer.text, answer.headers["Content-Type"]) == (
        "bob is muted.",
        "text/plain; charset=utf-8",
    )
    until = Restraint.objects.get().until
    assert timedelta(minutes=59) < until - timezone.now() <= timedelta(hours=1)


def test_a_report_is_answered_with_the_message_gone_and_its_author_muted(
    client_of, room, alice, dora, bob
):
    message = room.post(bob, "Buy this")
    report = Report.file(alice, message=message, reason="spam")
    assert "Buy this" in client_of(dora).get(at("moderation", room)).text
    page = at("decide", room, "mute", report=report.pk)
    client_of(dora).post(page, {**WHY, "lasts": "ever", "too": "on"})
    message.refresh_from_db()
    assert message.deleted_at
    assert Restraint.objects.get().until is None
    assert not Report.objects.open().exists()


def test_slow_mode_and_lock_are_set_on_the_page(client_of, room, dora):
    client = client_of(dora)
    client.post(at("moderation", room), {"what": "slow", "seconds": "30"})
    client.post(at("moderation", room), {"what": "lock", "words": "Tea"})
    room.refresh_from_db()
    assert (room.slow_seconds, room.lock_words, bool(room.locked_at)) == (30, "Tea", True)
    client.post(at("moderation", room), {"what": "unlock"})
    room.refresh_from_db()
    assert room.locked_at is None


def test_the_log_is_read_page_by_page(client_of, room, dora):
    for seconds in range(45):
        room.slow_down(dora, seconds)
    page = client_of(dora).get(at("moderation", room))
    assert len(page.context["log"]) == 40
    older = client_of(dora).get(at("moderation", room) + f"?before={page.context['next']}")
    assert [one.details["seconds"] for one in older.context["log"]] == [4, 3, 2, 1, 0]


def test_the_page_asks_as_much_for_forty_lines_as_for_two(
    client_of, room, dora, bob, alice, django_assert_max_num_queries
):
    for number in range(20):
        room.mute(dora, bob).reverse(dora)
        Report.file(alice, message=room.post(bob, f"{number}"), reason="spam")
    client = client_of(dora)
    with django_assert_max_num_queries(13):
        client.get(at("moderation", room))


def test_an_appeal_is_answered_on_the_page(client_of, room, dora, bob):
    appeal = room.mute(dora, bob).appeal_by(bob, "I was quoting")
    assert "I was quoting" in client_of(dora).get(at("moderation", room)).text
    client_of(dora).post(at("grant_appeal", room, appeal.pk), {})
    assert not Restraint.objects.exists()


def test_moderators_see_a_masked_address_and_others_none(
    client_of, open_room, alice, bob, django_user_model
):
    fox = django_user_model.objects.enter_as_guest("Fox", "203.0.113.7")
    open_room.join(fox)
    card = reverse("person", args=[fox.pk], query={"card": "", "room": open_room.slug})
    assert "203.0.*.*" in client_of(alice).get(card).text
    for one in (bob, fox):
        assert "203.0" not in client_of(one).get(card).text
    page = at("decide", open_room, "ban-address", person=fox.pk)
    assert 'value="ever"' not in client_of(alice).get(page).text
    client_of(alice).post(page, {**WHY, "lasts": "1d"})
    assert not open_room.membership_of(fox)


# The person concerned ---------------------------------------------------------------------------


def test_the_muted_read_why_where_they_would_write(client_of, room, alice, bob):
    room.mute(alice, bob, until=timezone.now() + timedelta(hours=1), words="Cool down")
    page = client_of(bob).get(room.get_absolute_url())
    assert "alice muted you. (Cool down)" in page.text
    assert page.context["config"]["can_write"] is False


def test_the_banned_read_why_at_the_door(client_of, open_room, alice, bob):
    open_room.post(alice, "A word among us")
    open_room.ban(alice, bob, words="Threats")
    answer = client_of(bob).get(open_room.get_absolute_url())
    assert answer.status_code == 403
    assert "Threats" in answer.text
    assert "A word among us" not in answer.text


def test_what_was_decided_is_seen_and_appealed_once(client_of, room, alice, bob):
    mute = room.mute(alice, bob, words="Cool down")
    client = client_of(bob)
    assert "Cool down" in client.get(reverse("decisions")).text
    page = reverse("appeal", args=[mute.pk])
    assert client.post(page, {"words": "I was quoting"}).status_code == 302
    assert client.post(page, {"words": "Please"}).status_code == 422
    assert page not in client.get(reverse("decisions")).text


def test_files_of_what_was_removed_are_in_quarantine(client_of, room, alice, bob, settings):
    from django.core.files.base import ContentFile
    from django.core.files.storage import default_storage

    default_storage.save("files/x", ContentFile(b"x"))
    file = Attachment.objects.create(
        author=bob,
        name="x.txt",
        kind="file",
        content_type="text/plain",
        size=1,
        stored="files/x",
        is_whole=True,
    )
    message = room.post(bob, "Look", attachments=[file.pk])
    address = reverse("file", args=[file.pk, "x.txt"])
    readable = []
    for step in (lambda: None, lambda: message.remove(alice), lambda: message.restore(alice)):
        step()
        readable.append([client_of(one).get(address).status_code for one in (alice, bob)])
    assert readable == [[200, 200], [404, 404], [200, 200]]


# Hostile tries ----------------------------------------------------------------------------------


def moderators_pages(room, person, message, decision, report, appeal):
    return [
        at("moderation", room),
        at("decide", room, "remove", message=message.pk),
        at("decide", room, "mute", person=person.pk),
        at("decide", room, "ban", person=person.pk),
        at("decide", room, "ban-address", person=person.pk),
        at("decide", room, "mute", report=report.pk),
        at("reverse_decision", room, decision.pk),
        at("dismiss_report", room, report.pk),
        at("grant_appeal", room, appeal.pk),
        at("decline_appeal", room, appeal.pk),
    ]


@pytest.fixture
def case(open_room, alice, new_user):
    """A message, a mute with an appeal, and a report, of the open room."""
    said_by = new_user("frank")
    open_room.admit(said_by)
    message = open_room.post(said_by, "Rude")
    mute = open_room.mute(alice, said_by)
    report = Report.file(alice, message=message, reason="spam")
    return said_by, message, mute, report, mute.appeal_by(said_by, "No")


def is_untouched(case):
    _said_by, message, _mute, report, appeal = case
    for one in (message, report, appeal):
        one.refresh_from_db()
    kinds = list(Decision.objects.values_list("kind", flat=True))
    return (kinds, message.deleted_at, report.decided_at, appeal.answered_at) == (
        ["muted"],
        None,
        None,
        None,
    )


@pytest.mark.parametrize("who", ["bob", "charlie", "guest", "the one concerned"])
def test_who_does_not_moderate_gets_no_page_and_no_way(request, client_of, open_room, case, who):
    by = case[0] if who == "the one concerned" else request.getfixturevalue(who)
    client = client_of(by)
    form = {**WHY, "lasts": "1h", "what": "lock"}
    for page in moderators_pages(open_room, *case):
        assert client.get(page).status_code in {403, 404}
        assert client.post(page, form).status_code in {403, 404}
    assert is_untouched(case)


def test_ids_of_another_room_lead_nowhere(client_of, open_room, case, new_user):
    eve = new_user("eve")
    hers = Room.create(eve, "Elsewhere")
    client = client_of(eve)
    # But who is seen by name may be muted and banned in one's own room, also before they come.
    pages = [page for page in moderators_pages(hers, *case) if "person=" not in page][1:]
    for page in pages:
        assert client.post(page, {**WHY, "lasts": "1h"}).status_code == 404
    assert is_untouched(case)


@pytest.mark.parametrize(
    "form",
    [
        {"reason": "because", "lasts": "1h"},
        {"reason": "spam", "lasts": "-1h"},
        {"reason": "spam", "lasts": "1h", "words": "x" * 501},
        {"reason": "spam", "lasts": ""},
    ],
)
def test_a_crafted_form_decides_nothing(client_of, room, alice, bob, form):
    page = at("decide", room, "ban", person=bob.pk)
    assert client_of(alice).post(page, form).status_code == 422
    assert room.membership_of(bob)


@pytest.mark.parametrize("query", ["", "person=0", "person=-1", "person=x", "message=99999999999"])
def test_a_crafted_address_leads_nowhere(client_of, room, alice, query):
    for page in (at("decide", room, "mute"), at("decide", room, "erase"), at("report", room)):
        assert client_of(alice).get(f"{page}?{query}").status_code == 404


def test_what_was_said_in_private_is_reported_too(client_of, alice, bob):
    talk = Room.between(alice, [bob])
    message = talk.post(alice, "Rude")
    page = at("report", talk, message=message.pk)
    assert "Rude" in client_of(bob).get(page).text
    assert client_of(bob).post(page, WHY).status_code == 302
    assert Report.objects.get().text == "Rude"


def test_nobody_reports_what_they_do_not_see(client_of, room, alice, charlie):
    message = room.post(alice, "Between us")
    answer = client_of(charlie).post(at("report", room, message=message.pk), WHY)
    assert answer.status_code == 404
    assert not Report.objects.exists()


def test_another_s_decision_is_not_appealed(client_of, room, alice, bob, dora):
    mute = room.mute(alice, bob)
    page = reverse("appeal", args=[mute.pk])
    assert client_of(dora).post(page, {"words": "Poor bob"}).status_code == 404


# What it costs ----------------------------------------------------------------------------------


def test_the_page_of_a_room_asks_nothing_more(
    client_of, room, alice, bob, django_assert_num_queries
):
    room.post(alice, "Hello")
    client = client_of(bob)
    client.get(room.get_absolute_url())
    with django_assert_num_queries(3) as asked:
        client.get(room.get_absolute_url())
    sql = " ".join(one["sql"] for one in asked.captured_queries)
    assert not any(table in sql for table in ("chat_restraint", "chat_decision", "chat_report"))
