"""How much room the database takes up."""

from dataclasses import dataclass

from django.db import connection


@dataclass(frozen=True)
class Size:
    """In bytes: on disk, and how much of that is free to be used again (None: not known)."""

    on_disk: int
    free: int | None


def of_database() -> Size:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            names = ("page_size", "page_count", "freelist_count")
            page, pages, free = (cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in names)
            return Size(page * pages, page * free)
        cursor.execute("SELECT pg_database_size(current_database())")
        return Size(cursor.fetchone()[0], None)
