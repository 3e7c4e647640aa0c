"""What a dump holds, as both engines find it by reading it through."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from chat.models import Preview

# By table, what is to be known of its rows.
TELLING = ("accounts_user", "chat_attachment", "chat_preview", "django_migrations")


@dataclass
class Contents:
    counts: dict[str, int] = field(default_factory=dict)  # rows by table
    migrations: set[tuple[str, str]] = field(default_factory=set)
    files: set[str] = field(default_factory=set)  # their names in the storage

    def note(self, table: str, row: Mapping[str, Any]) -> None:
        """Take in a row of one of the TELLING; an older site may not have all columns."""
        if table == "django_migrations":
            self.migrations.add((row["app"], row["name"]))
        else:
            self.files |= {name for name in names(table, row) if name}


def names(table: str, row: Mapping[str, Any]) -> Iterator[str | None]:
    """The files of a row. What is still being stored, or deleted just now, is nobody's."""
    match table:
        case "accounts_user":
            yield row["avatar"]
        case "chat_attachment" if row.get("is_whole", True) in (True, "t"):
            yield row["stored"]
            yield row["thumbnail"]
        case "chat_preview" if '"picture"' in (row["about"] or ""):
            yield Preview.stored(row["token"])
