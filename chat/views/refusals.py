"""What a verb refuses, as a page or for a script: the translation from chat.errors to HTTP."""

from collections.abc import Callable
from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse

from chat.errors import ChatError, NotAllowed, NotFound


def refusals_as_pages(view):
    """Answer NotFound with the page 404 and NotAllowed with the page 403, which says why."""

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        try:
            return view(request, *args, **kwargs)
        except NotFound as error:
            raise Http404 from error
        except NotAllowed as error:
            raise PermissionDenied(error.message) from error

    return wrapped


def answered(verb: Callable[[], object]) -> HttpResponse:
    """For scripts: nothing once `verb` is done, or why not in words for people."""
    try:
        verb()
    except ChatError as error:
        return HttpResponse(error.message, status=400, content_type="text/plain; charset=utf-8")
    return HttpResponse(status=204)
