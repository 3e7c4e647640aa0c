"""Fetching the picture that a provider has of somebody. The address comes from outside: beware.

Only hosts of the provider itself are asked. Those that are set up here may be within the own
network; what others say of themselves must not lead there.
"""

from urllib.parse import SplitResult, urlsplit

from django.conf import settings

from accounts.avatars import MAX_BYTES
from chat import fetching, outside
from chat.uploads.sniff import PICTURES

PUBLIC = ("githubusercontent.com", "googleusercontent.com")


def fetch(url: str) -> bytes:
    """The bytes behind `url`, at most one more than MAX_BYTES. Raises fetching.Unavailable."""
    trusted = [one.hostname or "" for one in own_providers()]
    found = fetching.fetch(url, PICTURES, MAX_BYTES + 1, allowed=allowed, trusted=trusted)
    return found.data


def allowed(url: str) -> str | None:
    """`url`, if it lies with GitHub, Google or the OpenID Connect provider that is set up."""
    try:
        parts = urlsplit(url)
        origin, host = (parts.scheme, parts.hostname, parts.port), parts.hostname or ""
    except ValueError:
        return None
    if parts.username or parts.password:
        return None
    own = own_providers()
    if origin in [(part.scheme, part.hostname, part.port) for part in own]:
        return url
    hosts = (*PUBLIC, *(part.hostname or "" for part in own))
    is_standard = parts.scheme == "https" and parts.port in {None, 443}
    return url if is_standard and outside.is_within(host, hosts) else None


def own_providers() -> list[SplitResult]:
    """Where the providers are that whoever runs the site has set up."""
    parts = [urlsplit(address) for address in (settings.GITHUB_URL, settings.OIDC_ISSUER_URL)]
    return [part for part in parts if part.hostname]
