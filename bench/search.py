"""How much CPU a search takes, in a site of a million messages, on SQLite and PostgreSQL.

The corpus is made up: English and Chinese words as often as Zipf's law has them, in rooms of very
different sizes. It is searched by who is in a few small rooms, in fifty, and in all of them, for
common and rare words, for words that are common but never used in one's own rooms or never
together, for Chinese, and with the operators. Measured is a page of results, from the words to the
excerpts: this process, and the database's process for this connection. Exits with 1 if p95 is over
the limit.
"""

import argparse
import os
import subprocess
import sys

from bench.servers import ROOT, environment, free_port, manage, scratch
from tests.services import PostgreSQL


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="bin/bench search", description=__doc__)
    parser.add_argument("--engines", nargs="+", default=["sqlite", "postgresql"])
    parser.add_argument("--messages", type=int, default=1_000_000)
    parser.add_argument("--limit", type=float, default=30, help="CPU ms, of p95")
    options = parser.parse_args(arguments)
    for engine in options.engines:
        if engine == "sqlite":
            measure(options, engine, "")
        else:
            with PostgreSQL() as server:
                measure(options, engine, server.create("bench"))


def measure(options, engine: str, url: str) -> None:
    with scratch() as folder:
        env = environment(folder, free_port(), DATABASE_URL=url)
        manage(env, "migrate", "-v", "0")
        print(f"{engine}, {options.messages:,} messages", flush=True)
        code = f"from bench import searches; searches.run({options.messages}, {options.limit})"
        command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
        done = subprocess.run(command, cwd=ROOT, env=env | {"PYTHONPATH": os.fspath(ROOT)})
        if done.returncode:
            raise SystemExit(done.returncode)
