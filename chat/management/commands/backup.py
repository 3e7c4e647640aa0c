import shutil
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

from chat import size
from chat.backup import Unfit
from chat.backup.making import kept_in, make
from chat.backup.restoring import ENGINES
from chat.management.base import Command as BaseCommand
from chat.management.base import positive
from chat.uploads import readable_size

KEYS = (
    "Not in it are the keys: .env with the SECRET_KEY, and push.pem. Keep a copy of them "
    "elsewhere; they seldom change."
)


class Command(BaseCommand):
    help = (
        "Put database and files into one archive, a zip, while the site runs and people write. It "
        "is the site as it was at one moment: the database is copied first, then the files that "
        "this copy names. What is deleted meanwhile is noted and no error. Before it gets its "
        "name, the archive is read again from its beginning to its end. Only its owner may read "
        "it, as the hashes of all passwords are in it. The keys, .env and push.pem, are not: keep "
        "them elsewhere. Interrupted, it leaves nothing behind."
    )
    examples = """
        manage.py backup                              into BACKUP_DIR
        manage.py backup --keep 14                    and delete all but the newest 14 there
        manage.py backup --to /mnt/usb --json
    """
    is_somebodys = False

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument(
            "--to", type=Path, metavar="FOLDER", help=f"instead of {settings.BACKUP_DIR}"
        )
        parser.add_argument(
            "--keep",
            type=positive,
            metavar="NUMBER",
            help="once the new one is verified, delete older ones there beyond so many",
        )

    def act(self, *, to, keep, dry_run, **options):
        folder = (to or settings.BACKUP_DIR).absolute()
        if dry_run:
            return self.foretell(folder, keep)
        try:
            made = make(folder)
        except Unfit as error:
            raise CommandError(str(error)) from error
        older = kept_in(folder)[keep:] if keep else []
        for one in older:
            one.unlink(missing_ok=True)
        manifest, on_disk = made.manifest, made.path.stat().st_size
        files = len(manifest.entries) - 1
        data = {
            "path": str(made.path),
            "bytes": on_disk,
            "people": manifest.counts.get("accounts_user", 0),
            "messages": manifest.counts.get("chat_message", 0),
            "files": files,
            "missing": manifest.missing,
            "deleted": [str(one) for one in older],
            "dry_run": False,
        }
        words = [
            f"{made.path}: {readable_size(on_disk)}, read again and found whole.",
            f"In it: {data['people']:,} people, {data['messages']:,} messages "
            f"({ENGINES[manifest.engine]} {manifest.engine_version}) and {files:,} files.",
        ]
        if manifest.missing:
            words.append(
                f"{len(manifest.missing):,} files were deleted meanwhile, or had been lost before; "
                "manage.py checkrooms knows which are lost."
            )
        if older:
            words.append(f"Deleted: {len(older):,} older ones.")
        return data, "\n".join([*words, KEYS])

    def foretell(self, folder: Path, keep: int | None):
        there = next(place for place in (folder, *folder.parents) if place.exists())
        database, free = size.of_database().on_disk, shutil.disk_usage(there).free
        older = kept_in(folder)[keep - 1 :] if keep else []
        data = {
            "folder": str(folder),
            "database_bytes": database,
            "free_bytes": free,
            "deleted": [str(one) for one in older],
            "dry_run": True,
        }
        return data, (
            f"A backup would be made in {folder}, where {readable_size(free)} are free. The "
            f"database has {readable_size(database)}, which may be needed twice for a while; files "
            f"come on top. "
            f"{len(older):,} older ones would be deleted."
        )
