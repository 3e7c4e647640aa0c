"""The doctor of a site that is well, and of one where nothing is."""

import json
import subprocess
import sys
from pathlib import Path

from tests.cluster.cluster import copy_of_populated
from tests.server import ROOT, Site
from tests.services import Redis, free_port


def diagnosis(site: Site, *arguments: str) -> tuple[int, dict[str, list[str]]]:
    """The exit code, and by what it is about what was found, such as "failed: ..."."""
    command = [sys.executable, "manage.py", "doctor", "--json", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=site.environment, capture_output=True, text=True)
    found: dict[str, list[str]] = {}
    for one in json.loads(done.stdout):
        found.setdefault(one["about"], []).append(f"{one['state']}: {one['words']}")
        assert one["advice"] or one["state"] == "ok"
    return done.returncode, found


def test_a_small_site_that_is_well():
    with Site() as site:
        site.manage("backup")
        code, found = diagnosis(site, "--trial")
    assert code == 0
    assert found["socket"][0].startswith(f"ok: {site.ws_url} opens")
    assert found["workers"][0].startswith("ok: A task was done")
    assert "could be restored" in found["backup"][0]
    assert found["Redis"] == ["ok: None: one process serves the site."]


def test_a_larger_site_that_is_well(postgresql):
    with (
        Redis() as redis,
        Site(DATABASE_URL=copy_of_populated(postgresql), REDIS_URL=redis.url) as site,
    ):
        site.manage("backup")
        code, found = diagnosis(site, "--trial")
    assert code == 0
    assert found["Redis"][0].startswith("ok: It keeps and passes on")
    assert found["database"][0].startswith("ok: PostgreSQL 1")
    assert "could be restored" in found["backup"][0]


def test_a_site_where_nothing_is_well(tmp_path):
    nobody = f"127.0.0.1:{free_port()}"
    site = Site(
        data_dir=tmp_path,
        SECRET_KEY="short",
        DEBUG="true",
        REDIS_URL=f"redis://{nobody}",
        EMAIL_URL=f"smtp://{nobody}",
    )
    (tmp_path / "backups").mkdir()
    damaged = Path(tmp_path / "backups" / "chatsite-20260101-030000.zip")
    damaged.write_bytes(b"no archive")
    code, found = diagnosis(site)
    assert code == 1
    settings = "\n".join(found["settings"])
    assert "failed: Your SECRET_KEY" in settings
    assert "failed: You should not have DEBUG" in settings
    assert "warning: Browsers reach the site without https" in settings
    assert "migrations are not applied" in found["database"][1]
    for about in ("Redis", "socket", "workers", "e-mail", "backup"):
        assert found[about][0].startswith("failed: "), found[about]
    assert found["Web Push"] == ["warning: The site has no key for Web Push."]
