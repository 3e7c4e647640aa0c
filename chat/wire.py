"""How text leaves this process over a WebSocket: as one shared frame, or through ASGI's `send`.

ASGI has every socket encode its own copy of a text. Where the server's transport can be reached,
the hub writes one frame, made once, to all of them; that is most of what makes a large room
cheap.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial

# A client this many bytes behind has stopped reading: it is cut off, comes back and catches up.
MAX_BEHIND_BYTES = 1024 * 1024
MAX_BEHIND_FRAMES = 1000


class Frame:
    """A text and its unmasked, unfragmented WebSocket frame (RFC 6455, section 5.2)."""

    __slots__ = ("data", "text")

    def __init__(self, text: str):
        self.text = text
        payload = text.encode()
        length = len(payload)
        if length < 126:
            header = bytes((0x81, length))
        elif length < 65536:
            header = b"\x81\x7e" + length.to_bytes(2, "big")
        else:
            header = b"\x81\x7f" + length.to_bytes(8, "big")
        self.data = header + payload


def joined(frames: Sequence[Frame]) -> bytes:
    return frames[0].data if len(frames) == 1 else b"".join(frame.data for frame in frames)


class AsyncioWire:
    """Over an asyncio or uvloop transport, as uvicorn has them."""

    def __init__(self, protocol, send):
        self.transport, self.send = protocol.transport, send

    async def close(self, code: int) -> None:
        await self.send({"type": "websocket.close", "code": code})

    def write(self, frames: Sequence[Frame], data: bytes) -> None:
        transport = self.transport
        if not transport.is_closing():
            transport.write(data)
            if transport.get_write_buffer_size() > MAX_BEHIND_BYTES:
                transport.abort()


class TwistedWire:
    """Over a Twisted TCP transport, as daphne has them."""

    def __init__(self, protocol):
        self.protocol, self.transport = protocol, protocol.transport

    async def close(self, code: int) -> None:
        # By ASGI, daphne lets an application choose neither 1009 nor 1013.
        self.protocol.sendCloseFrame(code=code)

    def write(self, frames: Sequence[Frame], data: bytes) -> None:
        transport = self.transport
        if not transport.connected or transport.disconnecting:
            return
        behind = len(transport.dataBuffer) - transport.offset + transport._tempDataLen
        if not behind:
            # Straight to the socket: to be called back when it can be written to, as write() does
            # it, costs more than the writing.
            written = transport.writeSomeData(data)
            if written == len(data):
                return
            data = data[max(0, written) if isinstance(written, int) else 0 :]
        transport.write(data)
        if behind + len(data) > MAX_BEHIND_BYTES:
            transport.abortConnection()


class QueuedWire:
    """Through plain ASGI `send`, for servers whose transport cannot be reached."""

    def __init__(self, send):
        self.send = send
        self.queue: asyncio.Queue[str | None] = asyncio.Queue(MAX_BEHIND_FRAMES)
        self.pump: asyncio.Task | None = None
        self.is_cut_off = False

    async def close(self, code: int) -> None:
        while not (self.is_cut_off or self.queue.empty()):
            await self.send({"type": "websocket.send", "text": self.queue.get_nowait()})
        await self.send({"type": "websocket.close", "code": code})

    def write(self, frames: Sequence[Frame], data: bytes) -> None:
        if self.pump is None:
            self.pump = asyncio.get_running_loop().create_task(self._pump())
        if self.is_cut_off or self.pump.done():
            return
        try:
            for frame in frames:
                self.queue.put_nowait(frame.text)
        except asyncio.QueueFull:
            # Once: a second time would cancel the closing.
            self.is_cut_off = True
            self.pump.cancel()

    async def _pump(self) -> None:
        try:
            while True:
                await self.send({"type": "websocket.send", "text": await self.queue.get()})
        except asyncio.CancelledError:
            with contextlib.suppress(OSError, RuntimeError):
                await self.close(1013)
            raise


class Pace:
    """Holds a download back where its reader is slow. Under daphne `send` does not wait by itself,
    and a whole file would be in memory.
    """

    def __init__(self, send):
        self.ready = asyncio.Event()
        self.ready.set()
        request = send.args[0] if isinstance(send, partial) and send.args else None
        self.request = request if hasattr(request, "registerProducer") else None

    def __enter__(self) -> "Pace":
        if self.request and self.request.channel:
            self.request.registerProducer(self, True)
        return self

    def __exit__(self, *_) -> None:
        if self.request and self.request.channel:
            self.request.unregisterProducer()

    # What Twisted calls (twisted.internet.interfaces.IPushProducer).

    def pauseProducing(self) -> None:
        self.ready.clear()

    def resumeProducing(self) -> None:
        self.ready.set()

    stopProducing = resumeProducing


Wire = AsyncioWire | TwistedWire | QueuedWire


def wire_of(send) -> Wire:
    """The quickest wire that the server behind this ASGI `send` has to offer."""
    if isinstance(send, partial) and send.args:  # daphne: partial(handle_reply, protocol)
        transport = getattr(send.args[0], "transport", None)
        if hasattr(transport, "_tempDataLen"):
            return TwistedWire(send.args[0])
    owner = getattr(send, "__self__", None)  # uvicorn: a method of the protocol
    if hasattr(getattr(owner, "transport", None), "get_write_buffer_size"):
        return AsyncioWire(owner, send)
    return QueuedWire(send)


def keep_wire(application):
    """ASGI middleware, the outermost: whoever wraps `send` further in hides the transport."""

    async def wired(scope, receive, send):
        if scope["type"] == "websocket":
            scope = {**scope, "wire": wire_of(send)}
        return await application(scope, receive, send)

    return wired
