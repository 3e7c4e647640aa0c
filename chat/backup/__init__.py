"""One archive with the site as it was at one moment, and the way back from it.

    database -> a dump, consistent in itself -> the files that this dump names -> the manifest

The dump comes first. Bytes in the storage do not change under their name: a file that the dump
names is the one that was meant, however much later it is copied. What was deleted in between is
noted in the manifest, and what came since is not named.

Keys are not in it (`.env`, `push.pem`): who finds a backup must not be able to speak as the site.
"""

from types import ModuleType

from django.db import connection

from chat.parcels import Unfit

__all__ = ["Unfit", "engine"]


def engine() -> ModuleType:
    from chat.backup import postgresql, sqlite

    return {"sqlite": sqlite, "postgresql": postgresql}[connection.vendor]
