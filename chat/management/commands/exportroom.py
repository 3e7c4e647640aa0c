from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError
from django.utils import translation

from chat.management.base import Command as BaseCommand
from chat.management.base import room
from chat.moving.out import export, require_free
from chat.parcels import Unfit
from chat.uploads import readable_size


class Command(BaseCommand):
    help = (
        "Write an archive of a room: pages that any browser shows, from a disk and without a "
        "network, with threads, pictures, files, what messages said before they were edited, and a "
        "search; and the same for programs, as messages.jsonl and room.json, with SHA-256 hashes "
        "of everything in manifest.json. docs/archive.md describes it; manage.py importroom brings "
        "it back. It is the room as it was at one moment, and nobody waits while it is written. "
        "What was deleted or removed is not in it: only that it was. Who has the archive can read "
        "all of it, also of a private room. Interrupted, it leaves nothing behind."
    )
    examples = """
        manage.py exportroom tea-house --output tea-house.zip
        manage.py exportroom tea-house --output /srv/www/tea-house      a folder, to be served
        manage.py exportroom 茶馆 --output 茶馆.zip --language zh-hans
        manage.py exportroom tea-house --output tea-house.zip --dry-run
    """
    is_somebodys = False

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("room", help="its address or name")
        parser.add_argument(
            "--output",
            type=Path,
            required=True,
            metavar="PATH",
            help="what is written: a zip if it ends so, else a folder; it must not be there yet",
        )
        languages = [code for code, _name in settings.LANGUAGES]
        parser.add_argument(
            "--language",
            choices=languages,
            default=settings.LANGUAGE_CODE,
            help=f"of the pages (default: {settings.LANGUAGE_CODE})",
        )

    def act(self, *, output, language, dry_run, **options):
        chosen, output = room(options["room"]), output.absolute()
        name = f"“{chosen}” (/rooms/{chosen.slug}/)" if chosen.name else f"/rooms/{chosen.slug}/"
        count, size = chosen.messages.filter(taken_back_at=None).count(), chosen.bytes_of_files
        data = {"room": chosen.slug, "path": str(output), "messages": count, "file_bytes": size}
        data |= {"dry_run": dry_run}
        try:
            require_free(output)
            if dry_run:
                return data, (
                    f"{name} with {count:,} messages and {readable_size(size)} of files would be "
                    f"written to {output}."
                )
            # Each is written twice: for programs, and for people.
            with translation.override(language), self.messages_bar(2 * count) as bar:
                manifest = export(chosen, output, bar.update)
        except Unfit as error:
            raise CommandError(str(error)) from error
        data |= {
            "messages": manifest.messages,
            "revision": manifest.revision,
            "entries": len(manifest.entries),
            "bytes": sum(entry.size for entry in manifest.entries.values()),
            "missing": manifest.missing,
        }
        words = [
            f"{output}: {name} with {manifest.messages:,} messages, "
            f"{readable_size(data['bytes'])} in {data['entries']:,} entries."
        ]
        if manifest.missing:
            words.append(f"{len(manifest.missing):,} files were not there any more.")
        return data, "\n".join(words)
