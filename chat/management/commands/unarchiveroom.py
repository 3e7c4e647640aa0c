from chat.management.commands.archiveroom import Command as ArchiveCommand


class Command(ArchiveCommand):
    help = "Open archived rooms again: people can write there as before."
    examples = """
        manage.py unarchiveroom release-1
    """
    archived = False
