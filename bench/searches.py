"""Run by manage.py shell in the measured site: the corpus, and the searches."""

import itertools
import random
import sys
import time
from datetime import timedelta
from pathlib import Path

from django.contrib.auth import get_user_model
from django.db import connection, transaction
from django.utils import timezone

from chat import search
from chat.models import Membership, Message, Room
from chat.models.search import Search

User = get_user_model()

PEOPLE, ROOMS, WORDS = 500, 400, 60_000
AT_ONCE = 20_000  # messages
ROUNDS = 15


def run(messages: int, limit: float) -> None:
    began = time.process_time()
    corpus = Corpus(messages)
    corpus.make()
    print(f"  made in {time.process_time() - began:.0f} s of CPU", flush=True)
    print(f"{'':58}{'p50':>8}{'p95':>8}  CPU ms", flush=True)
    times: list[float] = []
    for name, user, text, depth in corpus.questions():
        times_here = [spent for _ in range(ROUNDS) for spent in pages(user, text, depth)]
        show(f"{name}: {text}", times_here)
        times += times_here
    show("all", times)
    if percentile(times, 95) > limit:
        sys.exit(f"p95 is over {limit} ms")


def pages(user, text: str, depth: int):
    """The CPU ms of each page, `depth` of them at most."""
    before = None
    for _ in range(depth):
        began = cpu_ms()
        found = Search(user, text).page(before)
        yield cpu_ms() - began
        before = found.next
        if before is None:
            break


def cpu_ms() -> float:
    """This process, and where there is one, the process of the database that serves it."""
    spent = time.process_time() * 1000
    if connection.vendor == "postgresql":
        pid = connection.connection.info.backend_pid
        spent += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6
    return spent


def percentile(times: list[float], percent: int) -> float:
    return sorted(times)[min(len(times) - 1, len(times) * percent // 100)]


def show(name: str, times: list[float]) -> None:
    print(f"  {name:56.56}{percentile(times, 50):8.1f}{percentile(times, 95):8.1f}", flush=True)


class Corpus:
    """Rooms, people and messages, the same on each run."""

    def __init__(self, messages: int):
        self.messages = messages
        self.random = random.Random(7)
        self.latin = [f"w{number:x}" for number in range(WORDS)]
        han = [chr(code) for code in range(0x4E00, 0x4E00 + 3000)]
        self.chinese = ["".join(self.random.choices(han, k=2)) for _ in range(20_000)]
        self.weights = list(itertools.accumulate(1 / (n + 3) for n in range(WORDS)))

    def make(self) -> None:
        self.people = User.objects.bulk_create(
            User(username=f"person{n}", name_key=f"person{n}", name_look=f"person{n}")
            for n in range(PEOPLE)
        )
        self.rooms = Room.objects.bulk_create(
            Room(
                name=f"Room {n}", name_key=f"room {n}", slug=f"room-{n}", created_by=self.people[0]
            )
            for n in range(ROOMS)
        )
        few, some, all_ = self.people[:3]
        seats = [(room, few) for room in self.rooms[-5:]]
        seats += [(room, some) for room in self.rooms[20::7][:50]]
        seats += [(room, all_) for room in self.rooms]
        Membership.objects.bulk_create(Membership(room=room, user=user) for room, user in seats)
        # The first rooms are a hundred times as busy as the last.
        busy = list(itertools.accumulate(1 / (n + 4) for n in range(ROOMS)))
        now = timezone.now()
        for start in range(0, self.messages, AT_ONCE):
            with transaction.atomic():
                rooms = self.random.choices(self.rooms, cum_weights=busy, k=AT_ONCE)
                made = Message.objects.bulk_create(
                    self.message(start + n, room, now) for n, room in enumerate(rooms)
                )
                search.put(*made)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE chat_room SET revision ="
                " (SELECT count(*) FROM chat_message WHERE room_id = chat_room.id)"
            )
            cursor.execute("ANALYZE")

    def message(self, number: int, room: Room, now) -> Message:
        text = self.text()
        if number % 1000 == 0:
            text += " sparse"
        if number == self.messages // 3:
            text += " unique"
        if room.pk <= self.rooms[10].pk and number % 2:
            text += " elsewhere"  # in half of what the busiest rooms say, and in no other
        # Each in a tenth of all messages, and never in the same.
        text += {0: " never", 5: " together"}.get(number % 10, "")
        if self.messages // 2 < number < self.messages * 6 // 10:
            text += " once"  # the talk of the day, long ago
        return Message(
            room=room,
            author=self.random.choice(self.people),
            body=text,
            html=f"<p>{text}</p>",
            revision=number,
            created_at=now - timedelta(minutes=self.messages - number),
            files=[{"name": "plan.pdf"}] if number % 50 == 0 else [],
        )

    def text(self) -> str:
        if self.random.random() < 0.2:
            weights = self.weights[: len(self.chinese)]
            return "".join(self.random.choices(self.chinese, cum_weights=weights, k=8))
        length = self.random.randint(3, 25)
        return " ".join(self.random.choices(self.latin, cum_weights=self.weights, k=length))

    def questions(self):
        """What is measured, who asks, the words, and how many pages are read."""
        month = (timezone.now() - timedelta(minutes=self.messages // 2)).strftime("%Y-%m")
        common, rarer, chinese = self.latin[0], self.latin[300], self.chinese[40]
        texts = [
            (common, 5),
            (f"{common} {self.latin[1]}", 5),
            (f"{self.latin[20]} {self.latin[30]} {self.latin[40]}", 2),
            (rarer, 3),
            (f"{rarer} {self.latin[500]}", 1),
            ("sparse", 2),
            ("unique", 1),
            ("nowhere", 1),
            ("elsewhere", 3),
            ("never together", 3),
            ("once", 3),
            (self.chinese[0], 3),
            (self.chinese[0][0], 3),
            (chinese + self.chinese[50], 1),
            (f"{common} from:person9", 2),
            (f"{common} has:file", 2),
            (f"{common} before:{month}", 2),
            (f"{rarer} after:{month}", 2),
            ("has:file", 2),
        ]
        for name, user in zip(("5 rooms", "50 rooms", "all"), self.people[:3], strict=True):
            for text, depth in texts:
                yield name, user, text, depth
            yield name, user, f"{common} in:room-{ROOMS - 1 if user != self.people[1] else 20}", 2
