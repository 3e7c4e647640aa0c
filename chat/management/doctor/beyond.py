"""What the site needs from others: Redis, its own address, a mail server, a key for Web Push."""

import json
import stat
import time
from collections.abc import Iterator
from secrets import token_hex
from smtplib import SMTPException
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection
from redis import Redis
from redis.exceptions import RedisError
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import connect

from chat import push
from chat.management.doctor import FAILED, OK, WARNING, Finding

PATIENCE = 10  # seconds


def redis() -> Iterator[Finding]:
    if not settings.REDIS_URL:
        yield Finding(OK, "None: one process serves the site.")
        return
    advice = "See that Redis runs and that REDIS_URL leads to it; nothing is lost meanwhile."
    began, name, said = time.perf_counter(), f"{settings.REDIS_PREFIX}.doctor", token_hex()
    try:
        with Redis.from_url(settings.REDIS_URL, **settings.REDIS_OPTIONS) as client:
            client.set(name, said, ex=PATIENCE)
            kept = client.getdel(name)
            with client.pubsub(ignore_subscribe_messages=True) as listening:
                listening.subscribe(name)
                listening.get_message(timeout=1)  # that it has subscribed
                client.publish(name, said)
                heard = listening.get_message(timeout=1)
    except RedisError as error:
        yield Finding(FAILED, f"Redis does not answer: {error}", advice)
        return
    if kept != said.encode() or not heard or heard["data"] != said.encode():
        yield Finding(FAILED, "What was said to Redis did not come back.", advice)
        return
    took = (time.perf_counter() - began) * 1000
    yield Finding(OK, f"It keeps and passes on what it is told, in {took:.0f} ms.")


def socket() -> Iterator[Finding]:
    """Nobody is signed in here: that a socket is opened and says so is all that is asked."""
    address = f"ws{settings.SITE_URL.removeprefix('http')}/ws/"
    began = time.perf_counter()
    try:
        with connect(
            address, origin=settings.SITE_URL, open_timeout=PATIENCE, proxy=None
        ) as opened:
            said = json.loads(opened.recv(PATIENCE))
    except InvalidStatus as error:
        status = error.response.status_code
        yield Finding(FAILED, f"{address} answers HTTP {status}.", advice_on(status))
        return
    except (OSError, WebSocketException, ValueError) as error:
        words = f"{address} cannot be opened: {error or type(error).__name__}."
        advice = "Start the site; see that SITE_URL is its address, and that it resolves here."
        yield Finding(FAILED, words, advice)
        return
    if said.get("code") != "signed_out":
        yield Finding(FAILED, f"{address} answers like another site.", "Look at SITE_URL.")
        return
    took = (time.perf_counter() - began) * 1000
    yield Finding(OK, f"{address} opens, in {took:.0f} ms.")


def advice_on(status: int) -> str:
    if status == 403:
        return "The server has another SITE_URL: restart it, and see that it reads the same .env."
    if status in {502, 503, 504}:
        return "The proxy answers, the site does not: start it, or look at the proxy's upstream."
    return "The proxy must pass on Upgrade, Connection and Host; see docs/operations.md."


def mail() -> Iterator[Finding]:
    kind = settings.EMAIL_BACKEND.split(".")[-2]
    if kind != "smtp":
        words = f"Letters are not sent but go to the {kind}: nobody can reset a password."
        yield Finding(WARNING, words, "Set EMAIL_URL=smtp+tls://user:password@host:587")
        return
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    mailer = get_connection(timeout=PATIENCE)
    try:
        mailer.open()
    except (OSError, SMTPException) as error:
        words = f"{server} does not take letters: {error or type(error).__name__}."
        yield Finding(FAILED, words, "Look at EMAIL_URL, and whether this machine may reach it.")
        return
    mailer.close()
    yield Finding(OK, f"{server} takes letters from {settings.DEFAULT_FROM_EMAIL}.")


def web_push() -> Iterator[Finding]:
    if not push.public_key():
        yield Finding(WARNING, "The site has no key for Web Push.", "Run manage.py pushkeys.")
        return
    file = settings.PUSH_KEY_FILE
    if not settings.PUSH_KEY and stat.S_IMODE(file.stat().st_mode) & 0o077:
        yield Finding(WARNING, f"{file} can be read by others.", f"chmod 600 {file}")
        return
    host = urlsplit(settings.SITE_URL).hostname
    if not settings.HTTPS and host not in {"localhost", "127.0.0.1", "::1"}:
        yield Finding(
            WARNING, "There is a key, but browsers take part only by https.", "See above."
        )
        return
    yield Finding(OK, "The site has a key.")
