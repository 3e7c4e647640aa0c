import signal
import threading

from django.core.management.base import BaseCommand, CommandParser

from chat.worker import Worker


class Command(BaseCommand):
    help = (
        "Do what the site does in the background (notices, scheduled messages and the like) until "
        "stopped. ./run does it by itself; with WORKERS=0 it leaves it to this, of which there may "
        "be several. One that is killed loses nothing: another takes up what it was at."
    )

    def add_arguments(self, parser: CommandParser):
        parser.add_argument(
            "--threads", type=int, default=4, help="how many tasks at the same time (default 4)"
        )

    def handle(self, *, threads: int, **options):
        worker, stopped = Worker(threads), threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stopped.set())
        worker.start()
        stopped.wait()
        worker.stop()
