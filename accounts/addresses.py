"""Which address a request comes from."""

import ipaddress

from django.conf import settings
from django.utils.crypto import salted_hmac


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


def network(address: str) -> str:
    """What one visitor is known by: the address or, of IPv6, the 64 bits that their line has.

    >>> network("203.0.113.7"), network("2001:db8:1:2:3:4:5:6"), network("::ffff:203.0.113.7")
    ('203.0.113.7', '2001:db8:1:2::', '203.0.113.7')
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv4Address):
        return str(ip)
    if ip.ipv4_mapped:
        return str(ip.ipv4_mapped)
    return str(ipaddress.ip_network((ip, 64), strict=False).network_address)


def masked(address: str) -> str:
    """As much of the address as moderators see, to tell visitors apart but not to find them.

    >>> masked("203.0.113.7"), masked("2001:db8:1:2:3:4:5:6")
    ('203.0.*.*', '2001:db8:*')
    """
    one = network(address)
    if ":" not in one:
        return ".".join([*one.split(".")[:2], "*", "*"])
    groups = ipaddress.ip_address(one).exploded.split(":")[:2]
    return ":".join([*(group.lstrip("0") or "0" for group in groups), "*"])


def fingerprint(address: str) -> str:
    """The same for the same network, and of no use to who has not this site's SECRET_KEY."""
    return salted_hmac("guest address", network(address), algorithm="sha256").hexdigest()[:32]
