"""The archive of a backup: a zip with a dump of the database and the files of the site."""

import re
import zipfile
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from chat.parcels import MANIFEST, Entry, Parcel

# What the dump is called, by engine.
DATABASE = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
FILES = "media/"
# A folder of the storage and a name in it, nothing that could lead elsewhere.
FILE = re.compile(r"media/(files|avatars|previews)/(?!\.{1,2}$)[\w.-]+")


class Manifest(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    format: Literal[1] = 1
    version: str  # of the site
    made_at: datetime
    engine: Annotated[str, msgspec.Meta(pattern="^(sqlite|postgresql)$")]
    engine_version: str
    migrations: list[tuple[str, str]]  # app and name of each that was applied
    counts: dict[str, int]  # rows by table
    entries: dict[str, Entry]
    # Named by the database, but not in the storage when it was their turn.
    missing: list[str]


class Archive(Parcel):
    WHAT = "backup"
    MANIFEST = Manifest

    def _is_name(self, name: str) -> bool:
        return bool(FILE.fullmatch(name)) or name == DATABASE[self.manifest.engine]

    def _is_bomb(self, info: zipfile.ZipInfo) -> bool:
        # Files are as they are; a dump may be as packed as it likes, it is read with a limit.
        is_packed = info.compress_type != zipfile.ZIP_STORED
        return is_packed and info.filename not in {MANIFEST, DATABASE[self.manifest.engine]}
