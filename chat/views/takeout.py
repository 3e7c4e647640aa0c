"""What is one's own on this site, to take away."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import redirect
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from chat.errors import ChatError
from chat.models import Takeout
from chat.views.files import etag, stored


@login_required
@require_POST
def ask_for_takeout(request):
    try:
        Takeout.ask(request.user)
    except ChatError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, _("Your data is being put together. You are told when it is."))
    return redirect("profile")


@login_required
@require_safe
def takeout(request):
    """The archive, for nobody but who asked for it."""
    found = Takeout.of(request.user)
    if found is None or not found.is_ready:
        raise Http404
    name = f"chatsite-{request.user.username}-{found.made_at:%Y-%m-%d}.zip"
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": str(content_disposition_header(True, name)),
        "ETag": etag(found.stored),
    }
    return stored(request, found.stored, headers)
