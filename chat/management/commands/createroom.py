from django.conf import settings

from chat.management.base import Command as BaseCommand
from chat.management.base import operator, tried
from chat.models import Room


class Command(BaseCommand):
    help = (
        "Make a room and print its address. It is public unless --private is given; into a private "
        "one people come by invitation, which its owner makes, or by manage.py roommembers."
    )
    examples = """
        manage.py createroom "Tea house" --topic "Sit down" --guests
        manage.py createroom Board --private --owner alice
    """

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("name", help="what the room is called, in any script")
        parser.add_argument("--topic", default="", help="one line on what it is for")
        parser.add_argument("--private", action="store_true", help="only for who is invited")
        parser.add_argument("--guests", action="store_true", help="let guests in, too")
        parser.add_argument(
            "--owner", metavar="USERNAME", dest="by", help="who runs the room: the same as --by"
        )

    def act(self, *, name, topic, private, guests, by, dry_run, **options):
        kind = Room.Kind.PRIVATE if private else Room.Kind.PUBLIC
        owner = operator(by)
        with tried(dry_run):
            room = Room.create(owner, name, topic=topic, kind=kind, guests_allowed=guests)
        url = settings.SITE_URL + room.get_absolute_url()
        about = {"name": room.name, "slug": room.slug, "url": url, "owner": owner.username}
        return about | {"dry_run": dry_run}, url
