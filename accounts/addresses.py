"""Which address a request comes from."""

from django.conf import settings


def client_ip(request) -> str:
    """The client's IP address, as far as it can be trusted.

    Each of the TRUSTED_PROXIES adds one entry at the right of X-Forwarded-For; what stands left of
    theirs is the client's own invention.
    """
    proxies = settings.TRUSTED_PROXIES
    if proxies:
        forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
        if len(forwarded) >= proxies and forwarded[-proxies]:
            return forwarded[-proxies]
    return request.META.get("REMOTE_ADDR") or "127.0.0.1"
