"""What a linked page says of itself, below the message that links it."""

from datetime import timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from chat.errors import NotFound
from chat.models import Message, Post, Preview
from chat.threads import in_thread
from tests.linked_pages import page, tag
from tests.sockets import post

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def link(linked):
    """The address of a page about tea."""
    linked.shows("/pot.png")
    head = tag("og:image", "/pot.png") + tag("description", "How to brew it")
    return linked.says("/tea", page("Green tea", head))


def shown(message: Message) -> dict | None:
    message.refresh_from_db()
    return message.preview


async def test_the_page_behind_a_link_is_shown_to_everybody(tab_of, work, link, alice, bob, room):
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    await hers.ask("send_message", **post(room, f"Look: {link}"))
    assert "preview" not in (await his.receive("new_message"))["message"]
    await in_thread(work)
    changed = await his.receive("message_changed")
    told = changed["message"]
    assert told["preview"]["title"] == "Green tea"
    assert told["preview"]["text"] == "How to brew it"
    assert (told["preview"]["url"], told["preview"]["host"]) == (link, "127.0.0.1")
    assert (told["preview"]["picture"]["width"], told["edited_at"]) == (800, None)
    assert "Green tea" in told["html"]
    assert changed["revision"] == 2
    await his.send("sync", room=room.slug, since=1)
    assert (await his.receive("changes"))["messages"] == [told]


def test_it_is_the_same_on_the_page_and_in_the_history(client_of, work, link, alice, room):
    message = room.post(alice, link)
    work()
    client = client_of(alice)
    page = client.get(reverse("room", args=[room.slug])).content.decode()
    asked = {
        "path": reverse("messages", args=[room.slug]),
        "headers": {"Accept": "application/json"},
    }
    history = client.get(**asked).json()["html"]
    for html in (page, history):
        assert "Green tea" in html and shown(message)["picture"]["url"] in html


def test_words_of_others_are_words(client_of, work, linked, alice, room):
    evil = "</title><script>alert(1)</script>"
    head = tag("og:title", "&lt;img src=x onerror=alert(1)&gt;") + tag("og:site_name", "&lt;b&gt;")
    room.post(alice, linked.says("/", page(evil, head)))
    work()
    html = client_of(alice).get(reverse("room", args=[room.slug])).content.decode()
    assert "&lt;img src=x onerror=alert(1)&gt;" in html
    assert "<img src=x" not in html and "<script>alert(1)" not in html


def test_a_link_in_many_messages_is_fetched_once(work, linked, link, alice, bob, room):
    messages = [room.post(author, link + part) for author in (alice, bob) for part in ("", "#b")]
    work()
    assert linked.asked == ["/tea", "/pot.png"]
    assert [shown(message)["title"] for message in messages] == ["Green tea"] * 4
    assert shown(messages[1])["url"] == link + "#b"


def test_the_next_day_it_is_fetched_again(work, linked, link, alice, room):
    first = room.post(alice, link)
    work()
    Preview.objects.update(day=timezone.now().date() - timedelta(days=1))
    linked.says("/tea", page("Black tea"))
    second = room.post(alice, link)
    work()
    assert (shown(first)["title"], shown(second)["title"]) == ("Green tea", "Black tea")


def test_who_comes_while_it_is_fetched_waits_for_it(work, linked, link, alice, room):
    at_work = Preview.objects.create(url=link, day=timezone.now().date())
    message = room.post(alice, link)
    work()
    assert (shown(message), linked.asked) == (None, [])
    at_work.about = {"host": "127.0.0.1", "site": "", "title": "Green tea", "text": ""}
    at_work.save()
    work(seconds=5)
    assert (shown(message)["title"], linked.asked) == ("Green tea", [])


def test_another_takes_over_from_a_worker_that_is_gone(work, link, alice, room):
    long_ago = timezone.now() - timedelta(hours=1)
    Preview.objects.create(url=link, day=timezone.now().date(), asked_at=long_ago)
    message = room.post(alice, link)
    work()
    assert shown(message)["title"] == "Green tea"


def test_what_was_not_to_be_had_is_asked_for_again_only_after_a_while(work, linked, alice, room):
    url = f"{linked.url}/later"
    for _ in range(2):
        assert shown(room.post(alice, url)) is None
        work()
    assert linked.asked == ["/later"]
    linked.says("/later", page("Here now"))
    Preview.objects.update(asked_at=timezone.now() - timedelta(hours=1))
    message = room.post(alice, url)
    work()
    assert shown(message)["title"] == "Here now"


def test_the_first_link_counts(work, linked, link, alice, room):
    other = linked.says("/other", page("Other"))
    messages = [
        room.post(alice, f"{link} and {other}"),
        room.post(alice, f"`{other}` and <{other}> but [this]({link})"),
        room.post(alice, f"```\n{other}\n```\n{link}"),
    ]
    work()
    assert [shown(message)["title"] for message in messages] == ["Green tea"] * 3


@pytest.mark.parametrize("body", ["`{}`", "<{}>", "```\n{}\n```", "no link"])
def test_links_in_code_or_brackets_get_none(work, linked, link, alice, room, body):
    message = room.post(alice, body.format(link))
    work()
    assert (shown(message), linked.asked) == (None, [])


def test_turned_off_nothing_is_fetched(work, settings, linked, link, alice, room):
    settings.LINK_PREVIEWS = False
    message = room.post(alice, link)
    work()
    assert (shown(message), linked.asked) == (None, [])


def test_turned_off_also_for_what_was_asked_for_before(work, settings, linked, link, alice, room):
    room.post(alice, link)
    settings.LINK_PREVIEWS = False
    work()
    assert linked.asked == []


def test_one_person_gets_only_so_many(work, limit, linked, link, alice, bob, room):
    limit(preview="1 per minute")
    messages = [room.post(author, link) for author in (alice, alice, bob)]
    work()
    assert [bool(shown(message)) for message in messages] == [True, False, True]


def test_what_is_written_again_counts_once(work, limit, linked, link, alice, room):
    """Posts are written together, and each by itself when one of them cannot be."""
    limit(preview="1 per minute")
    good, bad = room.prepare_post(alice, link), room.prepare_post(alice, "Yes", reply_to=999_999)
    with pytest.raises(NotFound):
        Post.write_all([good, bad])
    message = good.write()
    work()
    assert shown(message)["title"] == "Green tea"


def test_a_post_costs_one_row_more_with_a_link_and_nothing_without(alice, linked, link, room):
    room.post(alice, "The first of a room asks for its notices to be decided")
    counts = []
    for body in ("Hello", "http://[not a link", f"<{link}>", link):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            room.post(alice, body)
        counts.append(len(queries))
    assert counts[:3] == [counts[0]] * 3
    waiting = DBTaskResult.objects.filter(task_path="chat.tasks.show_preview")
    assert (counts[3] - counts[0], waiting.count()) == (1, 1)


# Taking it away ---------------------------------------------------------------------------------


async def test_its_author_removes_it_and_it_does_not_come_back(
    tab_of, work, says, link, alice, bob, room
):
    message = await says(alice, room, link)
    await in_thread(work)
    hers, his = await tab_of(alice, room), await tab_of(bob, room)
    assert (await his.ask("remove_preview", id=message.pk))["code"] == "not_allowed"
    ack = await hers.ask("remove_preview", id=message.pk)
    told = (await his.receive("message_changed"))["message"]
    assert told["revision"] == ack["revision"] and "preview" not in told
    assert "Green tea" not in told["html"]
    assert (await hers.ask("remove_preview", id=message.pk))["revision"] == ack["revision"]
    await in_thread(message.edit, alice, f"Once more: {link}")
    await in_thread(message.show_preview)
    assert await in_thread(shown, message) == {}


def test_an_edit_that_drops_the_link_drops_it(work, link, alice, room):
    message = room.post(alice, link)
    work()
    message.edit(alice, "No link")
    assert shown(message) is None
    assert not message.previews.exists()


def test_an_edit_that_keeps_the_link_keeps_it(work, linked, link, alice, room):
    message = room.post(alice, link)
    work()
    message.edit(alice, f"Better words for {link}")
    assert shown(message)["title"] == "Green tea"


def test_an_edit_that_brings_another_link_brings_its_preview(work, linked, link, alice, room):
    message = room.post(alice, link)
    work()
    message.edit(alice, linked.says("/other", page("Other")))
    assert shown(message) is None
    work()
    assert shown(message)["title"] == "Other"


def test_a_preview_that_comes_too_late_is_not_shown(work, link, alice, room):
    edited, gone = room.post(alice, link), room.post(alice, link)
    edited.edit(alice, "No link")
    gone.remove(alice)
    work()
    assert shown(edited) is None and shown(gone) is None


def test_deleting_takes_it_and_the_picture_goes_with_the_last(work, link, alice, room):
    messages = [room.post(alice, link) for _ in range(2)]
    work()
    Preview.objects.update(day=timezone.now().date() - timedelta(days=3))
    stored = Preview.stored(Preview.objects.get().token)
    messages[0].remove(alice)
    Preview.forget_old()
    assert shown(messages[0]) is None and default_storage.exists(stored)
    messages[1].remove(alice)
    Preview.forget_old()
    assert not default_storage.exists(stored) and not Preview.objects.exists()


# Its picture ------------------------------------------------------------------------------------


def test_the_picture_is_a_webp_of_this_site(client_of, client, work, link, alice, room):
    message = room.post(alice, link)
    work()
    url = shown(message)["picture"]["url"]
    answer = client_of(alice).get(url)
    data = b"".join(answer.streaming_content)
    assert (answer["Content-Type"], data[:4], data[8:12]) == ("image/webp", b"RIFF", b"WEBP")
    assert "sandbox" in answer["Content-Security-Policy"]
    assert client.get(url).status_code == 404
    assert client_of(alice).get(url.replace(".webp", "x.webp")).status_code == 404


@pytest.mark.parametrize(
    ("body", "type"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/png"),
        (b"\x89PNG\r\n\x1a\n broken", "image/png"),
        (b"RIFF\xff\xff\xff\xffWEBPVP8X\n\0\0\0\0\0\0\0\xff\xff\xff\xff\xff\xff", "image/webp"),
        (b"GIF89a", "text/html"),
    ],
)
def test_what_is_no_picture_is_left_out(work, linked, alice, room, body, type):
    linked.says("/pot.png", body, Content_Type=type)
    message = room.post(alice, linked.says("/", page("Tea", tag("og:image", "/pot.png"))))
    work()
    assert shown(message)["title"] == "Tea" and "picture" not in shown(message)


def test_a_picture_within_or_too_small_is_left_out(work, linked, alice, room):
    linked.shows("/dot.png", width=1, height=1)
    for number, picture in enumerate(("http://10.0.0.1/x.png", "/dot.png")):
        url = linked.says(f"/{number}", page("Tea", tag("og:image", picture)))
        message = room.post(alice, url)
        work()
        assert "picture" not in shown(message)
