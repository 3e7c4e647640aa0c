import csv
from pathlib import Path

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import CommandError

from accounts import names
from chat.management.base import Command as BaseCommand
from chat.management.base import operator, person, room
from chat.models.carrying import Step
from chat.moving.back import Arrival, examined
from chat.parcels import Unfit


class Command(BaseCommand):
    help = (
        "Make a room of an archive that manage.py exportroom wrote, a zip or a folder. All of it "
        "is looked at first, and refused where anything is missing, damaged or made to harm. The "
        "room has what was said, with its times, threads, files and all else; nobody is told of "
        "it, and no limit or quota holds it up. People of the archive become people here who "
        "cannot sign in, with nothing but their name; who they are here says --map, a CSV with a "
        "username of the archive and one of this site on each line, or --match-usernames where it "
        "comes from this very site. They are members again if they were. Nobody is ever taken for "
        "the same because of a name alone. It goes in short steps; interrupted, run again it goes "
        "on, and what is there already is not doubled."
    )
    examples = """
        manage.py importroom tea-house.zip --dry-run
        manage.py importroom tea-house.zip --name "Tea house, the old one"
        manage.py importroom tea-house.zip --map people.csv
        manage.py importroom tea-house.zip --into tea-house     below what is said there
    """

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument("path", type=Path, help="the archive: a zip or a folder")
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--name", help="of the new room, instead of the one that it had")
        where.add_argument("--into", metavar="ROOM", help="no new room: one that is there")
        parser.add_argument("--map", type=Path, metavar="FILE", help="who is who, as a CSV")
        parser.add_argument(
            "--match-usernames",
            action="store_true",
            help="who has the same username is the same person: for archives of this very site",
        )
        self.add_yes(parser)

    def act(self, *, path, name, into, match_usernames, yes, by, dry_run, **options):
        by = operator(by)
        try:
            with examined(path) as arrival:
                people = known(arrival, options["map"], match_usernames)
                name = name or names.clean(arrival.about.name)[:60]
                target = room(into) if into else arrival.begun_in(name)
                data = about(arrival, target, name, people) | {"dry_run": dry_run}
                if dry_run:
                    return data, foretold(data)
                if into:
                    self.confirm(f"“{target}” gets {data['messages']:,} messages more.", yes)
                target = target or arrival.make_room(by, name, people)
                step = self.carry(arrival, target, by, people)
        except Unfit as error:
            raise CommandError(str(error)) from error
        data |= {"room": target.slug, "messages": step.messages, "files": step.files}
        data |= {"known": step.known, "left_out": [one._asdict() for one in step.left_out]}
        return data, told(target, step)

    def carry(self, arrival: Arrival, target, by, people) -> Step:
        whole = Step()
        with self.messages_bar(arrival.manifest.messages) as bar:
            for step in arrival.carry_into(target, by, people):
                whole += step
                bar.update(step.messages + step.known)
        return whole


def known(arrival: Arrival, path: Path | None, match_usernames: bool) -> dict:
    """Who of the archive is who here, by their ids there. Raises CommandError."""
    by_username = {one.username.lower(): one.id for one in arrival.about.people if one.username}
    people = {}
    if match_usernames:
        if not arrival.is_of_this_site:
            raise CommandError(
                f"The archive is of {arrival.manifest.site}, not of {settings.SITE_URL}: the same "
                "username may be somebody else's. Say who is who with --map."
            )
        for user in get_user_model().objects.exclude(username="").iterator():
            if pk := by_username.get(user.username.lower()):
                people[pk] = user
    for theirs, ours in pairs(path) if path else []:
        if theirs.lower() not in by_username:
            raise CommandError(f"Nobody in the archive has the username “{theirs}”.")
        people[by_username[theirs.lower()]] = person(ours)
    return people


def pairs(path: Path) -> list[tuple[str, str]]:
    try:
        rows = list(csv.reader(path.read_text("utf-8-sig").splitlines()))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{path} cannot be read: {error}") from error
    found = []
    for number, row in enumerate(rows, 1):
        cells = [cell.strip() for cell in row]
        if not any(cells):
            continue
        if len(cells) != 2 or not all(cells):
            raise CommandError(f"Line {number} of {path} has not two usernames. Nothing is done.")
        found.append((cells[0], cells[1]))
    return found


def about(arrival: Arrival, target, name: str, people: dict) -> dict:
    leading: dict[str, list[str]] = {"owner": [], "moderator": []}
    for _member, user, role in () if target else arrival.admitted(people):
        leading.setdefault(role, []).append(user.username)
    return {
        "path": str(arrival.archive.path),
        "room": target.slug if target else None,
        "name": target.name if target else name,
        "kind": arrival.about.kind,
        "messages": arrival.manifest.messages,
        "files": arrival.files,
        "people": len(arrival.people),
        "here": sorted(user.username for user in people.values()),
        "owners": leading["owner"],
        "moderators": leading["moderator"],
    }


def foretold(data: dict) -> str:
    where = f"be added to “{data['name']}”" if data["room"] else f"be a new room “{data['name']}”"
    here = ", ".join(data["here"]) or "nobody"
    leading = "".join(
        f"\n{what}: {', '.join(data[key])}."
        for what, key in (("Its owners", "owners"), ("Its moderators", "moderators"))
        if data[key]
    )
    return (
        f"It is whole. {data['messages']:,} messages with {data['files']:,} files would {where}.\n"
        f"Of {data['people']:,} people in it are here: {here}. The others would be made as people "
        f"who cannot sign in.{leading}"
    )


def told(target, step: Step) -> str:
    words = [f"{step.messages:,} messages with {step.files:,} files are in /rooms/{target.slug}/."]
    if step.known:
        words.append(f"{step.known:,} were there already.")
    words += [
        names.clean(f"Left out, of message {one.key}: {one.what}, {one.why}")
        for one in step.left_out
    ]
    return "\n".join(words)
