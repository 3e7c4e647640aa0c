from django.core.management.base import BaseCommand

from chat import search
from chat.models import Message


class Command(BaseCommand):
    help = (
        "Make the index of the search anew from the messages, while the site runs. Needed only "
        "when messages came into the database by another way than the site, as by loaddata."
    )

    def handle(self, **options):
        search.drop_what_is_gone()
        done = 0
        for done in search.fill(Message.objects):
            if self.stdout.isatty():
                self.stdout.write(f"{done:,} messages", ending="\r")
        self.stdout.write(f"{done:,} messages can be found.")
