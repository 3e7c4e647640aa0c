from django.contrib.auth import get_user_model

from chat.management.base import Command as BaseCommand


class Command(BaseCommand):
    help = (
        "Let go of guests whose session has ended: their nicknames are free again, what they wrote "
        "stays. Then delete those who left and of whom nothing is here: no message, file, "
        "reaction, vote, report, decision or conversation. A running site does the former by "
        "itself, some at a time."
    )
    examples = """
        manage.py pruneguests --dry-run
        manage.py pruneguests
    """
    is_somebodys = False

    def act(self, *, dry_run, **options):
        people = get_user_model().objects
        if dry_run:
            gone, forgotten = people.departed_guests().count(), people.forgettable_guests().count()
        else:
            gone = sum(self.each(iter(people.expire_guests, 0)))
            forgotten = sum(self.each(iter(people.forget_guests, 0)))
        words = (
            f"{gone:,} guests have left, and {forgotten:,} of whom nothing is here "
            f"{'would be' if dry_run else 'are'} deleted."
        )
        return {"left": gone, "deleted": forgotten, "dry_run": dry_run}, words
