"""A Redis and a PostgreSQL of the tests' own, on free ports, gone when the tests are over."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 30.0  # seconds that anything may take to start or to stop


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def wait_until(is_so: Callable[[], bool], what: str, seconds: float = PATIENCE) -> None:
    """Raises TimeoutError saying `what` did not come about in time."""
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come about within {seconds:.0f} s")
        time.sleep(0.02)


class Service:
    """A server process that can be stopped and started again, as in real life."""

    stop_signal = signal.SIGTERM

    def __init__(self):
        self.port = free_port()
        self.dir = Path(tempfile.mkdtemp(prefix=f"chatsite-{type(self).__name__.lower()}-"))
        self.process: subprocess.Popen | None = None

    def command(self) -> list[str]:
        raise NotImplementedError

    def is_ready(self) -> bool:
        return answers(self.port)

    def start(self):
        with (self.dir / "log").open("a") as log:
            # In a session of its own: Ctrl-C in the terminal is for the tests, which then stop it.
            self.process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, start_new_session=True
            )
        wait_until(self._is_ready_or_dead, f"{self.command()[0]}, ready on port {self.port},")
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.command()[0]} ended:\n{(self.dir / 'log').read_text()}")
        return self

    def _is_ready_or_dead(self) -> bool:
        return self.process.poll() is not None or self.is_ready()

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            self.process.wait(PATIENCE)

    def restart(self) -> None:
        self.stop()
        self.start()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


class Redis(Service):
    """Keeps nothing over a restart, so that nothing comes to rely on it."""

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        options = {"port": self.port, "bind": "127.0.0.1", "save": "", "dir": self.dir}
        return ["redis-server", *(part for k, v in options.items() for part in (f"--{k}", str(v)))]


class PostgreSQL(Service):
    # "Fast shutdown": connections are cut, not waited for.
    stop_signal = signal.SIGINT

    def __init__(self):
        super().__init__()
        self.bin = newest_postgresql()
        self.data = self.dir / "data"
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(self.dir, "nobody")
        self._run("initdb", "-D", self.data, "-U", "chatsite", "-A", "trust", "-E", "UTF8", "-N")

    @property
    def url(self) -> str:
        return f"postgres://chatsite@127.0.0.1:{self.port}/postgres"

    def command(self) -> list[str]:
        # Nothing here is to survive a power cut.
        options = {"fsync": "off", "synchronous_commit": "off", "unix_socket_directories": ""}
        options |= {"listen_addresses": "127.0.0.1", "port": self.port, "max_connections": 200}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return self._as_somebody([str(self.bin / "postgres"), "-D", str(self.data), *flags])

    def is_ready(self) -> bool:
        check = [self.bin / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(self.port)]
        return subprocess.run(check).returncode == 0

    def create(self, name: str) -> str:
        """The URL of a new, empty database."""
        self._run("createdb", "-h", "127.0.0.1", "-p", self.port, "-U", "chatsite", name)
        return f"postgres://chatsite@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments) -> None:
        command = self._as_somebody([str(self.bin / program), *map(str, arguments)])
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.dir)
        if done.returncode:
            raise RuntimeError(done.stderr)

    @staticmethod
    def _as_somebody(command: list[str]) -> list[str]:
        if os.getuid() != 0:
            return command
        return ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command]


def newest_postgresql() -> Path:
    """The directory of its programs. Debian keeps them off the PATH, one directory per version."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=version_of)
    if found:
        return found[-1].parent
    if on_path := shutil.which("postgres"):
        return Path(on_path).parent
    raise FileNotFoundError("PostgreSQL is not installed. On Debian: apt install postgresql")


def version_of(program: Path) -> int:
    return int(program.parent.parent.name)
