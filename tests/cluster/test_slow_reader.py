"""Who stops reading costs little, is cut off, holds up nobody, and can come back."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

SLOW = 8  # sockets that do not read
MESSAGES = 600
BODY = "All work and no play makes Jack a dull boy. " * 220  # a frame of some 20 KB
# Told to each of them are some 12 MB. The kernel keeps up to 4 MB of that (tcp_wmem), the server at
# most 1 MB; kept without bound, the rest would be more than this together.
MOST_GROWTH = 40 * 1024 * 1024


def memory_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def narrow_socket(port: int) -> socket.socket:
    """One for which the kernel keeps little: what is not read soon waits in the server."""
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16 * 1024)
    narrow.connect(("127.0.0.1", port))
    narrow.setblocking(False)
    return narrow


@pytest.mark.parametrize("cluster", ["daphne", "uvicorn"], indirect=True)
async def test_who_stops_reading_is_cut_off(person_of, room_of, cluster):
    alice, bob, charlie = [await person_of(cluster, name) for name in ("alice", "bob", "charlie")]
    slug = await room_of(alice)
    slow = [
        await bob.open(cluster.a, slug, sock=narrow_socket(cluster.a.port)) for _ in range(SLOW)
    ]
    reader = await charlie.open(cluster.a, slug)
    writers = [await alice.open(cluster.a) for _ in range(4)]
    before, highest = memory_of(cluster.a.process.pid), 0

    async def write(tab, number: int) -> None:
        nonlocal highest
        for turn in range(number, MESSAGES, len(writers)):
            await tab.say(slug, f"{turn} {BODY}")
            tab.read_all()
            highest = max(highest, memory_of(cluster.a.process.pid))

    async def read() -> list[int]:
        return [(await reader.receive("new_message"))["revision"] for _ in range(MESSAGES)]

    reading = asyncio.create_task(read())
    await asyncio.gather(*(write(tab, number) for number, tab in enumerate(writers)))
    assert sorted(await reading) == list(range(1, MESSAGES + 1))
    assert highest - before < MOST_GROWTH
    for tab in slow:
        assert await tab.closed() in {1006, 1013}
        assert len(tab.read_all("new_message")) < MESSAGES
    back = await bob.open(cluster.a)
    await back.ask("join_room", room=slug, since=0)
    await back.receive("resync", room=slug)
    since = MESSAGES - 3
    changes = await back.ask("sync", room=slug, since=since)
    revisions = [message["revision"] for message in changes["messages"]]
    assert revisions == list(range(since + 1, MESSAGES + 1))
    await writers[0].say(slug, "And on it goes")
    assert (await back.receive("new_message"))["revision"] == MESSAGES + 1
    assert cluster.complaints() == []
