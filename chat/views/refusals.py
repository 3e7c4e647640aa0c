"""What a verb refuses, as a page: the one translation from chat.errors to HTTP."""

from functools import wraps

from django.core.exceptions import PermissionDenied
from django.http import Http404

from chat.errors import NotAllowed, NotFound


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
