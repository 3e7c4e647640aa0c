"""WebSocket clients cheap enough to leave the cores to what is measured."""

import asyncio
import base64
import json
import os
import time


class Client(asyncio.Protocol):
    """One socket. Counts `new_message` frames, notes when each came, and checks their order."""

    def __init__(self):
        loop = asyncio.get_running_loop()
        self.opened, self.welcomed = loop.create_future(), loop.create_future()
        self.answers: asyncio.Queue[dict] = asyncio.Queue()
        self.buffer = bytearray()
        self.handshaken = False
        self.arrivals: list[tuple[int, float]] = []  # (revision, time)
        self.on_message = None

    @classmethod
    async def connect(cls, port: int, path: str, session: str = "") -> "Client":
        loop = asyncio.get_running_loop()
        _, client = await loop.create_connection(cls, "127.0.0.1", port)
        client.transport.write(
            (
                f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                f"Sec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
                f"Origin: http://127.0.0.1:{port}\r\nCookie: chatsite_session={session}\r\n\r\n"
            ).encode()
        )
        await client.opened
        return client

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, exc):
        for future in (self.opened, self.welcomed):
            if not future.done():
                future.set_exception(ConnectionError("closed"))

    def data_received(self, data):
        self.buffer += data
        if not self.handshaken:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                self.opened.set_exception(ConnectionError(bytes(head[:80])))
                return
            self.handshaken, self.buffer = True, rest
            self.opened.set_result(None)
        now = time.perf_counter()
        start, buffer, end = 0, self.buffer, len(self.buffer)
        while end - start >= 2:
            length, head = buffer[start + 1] & 127, 2
            if length == 126:
                head, length = 4, int.from_bytes(buffer[start + 2 : start + 4], "big")
            elif length == 127:
                head, length = 10, int.from_bytes(buffer[start + 2 : start + 10], "big")
            if end - start < head + length:
                break
            opcode = buffer[start] & 15
            payload = bytes(buffer[start + head : start + head + length])
            start += head + length
            if opcode == 1:
                self.take(payload, now)
            elif opcode == 9:
                self.write(payload, opcode=10)
        del buffer[:start]

    def take(self, payload: bytes, now: float):
        if payload.startswith(b'{"type":"new_message"'):
            at = payload.index(b'"revision":') + 11
            self.arrivals.append((int(payload[at : payload.index(b",", at)]), now))
        elif payload.startswith(b'{"type":"welcome"'):
            self.welcomed.set_result(None)
        elif payload.startswith((b'{"type":"ack"', b'{"type":"error"')):
            self.answers.put_nowait(json.loads(payload))

    def write(self, payload: bytes, opcode: int = 1):
        length = len(payload)
        size = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2, "big")
        # A mask of zeros is a mask (RFC 6455, section 5.3) and leaves the payload as it is.
        self.transport.write(bytes([0x80 | opcode]) + size + b"\0\0\0\0" + payload)

    def send(self, **frame):
        self.write(json.dumps(frame).encode())

    async def ask(self, **frame) -> dict:
        self.send(**frame)
        answer = await asyncio.wait_for(self.answers.get(), 60)
        if answer["type"] != "ack":
            raise RuntimeError(answer)
        return answer
