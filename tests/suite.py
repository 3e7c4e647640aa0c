"""Everything that ./test runs, and the sum of it. Arguments, if any, are pytest's: then only that
runs, on the embedded engines.
"""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from contextlib import ExitStack
from pathlib import Path

from tests.services import PostgreSQL, Redis

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
LONGEST = 3600  # seconds that one of the runs may take


class Run:
    """One pytest process, whose output is shown when it is done."""

    def __init__(self, title: str, folder: Path, *arguments: str, **environment: str):
        self.title, self.arguments, self.environment = title, arguments, environment
        self.report = folder / f"{title}.xml"
        self.output = folder / f"{title}.txt"

    def start(self) -> None:
        command = [sys.executable, "-m", "pytest", f"--junitxml={self.report}", *self.arguments]
        with self.output.open("w") as out:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | self.environment,
                stdout=out if self.is_quiet else None,
                stderr=subprocess.STDOUT if self.is_quiet else None,
            )

    @property
    def is_quiet(self) -> bool:
        return self.title != "chosen"

    def finish(self) -> bool:
        try:
            status = self.process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = f"{self.process.wait()}, after {LONGEST} s"
        if self.is_quiet:
            print(f"\n===== {self.title} =====\n{self.output.read_text()}")
            # 1 is pytest's way to say that tests failed; anything else is news.
            print(f"(ended with status {status})" if status not in {0, 1} else "", flush=True)
        return status == 0

    def counts(self) -> dict[str, int]:
        """Passed, failed and skipped. A run that ended without a report is one failure."""
        if not self.report.exists():
            return {"failed": 1}
        suites = ElementTree.parse(self.report).iter("testsuite")
        told = {"tests": 0, "failures": 0, "errors": 0, "skipped": 0}
        for suite in suites:
            for name in told:
                told[name] += int(suite.get(name, 0))
        failed = told["failures"] + told["errors"]
        passed = told["tests"] - failed - told["skipped"]
        return {"passed": passed, "failed": failed, "skipped": told["skipped"]}


def lint() -> bool:
    commands = [
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["mypy", "chat", "accounts", "chatsite"],
    ]
    return all(
        [subprocess.run([BIN / name, *rest], cwd=ROOT).returncode == 0 for name, *rest in commands]
    )


def side_by_side(*runs: Run) -> bool:
    print("Running, side by side:", ", ".join(run.title for run in runs), flush=True)
    for run in runs:
        run.start()
    return all([run.finish() for run in runs])


def main(arguments: list[str]) -> int:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chatsite-suite-")))
        if arguments:
            runs = [Run("chosen", folder, *arguments)]
            is_fine = side_by_side(*runs)
        else:
            is_fine, runs = everything(folder, stack)
        return conclude(is_fine, runs)


def everything(folder: Path, stack: ExitStack) -> tuple[bool, list[Run]]:
    is_clean = lint()
    redis, postgresql = stack.enter_context(Redis()), stack.enter_context(PostgreSQL())
    here = ["tests", "--ignore=tests/browser", "--ignore=tests/cluster"]
    services = {"TEST_REDIS_URL": redis.url, "TEST_DATABASE_URL": postgresql.url}
    runs = [
        Run("SQLite and one process", folder, *here),
        Run("PostgreSQL and Redis", folder, *here, **services),
        Run("several processes", folder, "tests/cluster"),
        Run("browsers", folder, "tests/browser"),
    ]
    # Two at a time: the first two keep a core busy each, the third waits more than it works.
    is_fine = [side_by_side(*runs[:2]), side_by_side(*runs[2:])]
    return is_clean and all(is_fine), runs


def conclude(is_fine: bool, runs: list[Run]) -> int:
    total = {"passed": 0, "failed": 0, "skipped": 0}
    for run in runs:
        for name, number in run.counts().items():
            total[name] += number
    if is_fine and not total["passed"]:
        print("Nothing was tested.")
    if not is_fine and not total["failed"]:
        print("No test failed, but a check or a run did; see above.")
    line = f"{total['passed']} passed, {total['failed']} failed"
    print(line + (f", {total['skipped']} skipped" if total["skipped"] else ""), flush=True)
    return 0 if is_fine and total["passed"] and not total["failed"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
