"""Requests to addresses that anybody may have given: to the public internet only, and not for long.

The name is resolved once and the connection goes to one of those addresses, all of which must be
public: a name that answers differently the second time gains nothing. Redirects are not followed,
proxies and passwords of the environment not used.

One clock runs for all that a session does. A timeout of the socket would not do: it begins anew
with each byte.
"""

import ipaddress
import os
import socket
import threading
import time
from collections.abc import Collection
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

DEADLINE = 10.0  # seconds for all that a session does, however slowly the other side drips

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
    if not (url.isascii() and url.isprintable()):
        return False
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        return False
    schemes = {"https", "http"} if settings.REACHES_LOOPBACK else {"https"}
    return parts.scheme in schemes and bool(parts.hostname) and parts.username is None


def is_within(host: str, domains: Collection[str]) -> bool:
    """Whether `host` is one of these domains, or in one of them."""
    return any(host == domain or host.endswith(f".{domain}") for domain in domains)


class Clock:
    """When its time is up, connections that it watches are cut, and none is made any more."""

    def __init__(self, seconds: float):
        self._ends = time.monotonic() + seconds
        self._watched: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._timer.start()

    def left(self) -> float:
        """Seconds. Raises TimeoutError when there are none."""
        if (left := self._ends - time.monotonic()) > 0:
            return left
        raise TimeoutError("It takes too long")

    def watch(self, sock: socket.socket) -> None:
        with self._lock:
            self.left()
            # By a descriptor of its own: TLS takes over that of the socket.
            self._watched.append(socket.socket(fileno=os.dup(sock.fileno())))

    def stop(self) -> None:
        self._timer.cancel()
        with self._lock:
            while self._watched:
                self._watched.pop().close()

    def _cut(self) -> None:
        with self._lock:
            for sock in self._watched:
                with suppress(OSError):  # it may be over already
                    sock.shutdown(socket.SHUT_RDWR)


class _Public:
    """A connection that looks at where it goes, and ends when the clock says so."""

    host: str
    port: int

    def __init__(self, *args, clock: Clock, trusted: Collection[str], **kwargs):
        super().__init__(*args, **kwargs)
        self._clock, self._trusted = clock, trusted

    def _new_conn(self) -> socket.socket:
        host = self.host.strip("[]")
        addresses = _resolved(host, self.port, self._clock.left())
        if not is_within(host, self._trusted) and not all(map(_may_be_reached, addresses)):
            raise NotPublic(f"{host} is not a place of the public internet")
        sock = socket.create_connection((addresses[0], self.port), self._clock.left())
        try:
            self._clock.watch(sock)
        except TimeoutError:
            sock.close()
            raise
        return sock


def _resolved(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of `host`. Raises OSError, or NotPublic for what is no name.

    In a thread: nothing else bounds how long a resolver waits for an answer.
    """
    answer: Future[list] = Future()

    def ask() -> None:
        try:
            answer.set_result(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        return [str(found[4][0]) for found in answer.result(seconds)]
    except UnicodeError as error:  # a part of it is too long
        raise NotPublic(f"{host} is no name") from error


class _Http(_Public, HTTPConnection):
    pass


class _Https(_Public, HTTPSConnection):
    pass


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http  # type: ignore[assignment]


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https  # type: ignore[assignment]


class Session(requests.Session):
    """Its answers are streamed, and may be redirections: who asks decides what to do with them.

    For use in a `with`: all that is done in it takes at most DEADLINE. Domains that are `trusted`,
    because whoever runs the site has set them up, may be within the own network.
    """

    def __init__(self, trusted: Collection[str] = ()):
        super().__init__()
        self.trust_env = False
        self.clock = Clock(DEADLINE)
        bounds: dict[str, Any] = {"clock": self.clock, "trusted": trusted}
        adapter = HTTPAdapter()
        pools: dict[str, Any] = {
            "http": partial(_HttpPool, **bounds),
            "https": partial(_HttpsPool, **bounds),
        }
        adapter.poolmanager.pool_classes_by_scheme = pools
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def request(self, method, url, **kwargs):
        kwargs |= {"timeout": self.clock.left(), "allow_redirects": False, "stream": True}
        return super().request(method, url, **kwargs)

    def close(self) -> None:
        super().close()
        self.clock.stop()


class StatusOnly(Session):
    """Answers without a body, which nobody here wants to hold: status and headers only."""

    def request(self, method, url, **kwargs):
        response = super().request(method, url, **kwargs)
        response._content = b""
        response.raw.close()
        return response
