"""A push service and the browsers at it: it says what it is told to, they decrypt what comes."""

import base64
import json
import os
from http.server import BaseHTTPRequestHandler

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02

from chat.push import Subscription
from tests.loopback import Loopback


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


class Browser:
    """One subscription: the keys that never leave the browser, and what came for it."""

    def __init__(self, service: "PushService"):
        self.key, self.secret = ec.generate_private_key(ec.SECP256R1()), os.urandom(16)
        self.path = f"/push/{os.urandom(8).hex()}"
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.subscription = Subscription(service.url + self.path, text(point), text(self.secret))
        self.notices: list[dict] = []
        self.headers: list = []  # whose names may be said in any case

    def take(self, headers, body: bytes) -> None:
        assert headers["Content-Encoding"] == "aes128gcm"
        # Raises unless the token was signed by the key that it names.
        assert Vapid02.verify(auth=headers["Authorization"])
        opened = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.secret, version="aes128gcm"
        )
        self.notices.append(json.loads(opened))
        self.headers.append(headers)


class PushService(Loopback):
    """On loopback. `answers`: what it says next, as (status, headers); 201 when that is used up."""

    def __init__(self):
        self.browsers: dict[str, Browser] = {}
        self.answers: list[tuple[int, dict]] = []
        self.requests = 0
        self.serve(self._handler())

    def browser(self) -> Browser:
        browser = Browser(self)
        self.browsers[browser.path] = browser
        return browser

    def _handler(service):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                service.requests += 1
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers = service.answers.pop(0) if service.answers else (201, {})
                if status == 201:
                    service.browsers[self.path].take(self.headers, body)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler
