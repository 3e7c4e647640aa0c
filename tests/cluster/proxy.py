"""A TCP proxy that can fall silent: it takes connections and bytes, and nothing ever comes back."""

import asyncio
import threading
from contextlib import suppress


class Proxy:
    """Between a site and the port that it asks. While `is_silent`, `swallowed` counts."""

    def __init__(self, port: int):
        self.target, self.port = port, 0
        self.is_silent, self.swallowed = False, 0
        self.loop = asyncio.new_event_loop()
        self.writers: set[asyncio.StreamWriter] = set()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)

    def start(self) -> "Proxy":
        self.thread.start()
        self.port = self._call(self._listen())
        return self

    def stop(self) -> None:
        self._call(self._end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    def fall_silent(self) -> None:
        self.is_silent, self.swallowed = True, 0

    def speak_again(self) -> None:
        """What was cut off in the middle is no use to anybody: those connections end."""
        self.is_silent = False
        self._call(self._drop_all())

    def _call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

    async def _listen(self) -> int:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def _end(self) -> None:
        self.server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _drop_all(self) -> None:
        for writer in tuple(self.writers):
            writer.transport.abort()

    async def _serve(self, reader, writer) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self.target)
        await asyncio.gather(self._pass(reader, back), self._pass(there, writer))

    async def _pass(self, reader, writer) -> None:
        self.writers.add(writer)
        with suppress(OSError):
            while data := await reader.read(65536):
                if self.is_silent:
                    self.swallowed += 1
                else:
                    writer.write(data)
        self.writers.discard(writer)
        writer.close()
