from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from accounts.models import available_time_zones

# The same for everybody and kept by caches for ever: no session may be read for these.
IMPERSONAL = ("/accounts/avatar/", settings.MEDIA_URL, settings.STATIC_URL)

# Pages of allauth about what a guest does not have.
FOR_ACCOUNTS = (
    "account_email",
    "account_change_password",
    "account_set_password",
    "account_reauthenticate",
    "mfa_",
    "socialaccount_connections",
    "usersessions_",
    "revoke_session",
)


class PersonalSettingsMiddleware:
    """Each page in the reader's language and time zone.

    Both are what a person chose, else what is in a cookie; else the language is the browser's.
    Takes the place of Django's LocaleMiddleware. A guest's session slides on here, and guests are
    kept from pages about accounts.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.path.startswith(IMPERSONAL):
            return self.get_response(request)
        user = request.user
        language = getattr(user, "language", "") or translation.get_language_from_request(request)
        zone = getattr(user, "time_zone", "") or zone_of_browser(request)
        with translation.override(language), timezone.override(ZoneInfo(zone) if zone else None):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.get_response(request)
        if user.is_authenticated and user.is_guest:
            slide(request.session, user.GUEST_SESSION.total_seconds())
        patch_vary_headers(response, ("Accept-Language",))
        response.headers.setdefault("Content-Language", language)
        return response

    def process_view(self, request, view, args, kwargs):
        name = request.resolver_match.url_name or ""
        if name.startswith(FOR_ACCOUNTS) and getattr(request.user, "is_guest", False):
            messages.info(request, _("Guests have nothing to set up here. Make an account first."))
            return redirect("account_signup")
        return None


def zone_of_browser(request) -> str:
    """The time zone that static/js/zone.js has put into a cookie; empty if there is none such."""
    name = request.COOKIES.get("zone", "")
    return name if name in available_time_zones() else ""


def slide(session, seconds: float) -> None:
    """Let the session last `seconds` from now; written once an hour at most."""
    started = session.get("_slid", 0)
    now = int(timezone.now().timestamp())
    if session.session_key and now - started > min(3600, seconds / 4):
        session["_slid"] = now
        session.set_expiry(int(seconds))
