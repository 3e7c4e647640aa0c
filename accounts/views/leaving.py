from functools import wraps
from urllib.parse import urlsplit

import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from django.shortcuts import render


def leaving(view, provider: str):
    """Turn allauth's redirect to the provider into a page that goes there by itself.

    Our policy lets forms lead nowhere else, and browsers hold the redirects after a form to it.
    """

    @wraps(view)
    def wrapped(request, *args, **kwargs):
        try:
            response = view(request, *args, **kwargs)
        except requests.RequestException as error:  # a provider that cannot be asked where to go
            which = get_adapter().get_provider(request, kwargs.get("provider_id", provider))
            return render_authentication_error(request, which, exception=error)
        target = response.get("Location", "")
        if urlsplit(target).scheme not in {"http", "https"}:
            return response
        page = {"target": target, "host": urlsplit(target).hostname}
        page = render(request, "socialaccount/leaving.html", page)
        page.headers["Refresh"] = f"0; url={target}"
        return page

    return wrapped
