"""What the site has at hand: settings, database, files, disk, workers, backups."""

import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from secrets import token_hex

from django.conf import settings
from django.core import checks
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from chat.backup import Unfit, engine
from chat.backup.archive import Archive
from chat.backup.making import kept_in
from chat.backup.restoring import ENGINES, examined
from chat.management.doctor import FAILED, OK, WARNING, Finding
from chat.tasks import nod
from chat.uploads import readable_size

# What Django warns of because the site has no https, which is one matter and not five.
WITHOUT_HTTPS = {"security.W004", "security.W008", "security.W012", "security.W016"}
# What it only warns of, but lets strangers in: a guessable key, and DEBUG.
SERIOUS = {"security.W009", "security.W018"}
LITTLE, NEXT_TO_NOTHING = 2_000_000_000, 200_000_000  # bytes
PATIENCE = 10.0  # seconds until a worker should have done something
OLD = timedelta(days=2)


def configuration() -> Iterator[Finding]:
    found = checks.run_checks(include_deployment_checks=True)
    if any(one.id in WITHOUT_HTTPS for one in found):
        words = f"Browsers reach the site without https, at {settings.SITE_URL}."
        advice = "Put a reverse proxy with a certificate before it, and set SITE_URL=https://…"
        yield Finding(WARNING, words, advice)
    for one in found:
        if one.id not in WITHOUT_HTTPS:
            is_serious = one.is_serious() or one.id in SERIOUS
            words, _, rest = one.msg.partition(". ")
            state, advice = FAILED if is_serious else WARNING, one.hint or rest
            yield Finding(state, f"{words} ({one.id})", advice or "See docs/operations.md.")
    if not found:
        yield Finding(OK, f"The site is {settings.SITE_URL}; `check --deploy` finds nothing.")


def database() -> Iterator[Finding]:
    began = time.perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        took = (time.perf_counter() - began) * 1000
        yield Finding(OK, f"{ENGINES[connection.vendor]} {engine().version()}, in {took:.0f} ms.")
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA journal_mode")
            if cursor.fetchone() != ("wal",):
                advice = "Put the database on a disk of this machine: no network disk has WAL."
                yield Finding(FAILED, "SQLite is not in WAL mode: who reads blocks it.", advice)
        plan = MigrationExecutor(connection)
        if missing := plan.migration_plan(plan.loader.graph.leaf_nodes()):
            yield Finding(
                FAILED, f"{len(missing)} migrations are not applied.", "Run ./run --prepare."
            )
            return
        yield Finding(OK, "All migrations are applied.")
        cursor.execute(TRIGGERS[connection.vendor])
        if not cursor.fetchone()[0]:
            advice = "Restore a backup; it was changed by somebody who can do all in the database."
            yield Finding(FAILED, "The log of decisions could be changed.", advice)


TRIGGERS = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'trigger'"
    " AND tbl_name = 'chat_decision'",
    "postgresql": "SELECT count(*) FROM pg_trigger WHERE tgrelid = 'chat_decision'::regclass"
    " AND NOT tgisinternal AND tgenabled <> 'D'",
}


def worker() -> Iterator[Finding]:
    began, asked = time.monotonic(), nod.enqueue()
    row = DBTaskResult.objects.filter(pk=asked.id)
    try:
        while not row.filter(finished_at__isnull=False).exists():
            if time.monotonic() - began > PATIENCE:
                others = DBTaskResult.objects.ready().count() - 1
                words = f"Nobody has done a task within {PATIENCE:.0f} s; {others:,} others wait."
                advice = "Start ./run, or with WORKERS=0 manage.py worker, and look into its log."
                yield Finding(FAILED, words, advice)
                return
            time.sleep(0.1)
        yield Finding(OK, f"A task was done within {time.monotonic() - began:.1f} s.")
    finally:
        row.delete()
    if failed := DBTaskResult.objects.failed().count():
        words = f"{failed:,} tasks of the last two days were given up."
        yield Finding(WARNING, words, "The log of the workers says why.")


def files() -> Iterator[Finding]:
    data = token_hex().encode()
    name = default_storage.save(f"files/doctor-{token_hex(8)}", ContentFile(data))
    try:
        with default_storage.open(name) as file:
            if file.read() != data:
                yield Finding(FAILED, "A file came back other than it was stored.")
                return
    finally:
        default_storage.delete(name)
    place = settings.S3_BUCKET or settings.MEDIA_ROOT
    yield Finding(OK, f"A file was stored in {place}, read and deleted.")


def disk() -> Iterator[Finding]:
    places = (settings.BACKUP_DIR, settings.DATA_DIR)
    by_disk = {place.stat().st_dev: place for place in places if place.exists()}
    for place in by_disk.values():
        yield room_on(place)


def room_on(place: Path) -> Finding:
    free = shutil.disk_usage(place).free
    words = f"{readable_size(free)} are free for {place}."
    if free > LITTLE:
        return Finding(OK, words)
    advice = "Give it more, or delete old messages (manage.py prunemessages) and old backups."
    return Finding(FAILED if free < NEXT_TO_NOTHING else WARNING, words, advice)


def backup(trial: bool) -> Iterator[Finding]:
    made = kept_in(settings.BACKUP_DIR)
    if not made:
        words = f"There is no backup in {settings.BACKUP_DIR}."
        yield Finding(WARNING, words, "Have manage.py backup run every night.")
        return
    try:
        if trial:
            with examined(made[0]) as found:
                engine().try_out(found.dump)
                moment = found.manifest.made_at
        else:
            with Archive(made[0]) as archive:
                moment = archive.manifest.made_at
    except Unfit as error:
        yield Finding(FAILED, f"{made[0].name}: {error}", "Make another one: manage.py backup.")
        return
    hours = (timezone.now() - moment).total_seconds() / 3600
    tried = ", and could be restored" if trial else ""
    words = f"{made[0].name} is {hours:.0f} hours old{tried}."
    if timezone.now() - moment > OLD:
        yield Finding(WARNING, words, "Have manage.py backup run every night.")
    else:
        yield Finding(OK, words)
