"""The site's settings, whatever the shell and .env say: tests never touch a real site's data.

Only TEST_DATABASE_URL and TEST_REDIS_URL are heeded. What is behind the latter is wiped.
"""

import atexit
import os
import re
import shutil
import tempfile
from pathlib import Path

import environ

EXAMPLE = Path(__file__).resolve().parent.parent / ".env.example"
TEST_DIR = tempfile.mkdtemp(prefix="chatsite-test-")
atexit.register(shutil.rmtree, TEST_DIR, ignore_errors=True)

environ.Env.read_env = lambda *_, **__: None
for name in re.findall(r"^# ([A-Z_]+)=", EXAMPLE.read_text(), re.MULTILINE):
    os.environ.pop(name, None)
os.environ |= {
    "SECRET_KEY": "only for tests",
    "DATA_DIR": TEST_DIR,
    "DATABASE_URL": os.environ.get("TEST_DATABASE_URL", ""),
    "REDIS_URL": os.environ.get("TEST_REDIS_URL", ""),
    "LOG_LEVEL": "WARNING",
}
from chatsite.settings import *  # noqa: E402, F403

# Quick, where the site's own is slow on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Pages are tested without collecting static files first; the browser tests run with them.
STORAGES["staticfiles"] = {  # noqa: F405
    "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
}
STATIC_ROOT.mkdir()  # noqa: F405
