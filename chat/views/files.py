"""Files of messages: how they come in, and to whom they go out."""

import re

from django.contrib.auth.decorators import login_required
from django.core.files.storage import default_storage
from django.http import Http404, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header, parse_etags
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chat.broadcasts import attachment_data
from chat.errors import ChatError, Empty
from chat.models import Attachment, Message, Room
from chat.protocol import encode
from chat.uploads import INLINE
from chat.views.conversation import post

CHUNK = 64 * 1024
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
STATUS = {"too_long": 413, "too_fast": 429, "not_found": 404}
# Whatever it is, it must not run, nor be used by pages of other sites.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Accept-Ranges": "bytes",
    # The browser keeps it and asks each time: who has left the room gets no answer any more.
    "Cache-Control": "private, no-cache",
}


# In ---------------------------------------------------------------------------------------------


@login_required
@require_POST
def upload(request, slug: str):
    """One file, answered in JSON; its id is then for the `attachments` of a `send_message`."""
    room = get_object_or_404(Room.objects.visible_to(request.user), slug=slug)
    if request.accepts("text/html"):  # a whole message, from a browser without scripts
        files = request.FILES.getlist("file")[: Message.MOST_FILES + 1]
        return post(request, room, files)
    try:
        file = request.FILES.get("file")
        if file is None:
            raise Empty(_("Choose a file first."))
        waveform = request.POST.get("waveform", "")
        attachment = Attachment.receive(room, request.user, file, waveform=waveform)
    except ChatError as error:
        return refused(error)
    return told(attachment, 201)


def told(attachment: Attachment, status: int = 200) -> HttpResponse:
    return HttpResponse(encode(attachment_data(attachment.about())), "application/json", status)


def refused(error: ChatError) -> JsonResponse:
    about = {"code": error.code, "message": str(error)}
    return JsonResponse(about, status=STATUS.get(error.code, 400))


@login_required
@require_POST
def describe(request, pk: int):
    """Say what is to be seen on a picture of one's own; answered as upload() is."""
    own = request.user.attachments.filter(kind=Attachment.Kind.PICTURE, quarantined_at=None)
    picture = get_object_or_404(own, pk=pk)
    try:
        picture.describe(request.user, request.POST.get("description", ""))
    except ChatError as error:
        return refused(error)
    return told(picture)


@login_required
@require_POST
def discard(request, pk: int):
    """Delete a file of one's own that was not sent: the room that it took is free again."""
    request.user.attachments.filter(pk=pk, is_whole=True).discard()
    return HttpResponse(status=204)


# Out --------------------------------------------------------------------------------------------


@require_safe
def file(request, pk: int, name: str):
    """The bytes, or a range of them; to be shown only if it is of a type that can do nothing."""
    attachment = visible(request.user, pk)
    is_download = attachment.content_type not in INLINE or "download" in request.GET
    headers = {
        "Content-Type": attachment.content_type,
        "Content-Disposition": str(content_disposition_header(is_download, attachment.name)),
        "ETag": etag(attachment.stored),
    }
    return stored(request, attachment.stored, headers)


@require_safe
def thumbnail(request, pk: int):
    """The small WebP of a picture or video."""
    attachment = visible(request.user, pk)
    if not attachment.thumbnail:
        raise Http404
    headers = {"Content-Type": "image/webp", "ETag": etag(attachment.thumbnail)}
    return stored(request, attachment.thumbnail, headers)


def visible(user, pk: int) -> Attachment:
    """The file, if `user` may have it at this moment; for who is signed out there is none."""
    if not user.is_authenticated:
        raise Http404
    return get_object_or_404(Attachment.objects.visible_to(user), pk=pk)


def etag(name: str) -> str:
    """Names in the storage are random: ids are given out anew where a backup is restored."""
    return f'"{name}"'


def stored(request, name: str, headers: dict[str, str]):
    """What the storage has under `name`, as the request's conditions want it (RFC 9110)."""
    headers, tag = HEADERS | headers, headers["ETag"]
    if tag in parse_etags(request.headers.get("If-None-Match", "")):
        return HttpResponse(status=304, headers=headers)
    try:
        size = default_storage.size(name)
        source = default_storage.open(name)
    except FileNotFoundError:
        raise Http404 from None
    status, piece = 200, range(size)
    if request.headers.get("If-Range", tag) == tag:
        wanted = wanted_range(request.headers.get("Range", ""), size)
        if wanted is not None:
            status, piece = 206 if wanted else 416, wanted
            told = f"{piece.start}-{piece.stop - 1}" if piece else "*"
            headers["Content-Range"] = f"bytes {told}/{size}"
    headers["Content-Length"] = str(len(piece))
    if request.method == "HEAD" or status == 416:
        source.close()
        return HttpResponse(status=status, headers=headers)
    return StreamingHttpResponse(Chunks(source, piece), status=status, headers=headers)


def wanted_range(header: str, size: int) -> range | None:
    """The bytes that a Range header asks for, none of them if it asks for what there is not.

    None for what is no range, or several: these are answered with everything.
    """
    match = RANGE.fullmatch(header)
    if not match or not any(match.groups()):
        return None
    first, last = match.groups()
    if not first:
        return range(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return range(int(first), min(size, int(last) + 1 if last else size))


class Chunks:
    """An open file, from one byte to another, as a response streams it."""

    def __init__(self, file, piece: range):
        self.file, self.left, self.close = file, len(piece), file.close
        file.seek(piece.start)

    def __iter__(self):
        return self

    def __next__(self) -> bytes:
        chunk = self.file.read(min(CHUNK, self.left))
        if not chunk:
            raise StopIteration
        self.left -= len(chunk)
        return chunk
