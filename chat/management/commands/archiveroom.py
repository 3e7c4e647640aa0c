from chat.management.base import Command as BaseCommand
from chat.management.base import operator, room, tried


class Command(BaseCommand):
    help = (
        "Archive rooms: they can be read, but nothing new can be written until manage.py "
        "unarchiveroom opens them again. What is so already stays as it is."
    )
    examples = """
        manage.py archiveroom release-1
        manage.py archiveroom release-1 release-2 --by alice
    """
    archived = True

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("rooms", nargs="+", metavar="room", help="addresses or names")

    def act(self, *, rooms, by, dry_run, **options):
        by, chosen = operator(by), [room(text) for text in rooms]
        changed = [one for one in chosen if (one.archived_at is not None) != self.archived]
        for one in changed:
            with tried(dry_run):
                one.archive(by) if self.archived else one.unarchive(by)
        about = [
            {"slug": one.slug, "archived": self.archived, "changed": one in changed}
            for one in chosen
        ]
        return {"rooms": about, "dry_run": dry_run}, "\n".join(
            f"{one}: {self.words(one in changed, dry_run)}" for one in chosen
        )

    def words(self, is_changed: bool, dry_run: bool) -> str:
        done = "archived" if self.archived else "open"
        if not is_changed:
            return f"is {done} already"
        return f"would be {done}" if dry_run else f"is {done} now"
