from chat.errors import FromPrivate
from chat.management.base import Command as BaseCommand
from chat.management.base import CommandError, operator, room
from chat.models import Message


class Command(BaseCommand):
    help = (
        "Make one room part of another: its messages stand there in the order of time, with their "
        "threads, files and reactions; its members are members there; who has it open is taken "
        "along, and links to it lead there. The first room is then gone, with its invitations, "
        "mutes and bans, and who ran it is a plain member of the other. It cannot be taken apart "
        "again. It goes gently, some messages at a time; interrupted in between, run again it goes "
        "on, and meanwhile what was moved is found in the other room only."
    )
    examples = """
        manage.py mergerooms tea-house-2 tea-house --dry-run
        manage.py mergerooms tea-house-2 tea-house --yes
        manage.py mergerooms board everybody --publish     what only members could read, for all
    """

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("room", help="the room that goes: its address or name")
        parser.add_argument("into", help="the room that stays")
        parser.add_argument(
            "--publish", action="store_true", help="also where more people may read it than now"
        )
        self.add_yes(parser)

    def act(self, *, into, publish, yes, by, dry_run, **options):
        source, target, by = room(options["room"]), room(into), operator(by)
        count = Message.objects.filter(room=source).count()
        members = source.members_count
        names = f"“{source}” (/rooms/{source.slug}/)", f"“{target}” (/rooms/{target.slug}/)"
        about = {"room": source.slug, "into": target.slug, "messages": count, "members": members}
        about |= {"dry_run": dry_run}
        try:
            source.require_mergeable(by, target, knowingly=publish)
        except FromPrivate as error:
            raise CommandError(
                f"Some could then read what they cannot read now, in {names[0]} or in {names[1]}. "
                "Say so with --publish."
            ) from error
        if dry_run:
            return about, f"{names[0]} with {count:,} messages would be part of {names[1]}."
        self.confirm(f"{names[0]} with {count:,} messages becomes part of {names[1]}.", yes)
        with self.messages_bar(count) as bar:
            for moved in source.merge_into(by, target, knowingly=publish):
                bar.update(moved)
        return about, f"{names[0]} with {count:,} messages is part of {names[1]} now."
