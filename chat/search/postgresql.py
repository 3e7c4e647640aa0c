"""The index in a tsvector under GIN: one row per message.

GIN knows no order, so all that matches would have to be read to find the newest. Each message
therefore also has a term for each window of ids that it is in, and GIN reads one window at a time,
the newest first: small ones for common words, which grow as long as little is found.
"""

from collections.abc import Iterable, Iterator

from django.db import connection

TABLE = "CREATE TABLE chat_search (message_id bigint PRIMARY KEY, terms tsvector NOT NULL)"
# Not with a list of what is still to be sorted in, which each search would have to read through.
INDEX = "CREATE INDEX chat_search_terms ON chat_search USING gin (terms) WITH (fastupdate = off)"

# Ids in a window. Each lies in one of the next size; what the smallest holds is read at once.
SIZES = (2**11, 2**14, 2**17, 2**20)


def put(entries: Iterable[tuple[int, set[str]]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO chat_search (message_id, terms) VALUES (%s, array_to_tsvector(%s))"
            " ON CONFLICT (message_id) DO UPDATE SET terms = excluded.terms",
            [(pk, [*terms, *(window(pk, size) for size in SIZES)]) for pk, terms in entries],
        )


def drop(condition: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM chat_search WHERE message_id {condition}", values)  # noqa: S608


def newest(every: list[set[str]], above: int, below: int) -> Iterator[tuple[list[int], int]]:
    level, most, crowded = 0, len(SIZES) - 1, 0
    while below > above + 1:
        size = SIZES[level]
        low = (below - 1) // size * size
        place = {window(low, size)}
        # The window first, so that GIN looks for the rest only there; but the largest holds much,
        # and is only asked of what has all else.
        ids = _within([*every, place] if size == SIZES[-1] else [place, *every], low, below)
        if len(ids) > SIZES[0]:
            # Nor is anything as large worth trying before all of this is behind.
            level, most, crowded = level - 1, level - 1, low
            continue
        yield [pk for pk in ids if pk > above], low
        below = low
        if below <= crowded:
            most = len(SIZES) - 1
        level = min(level + 1, most)


def _within(every: list[set[str]], low: int, below: int) -> list[int]:
    """The ids of a window, newest first; when they are too many, any one more than that."""
    groups = [" | ".join(f"'{term}'" for term in group) for group in every]
    # Each group by itself: of one long query GIN would follow the many rooms, not the rare word.
    conditions = " AND ".join(["terms @@ %s::tsquery"] * len(groups))
    with connection.cursor() as cursor:
        # Materialized: planned for all that match, that is by GIN, and read only as far as needed.
        cursor.execute(
            f"WITH matching AS MATERIALIZED (SELECT message_id FROM chat_search WHERE {conditions})"  # noqa: S608
            " SELECT message_id FROM matching WHERE message_id >= %s AND message_id < %s LIMIT %s",
            [*groups, low, below, SIZES[0] + 1],
        )
        return sorted((pk for (pk,) in cursor.fetchall()), reverse=True)


def window(pk: int, size: int) -> str:
    return f"~{size}.{pk // size}"
