"""The index of what was said: which messages may hold certain words, newest first.

Two engines, FTS5 and PostgreSQL's full text, behind three functions. The index only proposes: who
asks must look each message up, as one that the person may see, before anything is shown of it.
Beside words, terms name the room (`#7`), the author (`@12`) and that there are files (`+file`).
"""

from collections.abc import Iterable, Iterator
from types import ModuleType

from django.db import connection, transaction

from chat import markup
from chat.search import postgresql, sqlite, words

HAS_FILE = "+file"
BATCH = 2000  # messages taken in at once when there are many

Terms = set[str]


def engine() -> ModuleType:
    return {"sqlite": sqlite, "postgresql": postgresql}[connection.vendor]


def in_room(pk: int) -> str:
    return f"#{pk}"


def by_author(pk: int) -> str:
    return f"@{pk}"


def put(*messages) -> None:
    """Take in what these messages say now; within the transaction that changes them."""
    engine().put([(message.pk, terms_of(message)) for message in messages])


def drop(message) -> None:
    engine().drop("= %s", message.pk)


def drop_all(ids: list[int]) -> None:
    engine().drop(f"IN ({', '.join(['%s'] * len(ids))})", *ids)


def drop_room(room) -> None:
    engine().drop("IN (SELECT id FROM chat_message WHERE room_id = %s)", room.pk)


def fill(messages) -> Iterator[int]:
    """Take in what all of `messages` (a queryset) say, some at a time; gives how many so far."""
    done, last = 0, 0
    while True:
        with transaction.atomic():
            # Locked, so that what is being edited is not taken in as it was before.
            some = messages.select_for_update().filter(pk__gt=last, deleted_at=None).order_by("pk")
            batch = list(some.only("room_id", "author_id", "html", "files", "poll")[:BATCH])
            put(*batch)
        if not batch:
            break
        done, last = done + len(batch), batch[-1].pk
        yield done


def drop_what_is_gone() -> None:
    engine().drop("NOT IN (SELECT id FROM chat_message WHERE deleted_at IS NULL)")


def terms_of(message) -> Terms:
    terms = words.terms("\n".join(readable(message)))
    terms |= {in_room(message.room_id), by_author(message.author_id)}
    if message.files:
        terms.add(HAS_FILE)
    return terms


def readable(message) -> list[str]:
    """What one can read in a message, as plain text: its words, then a line for each of its files,
    with what is said of it and what it is called, or of its choices.
    """
    about = ([file.get("description"), file["name"]] for file in message.files)
    files = [" · ".join(filter(None, words)) for words in about]
    choices = [choice["text"] for choice in message.poll["choices"]] if message.poll else []
    return [markup.text(message.html), *files, *choices]


def newest(every: Iterable[Terms], above: int, below: int) -> Iterator[tuple[list[int], int]]:
    """The messages between these two ids that have a term of each set, newest first, in steps.

    A step: its ids, and the id down to which all was looked at. It takes a bounded time however
    common the terms are, so who has enough, or no time left, just stops.
    """
    every = list(every)
    return engine().newest(every, above, below) if all(every) else iter(())
