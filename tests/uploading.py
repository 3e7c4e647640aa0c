"""Files on their way into a test's site, and what is kept of them."""

from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests import files
from tests.sockets import client_of

JSON = {"Accept": "application/json"}


def send_file(user, room, data=None, name="picture.png", **fields):
    """The answer to an upload by `user`, as the page's scripts send it."""
    data = files.picture() if data is None else data
    fields["file"] = SimpleUploadedFile(name, data)
    return client_of(user).post(reverse("upload", args=[room.slug]), fields, headers=JSON)


def stored_files() -> list[str]:
    folder = Path(settings.MEDIA_ROOT) / "files"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []
