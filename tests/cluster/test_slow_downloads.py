"""Large files leave a server a piece at a time, however slow their reader."""

import asyncio
import os
from pathlib import Path

import pytest

from tests.cluster.people import COOKIE, eventually
from tests.cluster.test_slow_reader import memory_of, narrow_socket

SIZE = 40_000_000
SLOW = 4  # downloads that are not read
# Without a bound each of them would be in memory whole.
MOST_GROWTH = 30 * 1024 * 1024


def open_files_of(pid: int) -> list[str]:
    """The files of messages that a process has open."""
    links = [link.readlink() for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    return [str(path) for path in links if "/media/files/" in str(path)]


def read_whole(connection) -> bytes:
    """An answer to the end, which the server is to close."""
    connection.setblocking(True)
    connection.settimeout(60)
    data = bytearray()
    while chunk := connection.recv(1_000_000):
        data += chunk
    return bytes(data).partition(b"\r\n\r\n")[2]


@pytest.mark.parametrize("cluster", ["daphne", "uvicorn"], indirect=True)
async def test_who_does_not_read_a_download_fills_no_memory(person_of, room_of, cluster):
    alice = await person_of(cluster, "alice")
    slug = await room_of(alice)
    data = os.urandom(SIZE)
    process = cluster.a.process.pid
    answer = await alice.upload(cluster.a, slug, "large.bin", data)
    assert answer.status_code == 201, answer.text
    before = memory_of(process)  # daphne has held the upload, see docs/operations.md
    url = answer.json()["url"]
    lines = [f"GET {url} HTTP/1.1", f"Host: 127.0.0.1:{cluster.a.port}", "Connection: close"]
    request = "\r\n".join([*lines, f"Cookie: {COOKIE}={alice.cookie}", "", ""]).encode()
    slow = [narrow_socket(cluster.a.port) for _ in range(SLOW)]
    for connection in slow:
        connection.send(request)
    await eventually(lambda: len(open_files_of(process)) == SLOW, "that all downloads begin")
    # Meanwhile a quick reader gets all of it.
    whole = await asyncio.to_thread(alice.browser.get, cluster.a.url + url)
    assert whole.content == data
    assert memory_of(process) - before < MOST_GROWTH
    assert await asyncio.to_thread(read_whole, slow[0]) == data
    for connection in slow:
        connection.close()
    await eventually(lambda: not open_files_of(process), "that the files are closed")
    assert not list((cluster.data_dir / "uploads").iterdir())
    assert cluster.complaints() == []
