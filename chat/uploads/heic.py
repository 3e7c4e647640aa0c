"""HEIC, as iPhones take pictures and few browsers show them -> JPEG.

What decodes it is large, does not come with Pillow, and reads hostile bytes. So it runs in a
process of its own: where it falls, or finds no end, nothing falls with it.
"""

import re
import subprocess
import sys
import threading
from pathlib import Path

from .pictures import Broken

SECONDS = 10.0
ONE_AT_A_TIME = threading.Lock()
PROGRAM = Path(__file__).with_name("heic_to_jpeg.py")
_SUFFIX = re.compile(r"\.(hei[cf]|hif|jpe?g)$", re.IGNORECASE)


def as_jpeg(path: Path, target: Path) -> Path:
    """The picture at `path` as a JPEG at `target`, upright. Raises Broken."""
    command = [sys.executable, "-I", *map(str, (PROGRAM, path, target))]
    try:
        with ONE_AT_A_TIME:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=True)  # noqa: S603
    except subprocess.SubprocessError as error:
        raise Broken from error
    return target


def name_as_jpeg(name: str) -> str:
    """What the JPEG of the file called `name` is called."""
    return _SUFFIX.sub("", name) + ".jpg"
