from chat import search
from chat.management.base import Command as BaseCommand
from chat.models import Message


class Command(BaseCommand):
    help = (
        "Make the index of the search anew from the messages, while the site runs. Needed only "
        "when messages came into the database by another way than the site, as by loaddata. "
        "Searches find what was in the index before all the while."
    )
    is_somebodys = False
    examples = """
        manage.py reindexsearch
        manage.py reindexsearch --dry-run     how many messages there are to take in
    """

    def act(self, *, dry_run, **options):
        visible = Message.objects.visible()
        if dry_run:
            count = visible.count()
            return {"messages": count, "dry_run": True}, f"{count:,} messages would be taken in."
        search.drop_what_is_gone()
        done = 0
        with self.messages_bar(visible.count()) as bar:
            for done in search.fill(Message.objects):
                bar.update(done - bar.n)
        return {"messages": done, "dry_run": False}, f"{done:,} messages can be found."
