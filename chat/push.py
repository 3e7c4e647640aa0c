"""Web Push: the site's key, and one notice to one browser, encrypted for it alone.

RFC 8030 (delivery), 8291 (encryption), 8292 (VAPID: the site says who it is). The push service of
the browser's maker carries what it cannot read.
"""

import base64
import binascii
import json
import os
import re
import time
from email.utils import parseaddr
from functools import cache
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from requests.exceptions import RequestException

from chat import outside
from chat.queue import TryLater

if TYPE_CHECKING:
    from py_vapid import Vapid02

KEPT_FOR = 24 * 3600  # seconds that a push service keeps it for a device that is off
BASE64URL = re.compile(r"([\w-]+)={0,2}", re.ASCII)
TOKEN_LASTS = 12 * 3600  # seconds; at most 24 hours, says RFC 8292


class Gone(Exception):
    """The browser has given up this subscription."""


class Refused(Exception):
    """The push service does not take it, and will not later either. Why is in a word."""


class Subscription(NamedTuple):
    """What a browser says of where and how it is to be told."""

    endpoint: str
    p256dh: str
    auth: str

    @property
    def is_usable(self) -> bool:
        from cryptography.hazmat.primitives.asymmetric import ec

        try:
            ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decoded(self.p256dh))
        except ValueError:
            return False
        return outside.is_proper(self.endpoint) and len(decoded(self.auth)) == 16


def decoded(text: str) -> bytes:
    """base64url with its padding or without; empty when it is none."""
    match = BASE64URL.fullmatch(text)  # Python would skip what is not of its letters
    try:
        return base64.urlsafe_b64decode(match[1] + "=" * (-len(match[1]) % 4)) if match else b""
    except binascii.Error:
        return b""


# The site's key ---------------------------------------------------------------------------------


def make_key() -> bool:
    """Write a new key beside the data, readable by its owner only; whether there was none."""
    from py_vapid import Vapid02

    if settings.PUSH_KEY or settings.PUSH_KEY_FILE.exists():
        return False
    vapid = Vapid02()
    vapid.generate_keys()
    # Complete when it appears, and never over another: two processes may start at once.
    draft = settings.PUSH_KEY_FILE.with_name(f"push.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(vapid.private_pem())
    try:
        os.link(draft, settings.PUSH_KEY_FILE)
    except FileExistsError:
        return False
    finally:
        draft.unlink()
    return True


@cache
def _key() -> "Vapid02 | None":
    from py_vapid import Vapid02

    try:
        if settings.PUSH_KEY:
            vapid = Vapid02.from_string(settings.PUSH_KEY)
        elif settings.PUSH_KEY_FILE.exists():
            vapid = Vapid02.from_pem(settings.PUSH_KEY_FILE.read_bytes())
        else:
            return None
    except ValueError as error:
        raise ImproperlyConfigured(
            "PUSH_KEY is not a key that manage.py pushkeys has made."
        ) from error
    vapid.conf["no-strict"] = True  # it takes a host without a dot for no address
    return vapid


@cache
def public_key() -> str:
    """By which browsers subscribe; empty where the site has no key, and so no push."""
    from cryptography.hazmat.primitives import serialization

    vapid = _key()
    if vapid is None:
        return ""
    point = vapid.public_key.public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


# Sending ----------------------------------------------------------------------------------------


def send(to: Subscription, notice: dict, *, topic: str, is_urgent: bool) -> None:
    """Hand `notice` to the push service of a browser. A newer one of the same `topic` (at most 32
    characters of base64url) takes the place of one that still waits there.

    Raises Gone, Refused, or TryLater.
    """
    from pywebpush import WebPusher

    headers = {"Topic": topic, "Urgency": "high" if is_urgent else "normal", **_passport(to)}
    keys = {"p256dh": to.p256dh, "auth": to.auth}
    with outside.StatusOnly() as session:
        pusher = WebPusher({"endpoint": to.endpoint, "keys": keys}, requests_session=session)
        try:
            answer = pusher.send(json.dumps(notice, ensure_ascii=False), headers, ttl=KEPT_FOR)
        except outside.NotPublic as error:
            raise Refused("not public") from error
        except ValueError as error:  # as InvalidURL and its like are
            raise Refused("no address") from error
        except (RequestException, OSError) as error:
            raise TryLater(type(error).__name__) from error
    _judge(answer)


def _passport(to: Subscription) -> dict[str, str]:
    """Who sends it, signed for this push service alone."""
    vapid = _key()
    if vapid is None:
        raise Refused("no key")  # see manage.py pushkeys
    parts = urlsplit(to.endpoint)
    claims = {
        "sub": f"mailto:{parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}",
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int(time.time()) + TOKEN_LASTS,
    }
    return vapid.sign(claims)


def _judge(answer) -> None:
    status = answer.status_code
    if status in {404, 410}:
        raise Gone
    if status == 429 or status >= 500:
        wait = answer.headers.get("Retry-After", "")
        seconds = min(float(wait), 3600.0) if wait.isdecimal() else 0.0
        raise TryLater(f"HTTP {status}", seconds)
    if not 200 <= status < 300:
        raise Refused(f"HTTP {status}")
