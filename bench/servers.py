"""Servers to be measured: in a process of their own, their CPU time read from the kernel."""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TICKS = os.sysconf("SC_CLK_TCK")

# Measured is the work, not how it is limited.
UNLIMITED = {
    f"LIMIT_{name}": "100000000 per second"
    for name in (
        "MESSAGES",
        "EDITS",
        "TYPING",
        "JOINS",
        "CONNECTIONS",
        "FRAMES",
        "NEW_ROOMS",
        "SEARCHES",
    )
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its threads, from proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_bytes(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def wait_for(port: int, process: subprocess.Popen, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"A server to be measured ended at once: {process.args}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except ConnectionRefusedError:
            time.sleep(0.05)
    raise SystemExit(f"No server on port {port} after {seconds} s")


@contextmanager
def scratch():
    folder = Path(tempfile.mkdtemp(prefix="chatsite-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(command: list[str], port: int, env: dict, log: Path):
    with log.open("w") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)
        try:
            wait_for(port, process)
            yield process
        except Exception:
            sys.stderr.write("".join(log.read_text().splitlines(True)[-30:]))
            raise
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


@contextmanager
def redis_server(folder: Path):
    """The URL of a private Redis."""
    if not shutil.which("redis-server"):
        raise SystemExit("redis-server is needed: apt-get install redis-server")
    port = free_port()
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(folder)]
    with running(command, port, dict(os.environ), folder / "redis.log"):
        yield f"redis://127.0.0.1:{port}/0"


def environment(folder: Path, port: int, **more: str) -> dict:
    return (
        os.environ
        | UNLIMITED
        | {
            "DJANGO_SETTINGS_MODULE": "chatsite.settings",
            "SECRET_KEY": secrets.token_hex(),
            "DATA_DIR": str(folder),
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "SITE_URL": "",
            "LOG_LEVEL": "WARNING",
            "DATABASE_URL": "",
            "REDIS_URL": "",
        }
        | more
    )


def server_command(kind: str, port: int, application="chatsite.asgi:application") -> list[str]:
    address = {"daphne": "-v 0 -b 127.0.0.1 -p", "uvicorn": "--host 127.0.0.1 --port"}[kind]
    command = [sys.executable, "-m", kind, *address.split(), str(port), application]
    if kind == "uvicorn":
        command += ["--log-level", "warning", "--no-access-log"]
        command += ["--ws-per-message-deflate", "false"]
    return command


def manage(env: dict, *arguments: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT, env=env, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip
