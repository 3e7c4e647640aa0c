"""What the commands for rooms and upkeep share: how they are asked, and how they answer.

A command calls verbs of the models and puts into words what they did. It ends with 0 when that is
done, 1 when a verb refuses, 2 when the arguments are wrong, and 130 when it was interrupted.
"""

import json
import signal
import sys
from argparse import RawDescriptionHelpFormatter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from textwrap import dedent, indent
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, DjangoHelpFormatter
from django.db import transaction
from tqdm import tqdm

from accounts import names
from chat import hub, limits
from chat.errors import ChatError
from chat.models import Room
from chat.models.pruning import Gone
from chat.uploads import readable_size

T = TypeVar("T")
INTERRUPTED = 130  # as shells count it: 128 and the signal

# What a command did: for programs, and for people.
Report = tuple[Any, str]


class HelpFormatter(DjangoHelpFormatter, RawDescriptionHelpFormatter):
    """Leaves the examples in their lines."""


class Command(BaseCommand):
    """Subclasses say what they do in `help`, show it in `examples`, and do it in act()."""

    examples = ""
    changes_nothing = False  # then there is no --dry-run
    is_somebodys = True  # else there is no --by
    exit_code = 0  # act() says when it is another

    def create_parser(self, prog_name, subcommand, **kwargs):
        examples = indent(dedent(self.examples).strip(), "  ")
        kwargs |= {"epilog": f"examples:\n{examples}", "formatter_class": HelpFormatter}
        return super().create_parser(prog_name, subcommand, **kwargs)

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="answer for programs, in JSON")
        if self.changes_nothing:
            return
        parser.add_argument(
            "--dry-run", action="store_true", help="only say what would be done; nothing is changed"
        )
        if self.is_somebodys:
            parser.add_argument(
                "--by",
                metavar="USERNAME",
                help="in whose name it is done; without it, the superuser who was here first",
            )

    def handle(self, **options):
        try:
            with limits.lifted(), hub.by_way_of_the_queue(), ends_in_good_order():
                data, words = self.act(**options)
        except ChatError as error:
            raise CommandError(str(error.message)) from error
        except KeyboardInterrupt:
            self.stderr.write("Interrupted. What was done stays; run it again to do the rest.")
            sys.exit(INTERRUPTED)
        if options["json"]:
            self.stdout.write(json.dumps(data, indent=2, ensure_ascii=False, default=str))
        elif words:
            self.stdout.write(words)
        if self.exit_code:
            sys.exit(self.exit_code)

    def act(self, **options) -> Report:
        raise NotImplementedError

    def confirm(self, question: str, yes: bool) -> None:
        """Ask before what cannot be undone. Raises CommandError when the answer is not yes."""
        if yes:
            return
        if not sys.stdin.isatty():
            raise CommandError(f"{question} This cannot be undone: say so with --yes.")
        if input(f"{question} This cannot be undone. Type yes to go on: ").strip() != "yes":
            raise CommandError("Nothing was done.")

    def add_yes(self, parser) -> None:
        parser.add_argument("--yes", action="store_true", help="do not ask before")

    def sum_up(self, steps: Iterable[Gone], total: int) -> Gone:
        """Go through the steps of a deletion of `total` messages, with a bar; what they deleted."""
        gone = Gone()
        with self.messages_bar(total) as bar:
            for step in steps:
                gone += step
                bar.update(step.messages)
        return gone

    def messages_bar(self, total: int) -> tqdm:
        """A bar for what takes `total` messages; silent where nobody looks at a terminal."""
        return tqdm(total=total, unit=" messages", disable=None, leave=False)

    def each(self, things: Iterable[T]) -> Iterator[T]:
        """One after the other, with such a bar."""
        yield from tqdm(things, disable=None, leave=False)


@contextmanager
def ends_in_good_order() -> Iterator[None]:
    """Who stops a service sends SIGTERM: as with Ctrl-C, the batch at hand is rolled back."""

    def interrupt(*_):
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread, which is the only one that hears of signals
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def tried(dry_run: bool) -> Iterator[None]:
    """What is done within is undone again when it is only tried: then nobody is told either."""
    with transaction.atomic():
        yield
        transaction.set_rollback(dry_run)


# Whom and what is meant -------------------------------------------------------------------------


def person(name: str):
    """Who has that username, or alone that e-mail address. Raises CommandError."""
    people = get_user_model().objects.filter(is_active=True)
    if found := people.filter(username__iexact=name).first():
        return found
    named = list(people.filter(email__iexact=name)[:2]) if "@" in name else []
    if len(named) == 1:
        return named[0]
    raise CommandError(f"There is nobody with the username “{name}”.")


def operator(username: str | None):
    """In whose name a command is run: they are named, or the superuser who was here first."""
    if username:
        return person(username)
    people = get_user_model().objects.filter(is_active=True, is_superuser=True)
    if first := people.order_by("pk").first():
        return first
    raise CommandError(
        "Somebody has to do it. Name them with --by, or make an administrator with "
        "manage.py createsuperuser first."
    )


def room(text: str) -> Room:
    """The room with that address, or the only one of that name. Raises CommandError."""
    address = text.strip().removeprefix(settings.SITE_URL).strip("/").removeprefix("rooms/")
    if found := Room.objects.filter(slug=address).first():
        return found
    alike = list(Room.objects.filter(name_key=names.key(text)[:255]).exclude(kind="direct")[:5])
    if len(alike) == 1:
        return alike[0]
    if alike:
        addresses = ", ".join(one.slug for one in alike)
        raise CommandError(
            f"Several rooms are called “{text}”. Name one by its address: {addresses}"
        )
    raise CommandError(f"There is no room “{text}”. manage.py rooms lists them with addresses.")


def in_words(gone: Gone) -> str:
    text, files = readable_size(gone.text_bytes), readable_size(gone.file_bytes)
    return f"{gone.messages:,} messages, {text} of text and {files} of files"


def positive(text: str) -> int:
    """A number of an option, at least 1."""
    number = int(text)
    if number < 1:
        raise ValueError
    return number
