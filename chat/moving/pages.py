"""The pages of an archive: they need nothing but a browser, neither a network nor a server.

A page has so many messages of the room, each with its thread folded under it. What is searched is
in scripts of their own, because pages from a disk may load scripts, but read no other files.
"""

import json
import re
import tempfile
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.template.loader import get_template, render_to_string
from django.utils import timezone

from accounts import avatars
from chat import search
from chat.models import MessageEdit
from chat.moving.form import path_of, thumbnail_of

PER_PAGE = 500  # messages of the room itself
SEARCHED_AT_ONCE = 5000  # messages in one script
IN_MEMORY = 8_000_000  # bytes of a page
RUN = 300  # seconds within which one does not say again who speaks
PLACE = "<!-- what was said -->"
STYLES = (
    "reset",
    "tokens",
    "people",
    "base",
    "components/avatar",
    "room/text",
    "room/code",
    "room/mentions",
    "archive",
)
SCRIPTS = ("archive", "search")
MENTION = re.compile(r'<a class="mention"[^>]*>([^<]*)</a>')


class Pages:
    """Of `messages` of a room, which is called `title`; without the files `missing`.

    Where they `is_flat` they are not all that was said: those of threads stand among the others,
    and what they answer is elsewhere.
    """

    def __init__(self, room, title: str, messages, writer, missing: set[str], *, is_flat=False):
        self.room, self.title, self.writer, self.missing = room, title, writer, missing
        self.messages, self.is_flat = messages, is_flat
        self.first_ids: list[int] = []  # of the pages so far
        self.months: dict[str, dict[str, Any]] = {}
        self.pins: list[Any] = []
        self.speakers: dict[int, int] = {}  # by their ids, their places in the search
        self.names: list[str] = []
        self.found: list[list] = []
        self.scripts = 0
        self.message_template = get_template("archive/message.html")

    def write(self, total: int, told) -> None:
        """All of them; `total` is how many messages there are, those in threads included."""
        main = self.messages if self.is_flat else self.messages.in_main()
        batch, last = self._next(main, 0), 0
        while batch:
            last = batch[-1].pk
            self.first_ids.append(batch[0].pk)
            following = self._next(main, last)
            with self._page(has_next=bool(following)) as page:
                self._write_flow(page, batch, told)
            batch = following
        self._write_found()
        add_look(self.writer)
        self._write_index(total)

    def _next(self, messages, after: int) -> list:
        some = messages.filter(pk__gt=after).order_by("pk")
        return list(some.prefetch_related("author", "reply_to__author")[:PER_PAGE])

    # One page -------------------------------------------------------------------------------------

    @contextmanager
    def _page(self, has_next: bool) -> Iterator[IO[bytes]]:
        number = len(self.first_ids)
        context = {
            "title": self.title,
            "number": number,
            "before": number > 1 and page_name(number - 1),
            "after": has_next and page_name(number + 1),
            "root": "../",
            "place": PLACE,
        }
        begin, end = render_to_string("archive/page.html", context).split(PLACE)
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as page:
            page.write(begin.encode())
            yield page
            page.write(end.encode())
            page.seek(0)
            self.writer.add(f"pages/{page_name(number)}", page, packed=True)

    def _write_flow(self, page: IO[bytes], batch: list, told) -> None:
        before = None
        with_more = More(batch)
        for message in batch:
            month = timezone.localtime(message.created_at).strftime("%Y-%m")
            if month not in self.months:
                url = self._url(message.pk, None)
                self.months[month] = {"at": message.created_at, "url": url}
            self._write_message(page, message, before, with_more)
            if message.pinned_at:
                self.pins.append(message)
            before = message
            told(1)
            if message.thread_count and not self.is_flat:
                self._write_thread(page, message, told)
                before = None

    def _write_thread(self, page: IO[bytes], root, told) -> None:
        summary = {"count": root.thread_count, "at": root.thread_at, "place": PLACE}
        begin, end = render_to_string("archive/thread.html", summary).split(PLACE)
        page.write(begin.encode())
        last, before = 0, None
        replies = self.messages.filter(thread=root.pk)
        while batch := self._next(replies, last):
            with_more = More(batch)
            for message in batch:
                self._write_message(page, message, before, with_more)
                before = message
                if message.pinned_at:
                    self.pins.append(message)
            last = batch[-1].pk
            told(len(batch))
        page.write(end.encode())

    def _write_message(self, page: IO[bytes], message, before, more: "More") -> None:
        at = timezone.localtime(message.created_at)
        is_new_day = before is None or timezone.localtime(before.created_at).date() != at.date()
        quoted = message.reply_to
        context = {
            "message": message,
            "author": message.author,
            "initials": avatars.initials(message.author.name),
            "html": unlinked(message.html),
            "day": message.created_at
            if is_new_day and (self.is_flat or not message.thread_id)
            else None,
            "continues": not is_new_day
            and before.author_id == message.author_id
            and not quoted
            and (message.created_at - before.created_at).total_seconds() < RUN,
            "quoted": quoted,
            "quoted_url": quoted and not self.is_flat and self._url(quoted.pk, quoted.thread_id),
            "edits": [(edit.written_at, unlinked(edit.html)) for edit in more.edits(message)],
            "reactions": [
                (one["key"], one["count"], more.names(one["who"], one["count"]))
                for one in message.reaction_tally
            ],
            "poll": message.poll and self._poll(message, more),
            "files": list(self._files(message)),
            "root": "../",
        }
        page.write(self.message_template.render(context).encode())
        self._note_for_search(message)

    def _poll(self, message, more: "More") -> dict:
        voters = message.poll["voters"] or 1
        choices = [
            choice | {"names": more.names(choice["who"], choice["count"]), "of": voters}
            for choice in message.poll["choices"]
        ]
        return {"choices": choices, "voters": message.poll["voters"]}

    def _files(self, message) -> Iterator[dict]:
        for about in message.files:
            path, thumbnail = path_of(about), thumbnail_of(about)
            known = {"path": path, "thumbnail": "" if thumbnail in self.missing else thumbnail}
            yield about | known | {"is_missing": path in self.missing}

    def _url(self, pk: int, thread: int | None) -> str:
        """Of a message that is on this page or one before it."""
        number = bisect_right(self.first_ids, pk if self.is_flat else thread or pk)
        return f"{page_name(max(number, 1))}#m{pk}"

    # The search -----------------------------------------------------------------------------------

    def _note_for_search(self, message) -> None:
        if message.deleted_at:
            return
        place = self.speakers.get(message.author_id)
        if place is None:
            place = self.speakers[message.author_id] = len(self.names)
            self.names.append(message.author.name)
        at = timezone.localtime(message.created_at).strftime("%Y-%m-%d %H:%M")
        text = " ".join(filter(None, search.readable(message)))
        self.found.append([message.pk, len(self.first_ids), place, at, text])
        if len(self.found) == SEARCHED_AT_ONCE:
            self._write_found()

    def _write_found(self) -> None:
        if self.found:
            self.scripts += 1
            self._add(
                f"search/{self.scripts}.js",
                f"archive.take({self.scripts}, {in_script(self.found)});\n",
            )
            self.found = []

    # What is there once ---------------------------------------------------------------------------

    def _write_index(self, total: int) -> None:
        about = {"scripts": self.scripts, "names": self.names}
        self._add("search/0.js", f"archive.begin({in_script(about)});\n")
        dates = self.messages.order_by("pk").values_list("created_at", flat=True)
        context = {
            "title": self.title,
            "room": self.room,
            "total": total,
            "first": dates.first(),
            "last": dates.last(),
            "months": list(self.months.values()),
            "pages": [page_name(number) for number in range(1, len(self.first_ids) + 1)],
            "pins": [
                (one, self._url(one.pk, one.thread_id), one.author.name)
                for one in sorted(self.pins, key=lambda one: one.pinned_at, reverse=True)
            ],
            "people": sorted(self.names, key=str.casefold),
            "made_at": timezone.now(),
            "zone": settings.TIME_ZONE,
            "site": settings.SITE_URL,
            "root": "",
        }
        self._add("index.html", render_to_string("archive/index.html", context))

    def _add(self, name: str, text: str) -> None:
        self.writer.add(name, BytesIO(text.encode()), packed=True)


def add_look(writer) -> None:
    """The styles and scripts of the pages in this folder of an archive."""
    styles = "".join(read_static(f"css/{name}.css") for name in STYLES)
    writer.add("look/style.css", BytesIO(styles.encode()), packed=True)
    for name in SCRIPTS:
        text = read_static(f"archive/{name}.js")
        writer.add(f"look/{name}.js", BytesIO(text.encode()), packed=True)


class More:
    """What is shown with some messages and not on them."""

    def __init__(self, messages: list):
        edited = [one.pk for one in messages if one.edited_at and not one.deleted_at]
        self._edits: dict[int, list] = {}
        for edit in MessageEdit.objects.filter(message__in=edited).order_by("pk"):
            self._edits.setdefault(edit.message_id, []).append(edit)
        ids = {pk for one in messages for said in one.reaction_tally for pk in said["who"]}
        polls = [one.poll for one in messages if one.poll]
        ids |= {pk for poll in polls for choice in poll["choices"] for pk in choice["who"]}
        people = get_user_model().objects.filter(pk__in=ids)
        self._names = {one.pk: one.name for one in people}

    def edits(self, message) -> list:
        """What it said before, the earliest first."""
        return self._edits.get(message.pk, [])

    def names(self, ids: list[int], count: int) -> str:
        named = [self._names[pk] for pk in ids if pk in self._names]
        return ", ".join(named) + (f" +{count - len(named)}" if count > len(named) else "")


def page_name(number: int) -> str:
    return f"{number:04}.html"


def unlinked(html: str) -> str:
    """With nothing in it that leads to the site: people have no pages here."""
    return MENTION.sub(r'<span class="mention">\1</span>', html)


def in_script(thing: Any) -> str:
    """As JavaScript has it, also in old browsers."""
    text = json.dumps(thing, ensure_ascii=False, separators=(",", ":"))
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def read_static(name: str) -> str:
    return Path(str(finders.find(name))).read_text("utf-8")
