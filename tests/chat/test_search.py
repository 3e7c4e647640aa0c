"""Finding messages again: only what one may see, newest first, as it stands now."""

from datetime import datetime
from html import escape
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from chat import limits, search
from chat.errors import Invalid, TooFast
from chat.models import Attachment, Message, Room, Search, new_poll
from tests.sockets import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """However busy the machine is."""
    monkeypatch.setattr(Search, "PATIENCE", 60)


def found(user, text: str, room=None) -> list[str]:
    """The bodies of what `user` finds, newest first."""
    return [hit.message.body for hit in Search(user, text, room).page().hits]


def see(user, **query):
    return client_of(user).get(reverse("search"), query)


def said(room, user, *texts: str) -> list[Message]:
    with limits.lifted():
        return [room.post(user, text) for text in texts]


# Words ---------------------------------------------------------------------------------------


def test_all_words_must_be_there_and_the_newest_is_first(alice, room):
    said(room, alice, "Tea at five", "Coffee at five", "At five, TEA")
    assert found(alice, "tea five") == ["At five, TEA", "Tea at five"]


def test_chinese_and_japanese_words_of_one_and_two_characters_are_found(alice, room):
    said(room, alice, "今天我们喝茶", "明天去東京で", "茶", "红茶很好", "好")
    assert found(alice, "茶") == ["红茶很好", "茶", "今天我们喝茶"]
    assert found(alice, "喝茶") == ["今天我们喝茶"]
    assert found(alice, "東京") == ["明天去東京で"]
    assert found(alice, "好") == ["好", "红茶很好"]


def test_longer_ones_are_found_only_as_they_stand(alice, room):
    said(room, alice, "大学在北京，京大是大学", "我在北京大学")
    assert found(alice, "北京大学") == ["我在北京大学"]


def test_a_phrase_is_found_only_in_its_order(alice, room):
    said(room, alice, "five at tea", "tea at five")
    assert found(alice, '"tea at five"') == ["tea at five"]


def test_what_one_reads_is_what_is_found(alice, room):
    said(room, alice, "**bold** [here](https://example.org/hidden)", "`code_of` & <b>")
    assert found(alice, "bold here") == ["**bold** [here](https://example.org/hidden)"]
    assert found(alice, "hidden") == []
    assert found(alice, "strong") == []
    assert found(alice, "amp") == []


def test_the_choices_of_a_poll_are_found(alice, room):
    room.post(alice, "What to drink", poll=new_poll(["Green tea", "Water"]))
    assert found(alice, "water") == ["What to drink"]


# Who may see what ------------------------------------------------------------------------------


def test_only_the_rooms_one_is_in_are_searched(alice, bob, charlie, room, open_room):
    said(room, alice, "A secret tea")
    said(open_room, alice, "A public tea")
    assert found(bob, "tea") == ["A public tea", "A secret tea"]
    assert found(charlie, "tea") == []


def test_after_leaving_or_being_removed_nothing_of_the_room_is_found(alice, bob, room, open_room):
    said(room, alice, "A secret tea")
    said(open_room, alice, "A public tea")
    open_room.leave(bob)
    assert found(bob, "tea") == ["A secret tea"]
    room.remove_member(alice, bob)
    assert found(bob, "tea") == []
    assert found(alice, "tea") == ["A public tea", "A secret tea"]


def test_who_runs_the_site_finds_no_more_than_others(room, alice, new_user):
    said(room, alice, "A secret tea")
    assert found(new_user("root", is_superuser=True, is_staff=True), "tea") == []


def test_a_guest_finds_what_is_in_their_rooms(alice, guest, room, open_room):
    said(room, alice, "A secret tea")
    said(open_room, alice, "A public tea")
    assert found(guest, "tea") == []
    open_room.join(guest)
    assert found(guest, "tea") == ["A public tea"]


def test_an_archived_room_can_be_searched(alice, room):
    said(room, alice, "Old tea")
    room.archive(alice)
    assert found(alice, "tea") == ["Old tea"]


def test_an_index_that_is_behind_shows_nothing_that_is_gone(alice, room):
    gone, _ = said(room, alice, "Tea one", "Tea two")
    Message.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())
    assert found(alice, "tea") == ["Tea two"]


# Changes ---------------------------------------------------------------------------------------


def test_an_edited_message_is_found_by_what_it_says_now(alice, room):
    (message,) = said(room, alice, "Tea")
    message.edit(alice, "Coffee")
    assert found(alice, "tea") == []
    assert found(alice, "coffee") == ["Coffee"]


def test_a_removed_message_is_found_no_more_and_leaves_no_trace(alice, room):
    message, _ = said(room, alice, "Tea", "Tea again")
    message.remove(alice)
    assert found(alice, "tea") == ["Tea again"]
    assert message.pk not in indexed()


def test_a_post_that_fails_leaves_nothing_to_be_found(alice, charlie, room, monkeypatch):
    def fails(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(Room, "save", fails)
    with pytest.raises(RuntimeError):
        room.post(alice, "Tea")
    assert indexed() == set()


def test_a_room_that_is_deleted_leaves_no_trace(alice, room, open_room, new_user):
    said(room, alice, "Tea")
    (kept,) = said(open_room, alice, "Tea too")
    room.delete_for_good(new_user("root", is_superuser=True))
    assert indexed() == {kept.pk}


def test_reindex_brings_the_index_up_to_date(alice, room, capsys):
    stale, gone, new = said(room, alice, "Tea", "Tea", "Tea")
    search.drop(new)
    Message.objects.filter(pk=stale.pk).update(html="<p>Coffee</p>", body="Coffee")
    Message.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())
    call_command("reindexsearch")
    assert found(alice, "tea") == ["Tea"]
    assert found(alice, "coffee") == ["Coffee"]
    assert indexed() == {stale.pk, new.pk}
    assert "2 messages" in capsys.readouterr().out


def test_reindex_takes_in_as_many_as_there_are(alice, room, monkeypatch):
    monkeypatch.setattr(search, "BATCH", 2)
    messages = said(room, alice, *["Tea"] * 5)
    search.drop_room(room)
    call_command("reindexsearch")
    assert indexed() == {message.pk for message in messages}


def indexed() -> set[int]:
    column = "rowid" if connection.vendor == "sqlite" else "message_id"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM chat_search")
        return {pk for (pk,) in cursor.fetchall()}


# Operators -------------------------------------------------------------------------------------


def test_from_takes_usernames_names_and_me(alice, bob, room):
    bob.display_name = "Bob B."
    bob.save()
    said(room, alice, "Her tea")
    said(room, bob, "His tea")
    for name in ("bob", "@BOB", '"bob b."', "“Bob B.”"):
        assert found(alice, f"tea from:{name}") == ["His tea"]
    assert found(alice, "from:me") == ["Her tea"]
    assert found(alice, "from:alice from:bob") == ["His tea", "Her tea"]


def test_from_somebody_one_cannot_see_is_the_same_as_nobody(alice, charlie, room):
    with pytest.raises(Invalid) as unseen:
        Search(charlie, "from:alice")
    with pytest.raises(Invalid) as nobody:
        Search(charlie, "from:nobody")
    assert str(unseen.value) == str(nobody.value).replace("nobody", "alice")


def test_from_finds_also_who_has_left(alice, bob, room):
    said(room, bob, "Tea")
    room.leave(bob)
    bob.deactivate()
    assert found(alice, "from:bob") == ["Tea"]


def test_in_takes_addresses_and_names(alice, room, open_room):
    said(room, alice, "Tea in the den")
    said(open_room, alice, "Tea in the garden")
    assert found(alice, "tea in:garden") == ["Tea in the garden"]
    assert found(alice, "tea in:#GARDEN") == ["Tea in the garden"]
    assert found(alice, f"tea in:{room.slug}") == ["Tea in the den"]
    assert found(alice, "in:den in:garden") == ["Tea in the garden", "Tea in the den"]


def test_a_room_is_found_by_a_word_of_its_name_unless_there_are_several(alice):
    said(Room.create(alice, "Garden 花园"), alice, "Tea outside")
    assert found(alice, "tea in:gard") == ["Tea outside"]
    assert found(alice, "tea in:花") == ["Tea outside"]
    with pytest.raises(Invalid):
        Search(alice, "tea in:arden")
    Room.create(alice, "Winter garden")
    with pytest.raises(Invalid, match='in:"Garden 花园", in:"Winter garden"'):
        Search(alice, "tea in:garden")


def test_in_a_room_one_is_not_in_is_the_same_as_no_room(charlie, room):
    for name in (room.slug, "den", "nowhere"):
        with pytest.raises(Invalid):
            Search(charlie, f"in:{name}")


def test_many_rooms_are_named_unless_most_of_what_is_said_is_theirs(alice, bob, room, monkeypatch):
    monkeypatch.setattr(Search, "MANY_ROOMS", 1)
    with limits.lifted():
        away = Room.create(bob, "Away", kind=Room.Kind.PRIVATE)
        for _number in range(4):
            room.post(alice, "tea")
        assert len(Search(alice, "tea").every) == 1
        for _number in range(2):
            away.post(bob, "tea")
    Room.objects.filter(pk=room.pk).begin_anew()  # revisions do not say how much there is
    assert len(Search(alice, "tea").every) == 2
    assert len(Search(alice, "tea").page().hits) == 4


def test_in_wins_over_the_room_one_comes_from(alice, room, open_room):
    said(room, alice, "Den")
    said(open_room, alice, "Garden")
    assert found(alice, "garden", room) == []
    assert found(alice, "garden in:garden", room) == ["Garden"]


def test_before_and_after_mean_days_where_one_is(alice, room):
    first, second, third = said(room, alice, "One tea", "Two teas", "Three teas")
    shanghai = ZoneInfo("Asia/Shanghai")
    for message, moment in (
        (first, datetime(2026, 3, 13, 23, 59, 59, tzinfo=shanghai)),
        (second, datetime(2026, 3, 14, 0, 0, tzinfo=shanghai)),
        (third, datetime(2026, 4, 1, 0, 0, tzinfo=shanghai)),
    ):
        Message.objects.filter(pk=message.pk).update(created_at=moment)
    with timezone.override(shanghai):
        assert found(alice, "tea before:2026-03-14") == ["One tea"]
        assert found(alice, "tea after:2026-03-14") == ["Three teas", "Two teas"]
        assert found(alice, "after:2026-03-14 before:2026-04") == ["Two teas"]
        assert found(alice, "tea after:2027") == []
        assert found(alice, "tea before:2026") == []
    with timezone.override("UTC"):
        assert found(alice, "tea before:2026-03-14") == ["Two teas", "One tea"]


def test_has_file_finds_what_has_files_also_by_their_names(alice, room, attached):
    said(room, alice, "Plan without a file")
    message = room.post(alice, "", attachments=[attached(alice, "Plan of the garden.pdf")])
    assert [hit.message.pk for hit in Search(alice, "plan has:file").page().hits] == [message.pk]
    assert found(alice, "garden pdf") == [""]
    assert found(alice, "has:file") == [""]
    assert b"<mark>garden</mark>" in see(alice, q="garden").content


@pytest.fixture
def attached():
    """attached(user, name) -> the id of a file of theirs, not yet sent."""

    def attached(user, name: str) -> int:
        return Attachment.objects.create(
            author=user,
            name=name,
            kind="file",
            content_type="application/pdf",
            size=1,
            stored="x",
            is_whole=True,
        ).pk

    return attached


# Pages -----------------------------------------------------------------------------------------


def test_pages_follow_each_other_without_gap_or_repeat(alice, room):
    messages = said(room, alice, *(f"Tea {n}" for n in range(Search.PAGE * 2 + 5)))
    pages, before = [], None
    while True:
        page = Search(alice, "tea").page(before)
        pages.append([hit.message.pk for hit in page.hits])
        if (before := page.next) is None:
            break
    assert [len(page) for page in pages] == [Search.PAGE, Search.PAGE, 5]
    assert [pk for page in pages for pk in page] == [message.pk for message in reversed(messages)]


def test_the_last_page_is_the_last(alice, room):
    said(room, alice, *["Tea"] * Search.PAGE)
    assert Search(alice, "tea").page().next is None


@pytest.fixture
def small_steps(monkeypatch):
    """The index looks back a few messages at a time."""
    for name, small in {"SIZES": (4, 8, 16, 32), "MOST": 3, "REACH": 8}.items():
        monkeypatch.setattr(search.engine(), name, small, raising=False)


def test_nothing_is_passed_over_however_much_was_said_at_once(db, small_steps):
    talked = {3, 50, *range(60, 90), 120, 121, 190}
    search.engine().put((pk, {"talk" if pk in talked else "silence"}) for pk in range(1, 200))
    steps = list(search.newest([{"talk"}], 2, 200))
    assert [pk for ids, _ in steps for pk in ids] == sorted(talked, reverse=True)
    edges = [200, *(reached for _, reached in steps)]
    for below, (ids, reached) in zip(edges, steps, strict=False):
        assert all(reached <= pk < below for pk in ids)


def test_what_is_found_here_and_there_is_read_in_one_go(alice, room, small_steps):
    said(room, alice, *["Tea", *["Milk"] * 9] * 5)
    with CaptureQueriesContext(connection) as queries:
        assert len(Search(alice, "tea").page().hits) == 5
    assert sum('"chat_message"."html"' in query["sql"] for query in queries) == 1


def test_a_page_that_is_full_reads_no_more_the_more_there_is(alice, room):
    def rows_read() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert len(Search(alice, "tea").page().hits) == Search.PAGE
        assert not any("OFFSET" in q["sql"] or "COUNT(" in q["sql"] for q in queries)
        return len(queries)

    said(room, alice, *["Tea"] * (Search.PAGE + 1))
    few = rows_read()
    said(room, alice, *["Tea"] * 150)
    assert rows_read() == few


def test_a_search_that_takes_long_stops_and_goes_on_where_it_was(alice, room, monkeypatch):
    monkeypatch.setattr(Search, "PATIENCE", -1)
    for name in ("REACH", "SIZES"):
        if hasattr(search.engine(), name):
            monkeypatch.setattr(search.engine(), name, 4 if name == "REACH" else (4, 8))
    first, *_ = said(room, alice, "Tea", *["Coffee"] * 20)
    page = Search(alice, "tea").page()
    assert (page.hits, page.looked_back_to > first.created_at) == ([], True)
    hits = []
    while page.next:
        with limits.lifted():
            page = Search(alice, "tea").page(page.next)
        hits += [hit.message for hit in page.hits]
    assert hits == [first]


def test_the_page_shows_marked_excerpts_that_lead_to_their_place(alice, room):
    (message,) = said(room, alice, "Come for tea")
    page = see(alice, q="tea").content.decode()
    assert f'href="{room.get_absolute_url()}?around={message.pk}"' in page
    assert "Come for <mark>tea</mark>" in page


HOSTILE = "<script>alert(1)</script> tea \"' onload=x &lt;img src=x&gt;"


def test_hostile_text_comes_out_as_text(alice, room):
    said(room, alice, HOSTILE)
    page = see(alice, q="tea alert script").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;<mark>script</mark>&gt;<mark>alert</mark>(1)" in page


def test_hostile_words_come_back_as_text(alice, room):
    page = see(alice, q='"><script>x</script>').content.decode()
    assert "<script>x" not in page
    assert escape('"><script>x</script>') in page


@pytest.mark.parametrize("text", ['"', "'", "\\", "a' | '#1", 'a" OR "#1', "*", "NEAR(a b)", "a:b"])
def test_no_word_is_taken_for_the_language_of_the_index(charlie, alice, room, text):
    said(room, alice, "a b near or")
    assert see(charlie, q=text).status_code in {200, 400}
    assert b"<mark>" not in see(charlie, q=text).content


def test_the_room_one_comes_from_is_searched_first_then_everywhere(alice, room, open_room):
    said(room, alice, "Tea in the den")
    said(open_room, alice, "Tea in the garden")
    here = see(alice, q="tea", room=room.slug)
    assert [hit.message.body for hit in here.context["found"].hits] == ["Tea in the den"]
    everywhere = see(alice, q="tea", room=room.slug, everywhere="")
    assert len(everywhere.context["found"].hits) == 2


def test_a_room_that_is_not_one_s_own_is_not_named(charlie, room):
    assert room.name.encode() not in see(charlie, q="tea", room=room.slug).content


def test_without_words_the_page_teaches_how_to_search(alice):
    assert b"has:file" in see(alice).content


def test_what_makes_no_sense_is_said_and_stays_to_be_mended(alice):
    answer = see(alice, q="tea before:soon")
    assert answer.status_code == 400
    assert "“soon” is not a date" in answer.content.decode()
    assert b'value="tea before:soon"' in answer.content


def test_an_outsider_signs_in_first(client):
    answer = client.get(reverse("search"), {"q": "tea"})
    assert answer.status_code == 302
    assert reverse("account_login") in answer.url


def test_a_page_that_begins_nowhere_is_a_mistake(alice):
    assert see(alice, q="tea", before="x").status_code == 400


def test_searching_too_often_is_refused_in_words(alice, limit):
    limit(search="2 per minute")
    for _ in range(2):
        assert see(alice, q="tea").status_code == 200
    answer = see(alice, q="tea")
    assert answer.status_code == 429
    assert b"too fast" in answer.content
    with pytest.raises(TooFast):
        Search(alice, "tea").page()


def test_a_conversation_is_called_by_who_else_is_in_it(alice, bob, charlie):
    said(Room.between(alice, [bob]), alice, "Tea for two")
    assert b"bob" in see(alice, q="tea").content
    assert b"alice" in see(bob, q="tea").content
    assert found(charlie, "tea") == []
