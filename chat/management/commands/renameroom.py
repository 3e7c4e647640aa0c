from chat.management.base import Command as BaseCommand
from chat.management.base import operator, room, tried


class Command(BaseCommand):
    help = (
        "Give a room another name, and another topic if you like. Its address stays, so links to "
        "it go on working; who has it open sees the new name at once."
    )
    examples = """
        manage.py renameroom tea-house "Tea garden"
        manage.py renameroom tea-house "Tea garden" --topic "Outside, while it is warm"
    """

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("room", help="its address, or its name where only one has it")
        parser.add_argument("name", help="what it is called from now on")
        parser.add_argument("--topic", help="one line on what it is for; '' for none")

    def act(self, *, name, topic, by, dry_run, **options):
        renamed, by = room(options["room"]), operator(by)
        old = renamed.name
        with tried(dry_run):
            renamed.rename(by, name, topic)
        about = {"slug": renamed.slug, "was": old, "name": renamed.name, "topic": renamed.topic}
        words = "would now be called" if dry_run else "is now called"
        return about | {"dry_run": dry_run}, f"“{old}” {words} “{renamed.name}”."
