"""Django's ASGI handler with one hop to a thread per request, instead of one per middleware hook.

Django runs each synchronous middleware and view of an ASGI request in a thread of its own accord,
one by one: with the usual middleware some seventeen hops. Ours are all synchronous, so the whole
stack, the view and its template run in one go, as they would under WSGI.
"""

import asyncio
import re
from collections.abc import Iterator
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user
from django.core import signals
from django.core.exceptions import RequestAborted, RequestDataTooBig
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.db import close_old_connections
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.urls import set_script_prefix

from accounts.sessions import SessionStore
from chat.threads import in_page_thread, in_upload_thread
from chat.wire import Pace

# Of a whole request; what fits is written to a temporary file before the view decides.
MB = 1_000_000
MAX_BODY_BYTES = 10 * MB
# Only here may a body be as large as a file of a message, and the form around it.
UPLOAD = re.compile(r"/rooms/[-\w]+/files/")


class OneHopHandler(ASGIHandler):
    def __init__(self):
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)

    async def __call__(self, scope, receive, send):
        is_upload = UPLOAD.fullmatch(scope["path"]) is not None
        bound = await in_page_thread(self.bound_of_upload, scope) if is_upload else MAX_BODY_BYTES
        try:
            body = await self.read_body(bounded(receive, bound))
        except RequestAborted:
            return
        except RequestDataTooBig as error:
            await self.send_response(HttpResponse(error, status=413), send)
            return
        try:
            in_thread = in_upload_thread if is_upload else in_page_thread
            response = await in_thread(self.respond, scope, body)
            if response.streaming:
                await self.send_streaming(response, receive, send)
            else:
                await self.send_response(response, send)
        finally:
            body.close()

    def bound_of_upload(self, scope) -> int:
        """In bytes. The view refuses who is signed out; they must not fill the disk before that."""
        request, _ = self.create_request(scope, BytesIO())
        if request is None:
            return MB
        close_old_connections()
        request.session = SessionStore(request.COOKIES.get(settings.SESSION_COOKIE_NAME))
        return settings.MAX_FILE_BYTES + MB if get_user(request).is_authenticated else MB

    def respond(self, scope, body) -> HttpResponseBase:
        """The whole way of one request; only a response to be streamed is left open."""
        set_script_prefix(get_script_prefix(scope))
        signals.request_started.send(sender=self.__class__, scope=scope)
        request, refusal = self.create_request(scope, body)
        response: Any = refusal if request is None else self.get_response(request)
        response._handler_class = self.__class__  # close() sends request_finished from it
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        if not response.streaming:
            response.close()
        return response

    async def read_body(self, receive):
        """As Django's, but what is large is written beside the other uploads."""
        body = SpooledTemporaryFile(  # noqa: SIM115 - __call__ closes it
            settings.FILE_UPLOAD_MAX_MEMORY_SIZE, dir=settings.FILE_UPLOAD_TEMP_DIR
        )
        try:
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RequestAborted
                body.write(message.get("body", b""))
                if not message.get("more_body", False):
                    body.seek(0)
                    return body
        except BaseException:
            body.close()
            raise

    async def send_streaming(self, response, receive, send):
        """As Django's, but never with more than a few chunks of a file in memory."""
        chunks = iter(response.streaming_content)
        gone = asyncio.ensure_future(receive())
        try:
            await send(
                {
                    "type": "http.response.start",
                    "status": response.status_code,
                    "headers": [
                        (name.lower().encode("latin-1"), value.encode("latin-1"))
                        for name, value in response.items()
                    ],
                }
            )
            with Pace(send) as pace:
                while not gone.done() and (chunk := await in_page_thread(next_chunk, chunks)):
                    await send({"type": "http.response.body", "body": chunk, "more_body": True})
                    await pace.ready.wait()
            await send({"type": "http.response.body"})
        finally:
            gone.cancel()
            await in_page_thread(response.close)


def bounded(receive, bound: int):
    """`receive`, until a request's body is larger than `bound` bytes; then RequestDataTooBig."""
    received = 0

    async def receive_within_bounds():
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > bound:
            raise RequestDataTooBig(f"This is too large. Send at most {bound // MB} MB.")
        return message

    return receive_within_bounds


def next_chunk(chunks: Iterator[bytes]) -> bytes:
    return next(chunks, b"")
