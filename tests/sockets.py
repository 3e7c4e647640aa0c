"""The small language of the socket tests: a tab sends frames and receives frames."""

import asyncio
import itertools
import json
from contextlib import suppress
from uuid import uuid4

from asgiref.testing import ApplicationCommunicator
from django.conf import settings
from django.test import Client

PATIENCE = 10.0  # seconds until a frame that does not come is given up
SILENCE = 0.15  # seconds without a frame that count as silence

ORIGIN = settings.ALLOWED_ORIGINS[0]


class Tab:
    """One socket through the whole application, as a browser opens it."""

    def __init__(self, cookie: str | None = None, origin: str | None = ORIGIN, query: str = ""):
        from chatsite.asgi import application

        headers = []
        if cookie:
            headers.append((b"cookie", f"{settings.SESSION_COOKIE_NAME}={cookie}".encode()))
        if origin:
            headers.append((b"origin", origin.encode()))
        scope = {
            "type": "websocket",
            "path": "/ws/",
            "query_string": query.encode(),
            "headers": headers,
            "subprotocols": [],
        }
        self.gate = asyncio.Event()
        self.gate.set()

        async def gated(scope, receive, send):
            async def send_when_read(message):
                await self.gate.wait()
                await send(message)

            await application(scope, receive, send_when_read)

        self.connection = ApplicationCommunicator(gated, scope)
        self.me: dict = {}  # the person, as others are told of them
        self.unread: list[dict] = []
        self.close_code: int | None = None
        self.longest = 0  # bytes of the longest frame received
        self.refs = map(str, itertools.count(1))

    async def connect(self) -> str:
        """What the server answers first: `websocket.accept` or `websocket.close`."""
        await self.connection.send_input({"type": "websocket.connect"})
        return (await self._next())["type"]

    async def disconnect(self, code: int = 1001) -> None:
        await self.connection.send_input({"type": "websocket.disconnect", "code": code})
        await self.connection.wait(PATIENCE)

    def stop_reading(self) -> None:
        """From now on whatever the server sends waits."""
        self.gate.clear()

    def go_on_reading(self) -> None:
        self.gate.set()

    # Out ----------------------------------------------------------------------------------------

    async def send(self, type: str, **fields) -> None:
        await self.send_text(json.dumps({"type": type, **fields}))

    async def send_text(self, text: str) -> None:
        await self.connection.send_input({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        await self.connection.send_input({"type": "websocket.receive", "bytes": data})

    async def ask(self, type: str, **fields) -> dict:
        """The frame that answers this one: an ack, an error, or what else bears its ref."""
        ref = next(self.refs)
        await self.send(type, ref=ref, **fields)
        return await self.receive(ref=ref)

    # In -----------------------------------------------------------------------------------------

    async def receive(self, type: str | None = None, **fields) -> dict:
        """The first unread frame of that type and with these fields; the others stay unread."""
        wanted = fields if type is None else {"type": type} | fields
        while True:
            for frame in self.unread:
                if wanted.items() <= frame.items():
                    self.unread.remove(frame)
                    return frame
            try:
                await self._read()
            except TimeoutError:
                seen = [frame["type"] for frame in self.unread]
                raise AssertionError(f"No {wanted} came, but {seen}, {self.close_code}") from None

    async def nothing(self, *types: str) -> None:
        """Nothing unread comes or has come, or nothing of these types."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SILENCE):
                while True:
                    await self._read(None)
        surprises = [frame for frame in self.unread if not types or frame["type"] in types]
        assert surprises == []

    async def closed(self) -> int:
        """The code with which the server closes; what came before is left unread."""
        while self.close_code is None:
            try:
                await self._read()
            except TimeoutError:
                raise AssertionError("The socket stays open") from None
        return self.close_code

    def read_all(self, *types: str) -> list[dict]:
        """The unread frames that have come (of these types), in their order; read then."""
        read = [frame for frame in self.unread if not types or frame["type"] in types]
        self.unread = [frame for frame in self.unread if frame not in read]
        return read

    async def _read(self, patience: float | None = PATIENCE) -> None:
        message = await self._next(patience)
        if message["type"] == "websocket.close":
            self.close_code = message.get("code", 1000)
        else:
            self.longest = max(self.longest, len(message["text"].encode()))
            self.unread.append(json.loads(message["text"]))

    async def _next(self, patience: float | None = PATIENCE) -> dict:
        if self.connection.future.done():
            self.connection.future.result()  # what the application raised
        return await asyncio.wait_for(self.connection.output_queue.get(), patience)


def session_of(user) -> str:
    """The cookie of a new session of this person."""
    return client_of(user).cookies[settings.SESSION_COOKIE_NAME].value


def client_of(user) -> Client:
    """A browser, as far as pages go, in which this person is signed in."""
    client = Client()
    client.force_login(user)
    return client


def post(room, body: str = "Hello", **more) -> dict:
    """The fields of a `send_message`."""
    return {"room": room.slug, "body": body, "nonce": str(uuid4()), **more}
