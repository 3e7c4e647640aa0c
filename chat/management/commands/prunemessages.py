from dataclasses import asdict
from datetime import timedelta

from django.core.management.base import CommandError
from django.utils import timezone

from chat import size
from chat.management.base import Command as BaseCommand
from chat.management.base import in_words, operator, positive, room
from chat.models import Room
from chat.models.pruning import Gone
from chat.uploads import readable_size


class Command(BaseCommand):
    help = (
        "Delete old messages for good, with their threads and files: those older than so many "
        "days, all but the newest so many, or what is older than each room keeps it (see manage.py "
        "retention). What is pinned, reported or still talked about in a thread stays. It goes "
        "gently, some messages at a time; interrupted in between, run again it goes on. It says "
        "how many bytes became free, and how large the database was before and is now: a database "
        "first uses again what became free, and becomes smaller only by VACUUM (PostgreSQL: VACUUM "
        "FULL), while nobody can write."
    )
    examples = """
        manage.py prunemessages tea-house --older-than 365 --dry-run
        manage.py prunemessages tea-house attic --keep 10000
        manage.py prunemessages --all --older-than 730 --yes
        manage.py prunemessages --retention                    as each room has it, now
    """

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("rooms", nargs="*", metavar="room", help="addresses or names")
        parser.add_argument(
            "--all", action="store_true", help="in all rooms, but not in direct conversations"
        )
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--older-than", type=positive, metavar="DAYS", help="by age")
        which.add_argument("--keep", type=positive, metavar="NUMBER", help="all but the newest")
        which.add_argument(
            "--retention", action="store_true", help="by what the rooms, or those named, keep"
        )
        self.add_yes(parser)

    def act(self, *, rooms, older_than, keep, retention, yes, by, dry_run, **options):
        by, before = operator(by), size.of_database()
        chosen = choose(rooms, options["all"], retention)
        moment = timezone.now()
        plans = []
        for one in chosen:
            if retention:
                which = one.not_kept()
            elif keep:
                which = one.beyond_the_newest(keep)
            else:
                which = one.older_than(moment - timedelta(days=older_than))
            plans.append((one, which, which.count()))
        total = sum(count for *_, count in plans)
        if total and not dry_run and not retention:
            self.confirm(f"{total:,} messages, and their threads, are deleted.", yes)
        done = {}
        for one, which, count in plans:
            gone = Gone(count) if dry_run else self.sum_up(one.prune(by, which), count)
            done[one.slug] = gone
        whole, after = sum(done.values(), Gone()), size.of_database()
        about = {
            "rooms": [{"room": slug} | asdict(gone) for slug, gone in done.items()],
            **asdict(whole),
            "database": {"before": asdict(before), "after": asdict(after)},
            "dry_run": dry_run,
        }
        if dry_run:
            lines = [f"{slug}: {gone.messages:,} messages" for slug, gone in done.items()]
            return about, "\n".join([*lines, f"{total:,} messages and their threads would go."])
        lines = [f"{slug}: {in_words(gone)}" for slug, gone in done.items()]
        return about, "\n".join([*lines, f"Deleted: {in_words(whole)}.", compared(before, after)])


def choose(names: list[str], every: bool, retention: bool) -> list[Room]:
    """The rooms that are meant. Raises CommandError when that is not said, or said twice."""
    if bool(names) + every > 1 or not (names or every or retention):
        raise CommandError("Name the rooms, or say --all.")
    if names:
        chosen = [room(name) for name in names]
    else:
        chosen = list(Room.objects.exclude(kind=Room.Kind.DIRECT).order_by("pk"))
    return [one for one in chosen if one.kept_days] if retention else chosen


def compared(before: size.Size, after: size.Size) -> str:
    free = "" if after.free is None else f", of which {readable_size(after.free)} are free"
    was, now = readable_size(before.on_disk), readable_size(after.on_disk)
    return f"The database had {was} and has {now}{free}."
