"""The static files as browsers get them: hashed, and our JavaScript without comments."""

import subprocess
from pathlib import Path

import playwright
import pytest

from tests.server import ROOT, prepared_data

# Comes with Playwright's package: the machine needs no Node.js of its own.
NODE = Path(playwright.__file__).parent / "driver/node"
PARSE = """
const { readFileSync } = require("fs"), { SourceTextModule } = require("vm");
for (const path of process.argv.slice(1)) {
  try { new SourceTextModule(readFileSync(path, "utf8")); }
  catch (error) { console.log(path, error.message); }
}
"""
MODULES = [str(path.relative_to(ROOT / "static")) for path in ROOT.glob("static/js/**/*.js")]


@pytest.fixture(scope="module")
def collected() -> Path:
    return prepared_data() / "static"


def test_every_module_parses_as_it_is_served(collected):
    served = [str(path) for path in collected.glob("js/**/*.js")]
    assert len(served) > len(MODULES)
    command = [NODE, "--experimental-vm-modules", "--no-warnings", "-e", PARSE, *served]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == ""
