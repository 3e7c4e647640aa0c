from chat.management.base import Command as BaseCommand
from chat.models import Attachment
from chat.models.orphans import orphans
from chat.uploads import readable_size


class Command(BaseCommand):
    help = (
        "Delete what was uploaded and is in no message for more than a day, and bytes in the "
        "storage that nothing on the site knows of for as long. The workers see to the former by "
        "themselves; the latter is left by processes that were killed, or when an older database "
        "was restored: then look at --dry-run first."
    )
    examples = """
        manage.py pruneuploads --dry-run    the names, and how much it is
        manage.py pruneuploads
    """
    is_somebodys = False

    def act(self, *, dry_run, **options):
        unsent = Attachment.objects.unsent_for_long().count()
        if not dry_run:
            Attachment.objects.expire()
        found = []
        for orphan in self.each(list(orphans())):
            if not dry_run:
                orphan.delete()
            found.append({"name": orphan.name, "bytes": orphan.size})
        total = sum(one["bytes"] for one in found)
        data = {"unsent": unsent, "orphans": found, "bytes": total, "dry_run": dry_run}
        words = [one["name"] for one in found] if dry_run else []
        done = "would be deleted" if dry_run else "are deleted"
        words.append(
            f"{unsent:,} files that were never sent and {len(found):,} that nothing knows of "
            f"({readable_size(total)}) {done}."
        )
        return data, "\n".join(words)
