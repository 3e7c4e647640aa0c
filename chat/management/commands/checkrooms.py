from chat.management.base import Command as BaseCommand
from chat.management.base import room
from chat.models import Room

FAULTS_LEFT = 3


class Command(BaseCommand):
    help = (
        "See whether rooms are in order: revisions, numbers of members, the newest message, "
        "threads and reactions as they are counted, mentions, owners, and whether the files are "
        "in the storage. With --repair, what can be mended is, and open browsers see it. The exit "
        "code is 3 when something is left that is not in order."
    )
    examples = """
        manage.py checkrooms                     all rooms
        manage.py checkrooms tea-house --repair
        manage.py checkrooms --json --quiet      for a nightly job: only rooms with faults
    """
    changes_nothing = True

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("rooms", nargs="*", metavar="room", help="addresses or names")
        parser.add_argument("--repair", action="store_true", help="mend what can be mended")
        parser.add_argument("--quiet", action="store_true", help="say nothing of rooms in order")

    def act(self, *, rooms, repair, quiet, **options):
        chosen = [room(text) for text in rooms] or list(Room.objects.order_by("pk"))
        checked = []
        for one in self.each(chosen):
            found = one.faults()
            mended = one.repair() if repair and any(fault.repair for fault in found) else []
            left = one.faults() if mended else found
            if left:
                self.exit_code = FAULTS_LEFT
            if left or mended or not quiet:
                checked.append((one, mended, left))
        data = [
            {
                "room": one.slug,
                "mended": [{"code": fault.code, "words": fault.words} for fault in mended],
                "left": [{"code": fault.code, "words": fault.words} for fault in left],
            }
            for one, mended, left in checked
        ]
        return {"checked": len(chosen), "rooms": data}, "\n".join(
            line for one, mended, left in checked for line in lines(one, mended, left)
        )


def lines(one, mended, left):
    if not mended and not left:
        yield f"/rooms/{one.slug}/: in order"
    for fault in mended:
        yield f"/rooms/{one.slug}/: mended: {fault.words}"
    for fault in left:
        hint = " Mend it with --repair." if fault.repair else ""
        yield f"/rooms/{one.slug}/: {fault.words}{hint}"
