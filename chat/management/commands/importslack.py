import csv
import json
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import CommandError
from tqdm import tqdm

from chat.management.base import Command as BaseCommand
from chat.management.base import operator, person, room
from chat.management.tables import table
from chat.parcels import Unfit
from chat.slack.export import Export
from chat.slack.moving import Brought, Moving
from chat.slack.report import Report


class Command(BaseCommand):
    help = (
        "Carry over what was said in Slack: the archive of its export becomes rooms, with the "
        "messages as they were then, their threads, reactions and pins, and the files that are in "
        "the archive. Nothing is fetched from Slack. Who wrote is shown by name, but cannot sign "
        "in; who has an account here already is taken for themselves only where --map says so, "
        "never because of a name or an e-mail address. Begin with --dry-run: it says what would be "
        "made, and what cannot be carried over. The site may run meanwhile, and nobody is told of "
        "the old messages. Interrupted, run it again: what is there is known and left "
        "alone. It asks before it goes on in rooms that are there."
    )
    examples = """
        manage.py importslack export.zip --dry-run                    what would come of it?
        manage.py importslack export.zip --people people.csv          who is there, to fill in
        manage.py importslack export.zip --map people.csv             who is whom here
        manage.py importslack export.zip --only general random
        manage.py importslack export.zip --into general=town-hall     into a room that is there
        manage.py importslack export.zip --private --report slack.json

        people.csv, of which further columns are ignored:
            slack,username
            U024BE7LH,alice
            bob.smith,bob
    """

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("archive", type=Path, help="the zip file that Slack gave out")
        parser.add_argument(
            "--only", nargs="+", metavar="CHANNEL", default=[], help="these channels, not all"
        )
        parser.add_argument(
            "--private",
            action="store_true",
            help="also private channels, as rooms for their members only",
        )
        parser.add_argument(
            "--into",
            nargs="+",
            metavar="CHANNEL=ROOM",
            default=[],
            help="into that room; without it every channel becomes a room of its own",
        )
        parser.add_argument(
            "--map", type=Path, metavar="CSV", help="who of Slack has which account here"
        )
        parser.add_argument(
            "--people",
            type=Path,
            metavar="CSV",
            help="only write down who is in the export, to be filled in for --map",
        )
        parser.add_argument(
            "--report", type=Path, metavar="FILE", help="write the report there, too, as JSON"
        )

        self.add_yes(parser)

    def act(self, *, archive, by, dry_run, people, **options):
        lost = Report()
        try:
            with Export(archive, lost) as export:
                if people:
                    return write_people(export, people)
                moving = Moving(export, lost, operator(by), dry_run=dry_run)
                return self.carried(moving, dry_run, **options)
        except Unfit as error:
            raise CommandError(f"Not imported. {error}") from error

    def carried(self, moving, dry_run, *, only, private, into, yes, report, **options):
        for slack, username in read_map(options["map"]) if options["map"] else []:
            moving.people.take_for(slack, person(username))
        rooms = {moving.called(channel).id: room(name) for channel, name in map(pair, into)}
        channels = moving.choose(only, private=private)
        # Which room an earlier export became, this one says itself: it could say whatever it likes.
        if (there := moving.known_rooms(channels) | rooms) and not dry_run:
            names = ", ".join(f"“{one}”" for one in there.values())
            self.confirm(f"What was said in Slack is added to {names}.", yes)
        with tqdm(total=moving.days(channels), unit=" days", disable=None, leave=False) as bar:
            brought = moving.run(channels, rooms, bar.update)
        data = {
            "dry_run": dry_run,
            "rooms": [asdict(one) for one in brought],
            "people": {"made": len(moving.people.made), "mapped": len(moving.people.mapped)},
            "left_behind": moving.report.as_data(),
        }
        if report:
            write(report, json.dumps(data, indent=2, ensure_ascii=False))
        return data, in_words(brought, data)


def in_words(brought: list[Brought], data: dict) -> str:
    would = "would be " if data["dry_run"] else ""
    lines = []
    if brought:
        rows = [
            [
                f"#{one.channel}",
                one.room + (" (new)" if one.is_new else ""),
                one.messages,
                one.known,
                one.files,
                one.members,
            ]
            for one in brought
        ]
        titles = ["CHANNEL", "ROOM", "MESSAGES", "KNOWN", "FILES", "MEMBERS"]
        lines.append(table(titles, rows, titles[2:]))
    people = data["people"]
    lines.append(
        f"{sum(one.messages for one in brought):,} messages {would}carried over. Of their people "
        f"{people['made']:,} {would or 'were '}made, who cannot sign in; {people['mapped']:,} "
        "have an account here."
    )
    if data["left_behind"]:
        lines.append("\nLeft behind, or not quite as it was:")
    for lost in data["left_behind"]:
        lines.append(f"{lost['count']:>8,}  {lost['what']}")
        lines += [f"            {example}" for example in lost["examples"]]
    if data["dry_run"]:
        lines.append("\nNothing was changed: this was a dry run.")
    return "\n".join(lines)


def pair(text: str) -> tuple[str, str]:
    channel, is_given, name = text.partition("=")
    if not (is_given and channel and name):
        raise CommandError(f"--into takes CHANNEL=ROOM, not “{text}”.")
    return channel, name


def read_map(path: Path) -> list[tuple[str, str]]:
    """Who of Slack is who here, from the columns `slack` and `username`. Raises CommandError."""
    try:
        rows = csv.DictReader(path.read_text("utf-8-sig").splitlines())
        if not {"slack", "username"} <= {*(rows.fieldnames or [])}:
            raise CommandError(f"{path} has no line of titles with “slack” and “username”.")
        pairs = [((row["slack"] or "").strip(), (row["username"] or "").strip()) for row in rows]
    except (OSError, UnicodeError, csv.Error) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
    return [(slack, username) for slack, username in pairs if slack and username]


def write_people(export: Export, path: Path):
    """Who is in the export, for the operator to say who has an account here."""
    people = [one for one in export.people.values() if not one.is_bot]
    people.sort(key=lambda one: (bool(one.deleted), one.names, one.id))
    try:
        with path.open("x", encoding="utf-8-sig", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["slack", "username", "name", "name in Slack", "deleted"])
            for one in people:
                name, gone = (one.names or [""])[0], "yes" if one.deleted else ""
                rows.writerow(map(harmless, [one.id, "", name, one.name or "", gone]))
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error}") from error
    words = f"{len(people):,} people are in {path}: fill in the usernames, and give it to --map."
    return {"people": len(people), "path": path}, words


def harmless(cell: str) -> str:
    """Not taken for a formula by the program that opens the table."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t")) else cell


def write(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", "utf-8")
    except OSError as error:
        raise CommandError(f"The report cannot be written to {path}: {error}") from error
