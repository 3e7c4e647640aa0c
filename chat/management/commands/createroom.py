from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from chat import limits
from chat.errors import ChatError
from chat.models import Room


class Command(BaseCommand):
    help = (
        "Make a room and print its address. It is public unless --private is given; into a private "
        "one people come by invitation, which its owner makes. Example: "
        "manage.py createroom 'Tea house' --topic 'Sit down' --guests --owner alice"
    )

    def add_arguments(self, parser: CommandParser):
        parser.add_argument("name", help="what the room is called, in any script")
        parser.add_argument("--topic", default="", help="one line on what it is for")
        parser.add_argument("--private", action="store_true", help="only for who is invited")
        parser.add_argument("--guests", action="store_true", help="let guests in, too")
        parser.add_argument(
            "--owner",
            metavar="USERNAME",
            help="who runs the room; without it, the superuser who was here first",
        )

    def handle(self, *, name, topic, private, guests, owner, **options):
        by = find_owner(owner)
        kind = Room.Kind.PRIVATE if private else Room.Kind.PUBLIC
        try:
            with limits.lifted():
                room = Room.create(by, name, topic=topic, kind=kind, guests_allowed=guests)
        except ChatError as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(settings.SITE_URL + room.get_absolute_url())


def find_owner(username: str | None):
    people = get_user_model().objects.filter(is_active=True)
    if username:
        if owner := people.filter(username__iexact=username).first():
            return owner
        raise CommandError(f"There is nobody with the username “{username}”.")
    if owner := people.filter(is_superuser=True).order_by("pk").first():
        return owner
    raise CommandError(
        "A room needs an owner. Name one with --owner, or make an administrator with "
        "manage.py createsuperuser first."
    )
