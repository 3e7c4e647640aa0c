"""The index in an FTS5 table: one row per message, its terms separated by spaces.

The tokenizers that come with it miss Chinese words, so the terms come ready-made, and "ascii" only
splits them again. It keeps no positions: phrases are looked for in what was found. FTS5 walks its
lists from the newest row down, so a common word costs no more than the few rows that are read.
"""

from collections.abc import Iterable, Iterator

from django.db import connection

TABLE = """
    CREATE VIRTUAL TABLE chat_search USING fts5(
        terms, detail=none, columnsize=0, tokenize="ascii tokenchars '#@+'"
    )
"""
INDEX = ""  # the table is one

MOST = 64  # rows read in a step
REACH = 2**19  # ids that a step goes back at most, so that one may stop when nothing is found


def put(entries: Iterable[tuple[int, set[str]]]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT OR REPLACE INTO chat_search (rowid, terms) VALUES (%s, %s)",
            [(pk, " ".join(terms)) for pk, terms in entries],
        )


def drop(condition: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM chat_search WHERE rowid {condition}", values)  # noqa: S608


def newest(every: list[set[str]], above: int, below: int) -> Iterator[tuple[list[int], int]]:
    groups = [" OR ".join(f'"{term}"' for term in group) for group in every]
    query = " AND ".join(f"({group})" for group in groups)
    while below > above + 1:
        low = max(above + 1, below - REACH)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rowid FROM chat_search WHERE chat_search MATCH %s"
                " AND rowid >= %s AND rowid < %s ORDER BY rowid DESC LIMIT %s",
                [query, low, below, MOST],
            )
            ids = [pk for (pk,) in cursor.fetchall()]
        below = ids[-1] if len(ids) == MOST else low
        yield ids, below
