from collections.abc import Iterator
from functools import partial

from tqdm import tqdm

from chat.management.base import Command as BaseCommand
from chat.management.doctor import FAILED, OK, WARNING, Check, Finding, beyond, examine, inside
from chat.management.tables import columns_of


class Command(BaseCommand):
    help = (
        "Look whether the site is well: settings, database, migrations, files, disk, Redis, a "
        "socket through SITE_URL, the workers, e-mail, Web Push and the newest backup. Each line "
        "says ok, warning or failed, and what to do. It may be run at any time: it stores and "
        "deletes one file, has one task done, and sends no letter. The exit code is 1 when "
        "something failed."
    )
    examples = """
        manage.py doctor
        manage.py doctor --trial             also restores the newest backup, into scratch
        manage.py doctor --json              for monitoring
    """
    changes_nothing = True
    requires_system_checks = []  # it tells of them itself

    def add_arguments(self, parser):
        super().add_arguments(parser)
        parser.add_argument(
            "--trial",
            action="store_true",
            help="read all of the newest backup and restore it into scratch, which may take long",
        )

    def act(self, *, trial, **options):
        checks: list[tuple[str, Check]] = [
            ("settings", inside.configuration),
            ("database", inside.database),
            ("files", inside.files),
            ("disk", inside.disk),
            ("Redis", beyond.redis),
            ("socket", beyond.socket),
            ("workers", inside.worker),
            ("e-mail", beyond.mail),
            ("Web Push", beyond.web_push),
            ("backup", partial(inside.backup, trial)),
        ]
        found = [
            (name, one)
            for name, check in tqdm(checks, disable=None, leave=False)
            for one in examine(name, check)
        ]
        self.exit_code = int(any(one.state == FAILED for _, one in found))
        return [{"about": name, **one._asdict()} for name, one in found], "\n".join(
            line for name, one in found for line in self.lines(name, one)
        )

    def lines(self, name: str, one: Finding) -> Iterator[str]:
        style = {OK: self.style.SUCCESS, WARNING: self.style.WARNING, FAILED: self.style.ERROR}
        state = style[one.state](f"{one.state:8}")
        yield f"{state} {name}{' ' * (9 - columns_of(name))} {one.words}"
        if one.advice:
            yield f"{'':18} → {one.advice}"
