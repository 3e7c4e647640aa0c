"""Language and theme, chosen in the corner of any page: kept in a cookie and with the person."""

from django.conf import settings
from django.shortcuts import redirect
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.views.guests import next_url

A_YEAR = 365 * 86400


@require_POST
def set_language(request):
    language = request.POST.get("language", "")
    is_known = language in dict(settings.LANGUAGES) and check_for_language(language)
    return keep(request, "language", language if is_known else "", settings.LANGUAGE_COOKIE_NAME)


@require_POST
def set_theme(request):
    theme = request.POST.get("theme", "")
    return keep(request, "theme", theme if theme in User.Theme.values else "", "theme")


def keep(request, field: str, choice: str, cookie: str):
    """Back to the page one came from, with the `choice` kept when there is one."""
    response = redirect(next_url(request))
    if choice:
        response.set_cookie(
            cookie, choice, max_age=A_YEAR, samesite="Lax", secure=request.is_secure()
        )
        if request.user.is_authenticated:
            setattr(request.user, field, choice)
            request.user.save(update_fields=[field])
    return response
