"""Bytes in the storage that nothing on the site knows of: left by a process that was killed, or by
a database that was put back to what it was before.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice

from django.contrib.auth import get_user_model
from django.core.files.storage import default_storage
from django.utils import timezone

from chat.models.attachment import Attachment
from chat.models.preview import Preview
from chat.models.takeout import Takeout

FOLDERS = ("files", "avatars", "previews", "takeouts")
# What is younger may be on its way: bytes come before the row that knows of them, or after it.
SETTLED = timedelta(days=1)
AT_ONCE = 500


@dataclass(frozen=True)
class Orphan:
    name: str
    size: int

    def delete(self) -> None:
        default_storage.delete(self.name)


def orphans() -> Iterator[Orphan]:
    """What lies in the storage for more than a day and belongs to nobody."""
    for folder in FOLDERS:
        try:
            names = (f"{folder}/{name}" for name in default_storage.listdir(folder)[1])
        except FileNotFoundError:
            continue
        while some := list(islice(names, AT_ONCE)):
            for name in sorted(set(some) - _known(some)):
                if default_storage.get_modified_time(name) < timezone.now() - SETTLED:
                    yield Orphan(name, default_storage.size(name))


def _known(names: list[str]) -> set[str]:
    files = Attachment.objects.all()
    previews = Preview.objects.filter(token__in=[_token(name) for name in names])
    return {
        *files.filter(stored__in=names).values_list("stored", flat=True),
        *files.filter(thumbnail__in=names).values_list("thumbnail", flat=True),
        *get_user_model().objects.filter(avatar__in=names).values_list("avatar", flat=True),
        *Takeout.objects.filter(stored__in=names).values_list("stored", flat=True),
        *map(Preview.stored, previews.values_list("token", flat=True)),
    }


def _token(name: str) -> str:
    return name.rpartition("/")[2].removesuffix(".webp")
