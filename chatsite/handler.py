"""Django's ASGI handler with one hop to a thread per request, instead of one per middleware hook.

Django runs each synchronous middleware and view of an ASGI request in a thread of its own accord,
one by one: with the usual middleware some seventeen hops. Ours are all synchronous, so the whole
stack, the view and its template run in one go, as they would under WSGI.
"""

from collections.abc import Iterator
from typing import Any

from django.core import signals
from django.core.exceptions import RequestAborted, RequestDataTooBig
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.http import FileResponse, HttpResponse, HttpResponseBase
from django.urls import set_script_prefix

from chat.threads import in_page_thread

# Of a whole request; what fits is written to a temporary file before the view decides.
MAX_BODY_BYTES = 10_000_000


class OneHopHandler(ASGIHandler):
    def __init__(self):
        BaseHandler.__init__(self)
        self.load_middleware(is_async=False)

    async def __call__(self, scope, receive, send):
        try:
            body = await self.read_body(bounded(receive))
        except RequestAborted:
            return
        except RequestDataTooBig as error:
            await self.send_response(HttpResponse(error, status=413), send)
            return
        try:
            response = await in_page_thread(self.respond, scope, body)
            if response.streaming:
                await self.send_streaming(response, send)
            else:
                await self.send_response(response, send)
        finally:
            body.close()

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

    async def send_streaming(self, response, send):
        """As Django's, but never with more than one chunk of a file in memory."""
        chunks = iter(response.streaming_content)
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
            while chunk := await in_page_thread(next_chunk, chunks):
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body"})
        finally:
            await in_page_thread(response.close)


def bounded(receive):
    """`receive`, until a request's body is larger than MAX_BODY_BYTES; then RequestDataTooBig."""
    received = 0

    async def receive_within_bounds():
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > MAX_BODY_BYTES:
            raise RequestDataTooBig("This is too large. Send at most 10 MB.")
        return message

    return receive_within_bounds


def next_chunk(chunks: Iterator[bytes]) -> bytes:
    return next(chunks, b"")
