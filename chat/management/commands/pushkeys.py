from django.conf import settings
from django.core.management.base import BaseCommand

from chat import push


class Command(BaseCommand):
    help = (
        "Make the key by which push services know this site, where there is none, and say its "
        "public half. ./run does it by itself. Several machines need the same one: give them the "
        "same file, or its line without the first and last one as PUSH_KEY. A new key ends all "
        "subscriptions, so an old one is never replaced."
    )

    def handle(self, **options):
        made = push.make_key()
        place = "PUSH_KEY" if settings.PUSH_KEY else settings.PUSH_KEY_FILE
        self.stdout.write(f"{'Wrote a new key to' if made else 'The key is in'} {place}")
        self.stdout.write(f"Its public half: {push.public_key()}")
