import re

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponse
from django.views.decorators.http import require_safe

from accounts.avatars import draw

FOR_EVER = "public, max-age=31536000, immutable"
# What is stored at an address never changes, and whatever it is, it must not run.
HEADERS = {
    "Cache-Control": FOR_EVER,
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}
UPLOADED = re.compile(r"avatars/[\w-]+\.webp")


@require_safe
def generated_avatar(request, hue, initials):
    """The picture of somebody who has none; the address says all of it."""
    if hue >= 24 or len(initials) > 2:
        raise Http404
    return HttpResponse(draw(initials, hue), content_type="image/svg+xml", headers=HEADERS)


@require_safe
def media(request, path):
    """Uploaded pictures of people."""
    if not UPLOADED.fullmatch(path):
        raise Http404
    try:
        picture = default_storage.open(path)
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(picture, content_type="image/webp", headers=HEADERS)
