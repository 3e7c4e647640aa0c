from dataclasses import asdict

from chat.management.base import Command as BaseCommand
from chat.management.base import in_words, operator, room
from chat.models import Message, Room
from chat.models.pruning import Gone


class Command(BaseCommand):
    help = (
        "Delete a room for good, with all that was said in it and all its files. To keep it for "
        "reading, archive it instead. First everybody is out of it, then it is deleted some "
        "messages at a time; interrupted in between, run again it goes on."
    )
    examples = """
        manage.py deleteroom old-room --dry-run   how much would go
        manage.py deleteroom old-room             asks before
        manage.py deleteroom old-room --yes
    """

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("room", help="its address, or its name where only one has it")
        self.add_yes(parser)

    def act(self, *, by, yes, dry_run, **options):
        doomed, by = room(options["room"]), operator(by)
        sizes = Room.objects.with_sizes().get(pk=doomed.pk)
        messages = Message.objects.filter(room=doomed).count()
        there = Gone(messages, sizes.text_bytes, sizes.file_bytes)
        name = f"“{doomed}” (/rooms/{doomed.slug}/)"
        if not dry_run:
            question = f"{name} has {in_words(there)}, and {doomed.members_count} members."
            self.confirm(question, yes)
            there = self.sum_up(doomed.delete_in_steps(by), there.messages)
        words = "would be deleted" if dry_run else "is deleted"
        about = {"slug": doomed.slug, "name": doomed.name, "dry_run": dry_run}
        return about | asdict(there), f"{name} {words}, with {in_words(there)}."
