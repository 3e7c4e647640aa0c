import csv
import sys
from pathlib import Path

from django.core.management.base import CommandError

from chat.errors import ChatError
from chat.management.base import Command as BaseCommand
from chat.management.base import operator, person, room, tried
from chat.management.tables import table
from chat.models import Membership

REMOVE = "remove"


class Command(BaseCommand):
    help = (
        "List the members of a room, bring people in, show them out, or say who runs it. People "
        "are named by username or e-mail address. Each is seen to by themselves: where one cannot "
        "be helped, the others are, it is said who and why, and the exit code is 1. Run again, it "
        "changes only what is not so yet. A CSV has one person per line and, if you like, a role "
        "in the second column: owner, moderator, member, or remove to show them out. A first line "
        "“username,role” is skipped."
    )
    examples = """
        manage.py roommembers tea-house                             who is in it
        manage.py roommembers tea-house --add bob carol             as plain members
        manage.py roommembers tea-house --add bob --role moderator  or make a member one
        manage.py roommembers tea-house --remove carol
        manage.py roommembers tea-house --csv team.csv --dry-run    what would happen
        cut -d, -f3 class.csv | manage.py roommembers tea-house --csv -
    """

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("room", help="its address, or its name where only one has it")
        parser.add_argument("--add", nargs="+", metavar="PERSON", default=[], help="bring them in")
        parser.add_argument(
            "--role", choices=Membership.Role.values, help="as what: also for who is in it already"
        )
        parser.add_argument("--remove", nargs="+", metavar="PERSON", default=[], help="show out")
        parser.add_argument("--csv", metavar="FILE", help="many at once; - reads standard input")

    def act(self, *, add, role, remove, by, dry_run, **options):
        of = room(options["room"])
        wishes = [(name, role) for name in add] + [(name, REMOVE) for name in remove]
        if options["csv"]:
            wishes += read(options["csv"])
        if role and not add:
            raise CommandError("--role needs --add: it says as what those are to be in the room.")
        if not wishes:
            return listed(of)
        by, done, refused = operator(by), [], 0
        for name, wish in self.each(wishes):
            try:
                with tried(dry_run):
                    outcome = see_to(of, by, person(name), wish)
            except (ChatError, CommandError) as error:
                outcome, refused = f"refused: {getattr(error, 'message', error)}", refused + 1
            done.append({"person": name, "outcome": outcome})
        self.exit_code = 1 if refused else 0
        words = "\n".join(f"{one['person']}: {one['outcome']}" for one in done)
        words += "\nNothing was changed: this was a dry run." if dry_run else ""
        return {"room": of.slug, "people": done, "refused": refused, "dry_run": dry_run}, words


def read(name: str) -> list[tuple[str, str | None]]:
    """The people of a CSV, each with the role wished for. Raises CommandError."""
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise CommandError(f"{name} cannot be read: {error}") from error
    wishes = []
    for number, row in enumerate(csv.reader(text.splitlines()), 1):
        who, role, *_more = [*(cell.strip() for cell in row), "", ""]
        if not who or (number == 1 and who.lower() == "username"):
            continue
        role = role.lower()
        if role not in {"", REMOVE, *Membership.Role.values}:
            raise CommandError(f"Line {number}: there is no role “{role}”. Nothing is done.")
        wishes.append((who, role or None))
    return wishes


def see_to(of, by, user, wish: str | None) -> str:
    """Bring about what is wished for one person; what that was. Raises as the verbs do."""
    mine = of.membership_of(user)
    if wish == REMOVE:
        if mine is None:
            return "is not a member"
        of.remove_member(by, user)
        return "removed"
    if mine is None:
        of.add_member(by, user, wish or Membership.Role.MEMBER)
        return f"added as {wish or Membership.Role.MEMBER}"
    if wish is None or wish == mine.role:
        return f"is {mine.role} already"
    of.set_role(by, user, wish)
    return f"{wish} now, was {mine.role}"


def listed(of):
    found = of.memberships.select_related("user").order_by("joined_at", "pk")
    members = [
        {
            "username": one.user.username,
            "name": one.user.name,
            "role": one.role,
            "guest": one.user.is_guest,
            "joined_at": one.joined_at.isoformat(),
        }
        for one in found
    ]
    rows = [[one["username"], one["name"], one["role"], one["joined_at"][:10]] for one in members]
    words = table(["USERNAME", "NAME", "ROLE", "SINCE"], rows) if rows else "Nobody is in it."
    return {"room": of.slug, "members": members}, words
