"""Which address a request comes from."""

import ipaddress

from django.conf import settings


def client_ip(request) -> str:
    """The client's IP address, as far as it can be trusted.

    Each of the TRUSTED_PROXIES adds one entry at the right of X-Forwarded-For; what stands left of
    theirs is the client's own invention.
    """
    forwarded = request.headers.get("X-Forwarded-For", "").split(",")
    proxies = settings.TRUSTED_PROXIES
    told = forwarded[-proxies] if 0 < proxies <= len(forwarded) else ""
    # Behind a Unix socket there is no address of a peer.
    return readable(told) or readable(request.META.get("REMOTE_ADDR") or "") or "127.0.0.1"


def readable(address: str) -> str:
    """The address without a port, which some proxies add; empty when it is none.

    >>> readable(" 192.0.2.1:5060"), readable("[2001:DB8::1]:443"), readable("unknown")
    ('192.0.2.1', '2001:db8::1', '')
    """
    address = address.strip()
    if address.startswith("["):
        address = address[1:].partition("]")[0]
    elif address.count(":") == 1:
        address = address.partition(":")[0]
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return ""
