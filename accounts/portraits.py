"""Fetching the picture that a provider has of somebody. The address comes from outside: beware.

Only hosts of the provider itself are asked, so that nobody can make this server reach into its own
network; no redirect is followed, and neither size nor time is left to the other side.
"""

import time
from urllib.parse import urlsplit

import requests
from django.conf import settings

from accounts.avatars import MAX_BYTES

SECONDS = 5.0


class Unavailable(Exception):
    """There is no picture to be had from there."""


def fetch(url: str) -> bytes:
    """The bytes behind `url`, at most MAX_BYTES. Raises Unavailable."""
    if not is_allowed(url):
        raise Unavailable(f"{url!r} is not an address of a provider")
    deadline = time.monotonic() + SECONDS
    data = bytearray()
    try:
        with requests.get(url, stream=True, timeout=3, allow_redirects=False) as answer:
            if answer.status_code != 200:
                raise Unavailable(f"status {answer.status_code}")
            for chunk in answer.iter_content(64 * 1024):
                data += chunk
                if len(data) > MAX_BYTES or time.monotonic() > deadline:
                    raise Unavailable("too large or too slow")
    except requests.RequestException as error:
        raise Unavailable(str(error)) from error
    return bytes(data)


def is_allowed(url: str) -> bool:
    """Whether `url` lies with GitHub, Google or the OpenID Connect provider that is set up."""
    try:
        parts = urlsplit(url)
        origin, host = (parts.scheme, parts.hostname, parts.port), parts.hostname or ""
    except ValueError:
        return False
    if parts.username or parts.password:
        return False
    own = [urlsplit(address) for address in (settings.GITHUB_URL, settings.OIDC_ISSUER_URL)]
    own = [part for part in own if part.hostname]
    if origin in [(part.scheme, part.hostname, part.port) for part in own]:
        return True
    public = ("githubusercontent.com", "googleusercontent.com")
    hosts = (*public, *(part.hostname for part in own))
    is_standard = parts.scheme == "https" and parts.port in {None, 443}
    return is_standard and any(host == one or host.endswith(f".{one}") for one in hosts)
