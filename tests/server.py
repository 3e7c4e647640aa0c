"""A site that really runs: a server process with a database of its own."""

import atexit
import functools
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from tests.services import PATIENCE, free_port, wait_until

ROOT = Path(__file__).resolve().parent.parent


class Site:
    """One server process. Two of them with the same `data_dir`, Redis and database are one site.

    Settings are given as they are in the environment: Site(REDIS_URL=..., LIMIT_MESSAGES=...).
    """

    def __init__(self, server: str = "daphne", data_dir: Path | None = None, **environment: str):
        self.server, self.port = server, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.ws_url = f"ws://127.0.0.1:{self.port}/ws/"
        self.is_dir_own = data_dir is None
        self.data_dir = data_dir or Path(tempfile.mkdtemp(prefix="chatsite-site-"))
        self.log = self.data_dir / f"{self.port}.log"
        self.environment = plain_environment(self.data_dir, PORT=str(self.port), **environment)
        self.process: subprocess.Popen | None = None

    def start(self, seconds: float = PATIENCE) -> "Site":
        """Returns when pages are answered. Raises RuntimeError when the process ends instead."""
        if self.is_dir_own and not (self.data_dir / "static").exists():
            shutil.copytree(prepared_data(), self.data_dir, dirs_exist_ok=True)
        command = [sys.executable, "-m", "chatsite.serve", "--server", self.server]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=self.environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        wait_until(self._answers_or_ended, f"A page from {self.url}", seconds)
        if self.process.poll() is not None:
            raise RuntimeError(f"The server ended:\n{self.log.read_text()}")
        return self

    def _answers_or_ended(self) -> bool:
        if self.process.poll() is not None:
            return True
        try:
            urllib.request.urlopen(f"{self.url}/accounts/login/", timeout=5).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """As an operator does it."""
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.kill()
                raise

    def kill(self) -> None:
        """As a power cut does it."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def restart(self) -> None:
        """The same port, the same data."""
        self.stop()
        self.start()

    def manage(self, *arguments: str) -> str:
        """What `manage.py` with these arguments says. Raises RuntimeError when it fails."""
        return manage(self.environment, *arguments)

    def shell(self, code: str) -> str:
        """Run Python code within the site, in a process of its own; what it prints."""
        return self.manage("shell", "-c", code)

    def __enter__(self) -> "Site":
        return self.start()

    def __exit__(self, *_) -> None:
        self.stop()
        if self.is_dir_own:
            shutil.rmtree(self.data_dir, ignore_errors=True)


def plain_environment(data_dir: Path, **more: str) -> dict[str, str]:
    """The settings' defaults, whatever is set in the shell or in .env."""
    plain = {
        "SECRET_KEY": secrets.token_hex(),
        "DATA_DIR": str(data_dir),
        "HOST": "127.0.0.1",
        "LOG_LEVEL": "INFO",
        **dict.fromkeys(("DEBUG", "SITE_URL", "DATABASE_URL", "REDIS_URL", "EMAIL_URL"), ""),
    }
    return os.environ | plain | {"DJANGO_SETTINGS_MODULE": "chatsite.settings"} | more


def manage(environment: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, "manage.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout


@functools.cache
def prepared_data() -> Path:
    """A DATA_DIR with migrated database and collected static files, to be copied: made once."""
    folder = Path(tempfile.mkdtemp(prefix="chatsite-prepared-"))
    environment = plain_environment(folder)
    manage(environment, "shell", "-c", "from chatsite.serve import prepare; prepare()")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
