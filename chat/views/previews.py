"""Pictures of linked pages: served by this site, so that nobody's browser asks another for them."""

from django.http import Http404
from django.views.decorators.http import require_safe

from chat.models import Preview
from chat.views.files import stored


@require_safe
def picture(request, token: str):
    """To who is signed in and has the address, which is random and told with the messages only."""
    if not request.user.is_authenticated:
        raise Http404
    headers = {
        "Content-Type": "image/webp",
        "ETag": f'"{token}"',
        "Cache-Control": "private, max-age=31536000, immutable",
    }
    return stored(request, Preview.stored(token), headers)
