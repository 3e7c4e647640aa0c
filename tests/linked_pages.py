"""A web site on loopback that people link to."""

import io
from contextlib import suppress
from http.server import BaseHTTPRequestHandler

from PIL import Image

from tests.loopback import Loopback

HTML = {"Content-Type": "text/html; charset=utf-8"}


def picture(width: int = 800, height: int = 400, format: str = "PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), "#7a5c3e").save(out, format)
    return out.getvalue()


def page(title: str = "Tea", head: str = "") -> bytes:
    return f"<!doctype html><title>{title}</title>{head}<body>Words".encode()


def tag(name: str, content: str) -> str:
    return f'<meta property="{name}" content="{content}">'


class LinkedSite(Loopback):
    """`answers`: what it says where, as (status, headers, body); 404 elsewhere."""

    def __init__(self):
        self.answers: dict[str, tuple[int, dict, bytes]] = {}
        self.asked: list[str] = []
        self.serve(self._handler())

    def says(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        """Its address, which gives that from now on; headers as Content_Type="text/plain"."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = (status, HTML | named, body)
        return self.url + path

    def shows(self, path: str, **size) -> str:
        return self.says(path, picture(**size), Content_Type="image/png")

    def _handler(site):
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                site.asked.append(self.path)
                status, headers, body = site.answers.get(self.path, (404, HTML, b""))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):  # they may have had enough
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler
