from pathlib import Path

from django.core.management.base import CommandError

from chat.backup import Unfit, engine
from chat.backup.restoring import Unfinished, examined, people_here, put_in_place
from chat.management.base import Command as BaseCommand


class Command(BaseCommand):
    help = (
        "Bring the site back to what is in a backup. Stop the servers and workers first. All of "
        "the backup is read and compared with its manifest before anything is changed; then files "
        "are stored, the database is replaced in one step, and brought up to date where the backup "
        "is of an older version. No file is deleted (see manage.py pruneuploads). On SQLite the "
        "database that was there is kept beside the new one; on PostgreSQL make a backup of it "
        "first if you may want it back. Whoever was signed in when the backup was made is so "
        "again. A backup is as powerful as the site itself: restore only what you made."
    )
    examples = """
        manage.py restore var/backups/chatsite-20261121-030000.zip --dry-run    is it whole?
        manage.py restore var/backups/chatsite-20261121-030000.zip
        manage.py restore /mnt/usb/chatsite-20261121-030000.zip --yes --json
    """
    is_somebodys = False
    # The database may be what is broken, or not there yet.
    requires_system_checks = []

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("archive", type=Path, help="what manage.py backup has made")
        self.add_yes(parser)

    def act(self, *, archive, yes, dry_run, **options):
        try:
            with examined(archive) as backup:
                manifest = backup.manifest
                data = {
                    "made_at": manifest.made_at,
                    "version": manifest.version,
                    "people": manifest.counts.get("accounts_user", 0),
                    "messages": manifest.counts.get("chat_message", 0),
                    "files": len(manifest.entries) - 1,
                    "missing": manifest.missing,
                    "dry_run": dry_run,
                }
                what = (
                    f"the state of {manifest.made_at:%Y-%m-%d %H:%M} UTC, with {data['people']:,} "
                    f"people, {data['messages']:,} messages and {data['files']:,} files"
                )
                if dry_run:
                    return data, f"It is whole and fits this site: {what}. Nothing was changed."
                engine().require_stopped()
                here = people_here()
                if here is None:
                    words = f"The database that is here cannot be read. It is replaced by {what}."
                    self.confirm(words, yes)
                elif here:
                    self.confirm(f"The site with its {here:,} people is replaced by {what}.", yes)
                kept = put_in_place(backup)
        except Unfit as error:
            raise CommandError(f"Not restored. {error}") from error
        except Unfinished as error:
            raise CommandError(str(error)) from error
        words = [f"Restored: {what}."]
        if kept:
            words.append(f"The database that was there is now {kept}; delete it when all is well.")
        return data | {"kept": kept}, "\n".join(words)
