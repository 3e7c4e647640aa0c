"""Requests to addresses that anybody may have given: to the public internet only, and not for long.

The name is resolved once and the connection goes to one of those addresses, all of which must be
public: a name that answers differently the second time gains nothing. Redirects are not followed,
proxies and passwords of the environment not used.
"""

import ipaddress
import os
import socket
import threading
from contextlib import suppress
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

PATIENCE = 10.0  # seconds for one step
DEADLINE = 20.0  # seconds for all of it, however slowly the other side drips

# What leads elsewhere than it says (IPv4 within IPv6, and relays), what older Pythons take for
# public, and where Azure answers its machines.
REFUSED = [
    ipaddress.ip_network(network)
    for network in (
        "2001::/32", "2002::/16", "64:ff9b::/96", "64:ff9b:1::/48", "192.88.99.0/24",
        "192.0.0.0/24", "3fff::/20", "168.63.129.16/32",
    )
]  # fmt: skip
UNICAST = ipaddress.ip_network("2000::/3")


class NotPublic(Exception):
    """The address is within somebody's own network, or none at all."""


def is_public(address: str) -> bool:
    """Whether this IP address is one of the public internet.

    >>> is_public("93.184.216.34"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if ip.version == 6 and ip not in UNICAST:
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in one for one in REFUSED)


def _may_be_reached(address: str) -> bool:
    if settings.REACHES_LOOPBACK and ipaddress.ip_address(address).is_loopback:
        return True
    return is_public(address)


def is_proper(url: str) -> bool:
    """Whether this is an https address; who it leads to is found out on the way."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return False
    schemes = {"https", "http"} if settings.REACHES_LOOPBACK else {"https"}
    return parts.scheme in schemes and bool(parts.hostname) and parts.username is None


class _Public:
    """A connection that looks at where it goes, and ends at the deadline."""

    host: str
    port: int

    def _new_conn(self) -> socket.socket:
        found = socket.getaddrinfo(self.host.strip("[]"), self.port, type=socket.SOCK_STREAM)
        addresses = [str(where[4][0]) for where in found]
        if not all(map(_may_be_reached, addresses)):
            raise NotPublic(f"{self.host} is not a place of the public internet")
        sock = socket.create_connection((addresses[0], self.port), PATIENCE)
        # By a descriptor of its own: TLS takes over that of the socket.
        self._handle = socket.socket(fileno=os.dup(sock.fileno()))
        self._clock = threading.Timer(DEADLINE, self._cut)
        self._clock.daemon = True
        self._clock.start()
        return sock

    def _cut(self) -> None:
        with suppress(OSError):  # it may be over already
            self._handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if clock := self.__dict__.pop("_clock", None):
            clock.cancel()
            self._handle.close()
        super().close()  # type: ignore[misc]


class _Http(_Public, HTTPConnection):
    pass


class _Https(_Public, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http  # type: ignore[assignment]


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https  # type: ignore[assignment]


class Session(requests.Session):
    """Its answers are streamed, and may be redirections: who asks decides what to do with them."""

    def __init__(self):
        super().__init__()
        self.trust_env = False
        adapter = HTTPAdapter()
        adapter.poolmanager.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def request(self, method, url, **kwargs):
        kwargs |= {"timeout": PATIENCE, "allow_redirects": False, "stream": True}
        return super().request(method, url, **kwargs)


class StatusOnly(Session):
    """Answers without a body, which nobody here wants to hold: status and headers only."""

    def request(self, method, url, **kwargs):
        response = super().request(method, url, **kwargs)
        response._content = b""
        response.raw.close()
        return response
