"""Fills a site with people and conversations, to look around in.

What they say is in chat/management/demo/: people.toml, and one file per room.
"""

import tomllib
from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from heapq import heapify, heappop, heappush
from pathlib import Path
from uuid import NAMESPACE_URL, UUID, uuid5

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from accounts.models import User
from chat import limits
from chat.errors import ChatError, Taken
from chat.models import Invitation, Membership, Message, Room, new_poll

HERE = Path(__file__).resolve().parent.parent / "demo"


class Command(BaseCommand):
    help = (
        "Make a lively demo: eight people and a guest, and rooms with conversations in English and "
        "Chinese from the last days. Running it again adds nothing, and only makes anew what was "
        "deleted meanwhile. The demo's people cannot sign in unless you give them a password: "
        "manage.py demo --password 'something long'. On a site that others reach, leave it out."
    )

    def add_arguments(self, parser: CommandParser):
        parser.add_argument(
            "--password", help="let everybody of the demo sign in with this; also on a later run"
        )

    def handle(self, *, password, **options):
        try:
            with limits.lifted(), transaction.atomic():
                people = {
                    about["username"]: self.person(about, password)
                    for about in tomllib.loads((HERE / "people.toml").read_text())["people"]
                }
            with limits.lifted(), transaction.atomic():
                take_turns(
                    self.room(file.stem, tomllib.loads(file.read_text()), people)
                    for file in sorted(HERE.glob("rooms/*.toml"))
                )
        except ChatError as error:
            raise CommandError(str(error.message)) from error
        self.say_how_to_sign_in(people, password)

    # People -------------------------------------------------------------------------------------

    def person(self, about: dict, password: str | None) -> User:
        username = about["username"]
        # An address under .invalid (RFC 2606) is nobody's, so it marks our own people.
        email = f"{username}@demo.invalid"
        person = User.objects.filter(username__iexact=username).first()
        if person is None:
            person = User(email=email, **about)
            person.set_password(password)
            person.save_under_its_name()
            self.set_back(person, date_joined=timezone.now() - timedelta(days=30))
            self.stdout.write(f"Made {person.name} ({username})")
        elif person.email != email:
            raise CommandError(
                f"There is already somebody with the username “{username}” who is not of the demo. "
                "Nothing was made."
            )
        elif password and not person.check_password(password):
            person.set_password(password)
            person.save(update_fields=["password"])
            self.stdout.write(f"Gave {person.name} ({username}) the new password")
        return person

    def say_how_to_sign_in(self, people: dict[str, User], password: str | None) -> None:
        self.stdout.write(f"\nOpen {settings.SITE_URL}/ and look around.")
        if any(person.has_usable_password() for person in people.values()):
            given = "the password you gave" if password else "the password they were given earlier"
            self.stdout.write(f"Sign in as one of {', '.join(people)} with {given}.")
        else:
            self.stdout.write(
                "The demo's people cannot sign in: register yourself, or run this again with "
                "--password to sign in as one of them."
            )

    # Rooms --------------------------------------------------------------------------------------

    def room(self, file: str, about: dict, people: dict[str, User]) -> Iterator[datetime]:
        """Make the room and let its people talk, each time waiting for the time to come."""
        nonces = [nonce_of(file, number) for number in range(len(about["messages"]))]
        # All of a room is made in one transaction: whoever has one message has them all.
        if Message.objects.filter(nonce__in=nonces).exists():
            return
        owner, *others = (people[username] for username in about["people"])
        try:
            room = Room.create(
                owner,
                about["name"],
                topic=about["topic"],
                kind=about.get("kind", Room.Kind.PUBLIC),
                guests_allowed=about.get("guests_allowed", False),
            )
        except Taken:
            self.stdout.write(f"There is already a room called “{about['name']}”: left as it is")
            return
        guests = {name: self.guest(name) for name in about.get("guests", [])}
        let_in(room, owner, [*others, *guests.values()])
        for username in about.get("moderators", []):
            room.set_role(owner, people[username], Membership.Role.MODERATOR)
        when = times_of(about["messages"])
        speakers = people | guests
        ids: dict[str, int] = {}
        for said, at, nonce in zip(about["messages"], when, nonces, strict=True):
            yield at
            message = self.say(room, speakers[said["by"]], said, at, nonce, ids)
            ids[said.get("id")] = message.pk
            self.answer(message, said, speakers, owner)
        began = when[0] - timedelta(minutes=20)
        self.set_back(room, created_at=began, active_at=when[-1])
        room.memberships.update(joined_at=began + timedelta(minutes=5))
        if about.get("archived"):
            room.archive(owner)
        self.stdout.write(
            f"Made the room “{room.name}” with {len(nonces)} messages: "
            f"{settings.SITE_URL}{room.get_absolute_url()}"
        )

    def guest(self, nickname: str) -> User:
        return User.objects.enter_as_guest(User.free_name(nickname))

    def say(self, room, author, said: dict, at: datetime, nonce: UUID, ids: dict) -> Message:
        original = ids[said["reply_to"]] if "reply_to" in said else None
        poll = {key: value for key, value in said.get("poll", {}).items() if key != "votes"}
        message = room.post(
            author,
            said["body"],
            nonce=nonce,
            reply_to=original,
            poll=new_poll(poll.pop("choices"), **poll) if poll else None,
        )
        if not isinstance(message, Message):
            raise CommandError("A filter of this site holds back what the demo says.")
        self.set_back(message, created_at=at)
        room.membership_of(author).read_up_to(message.pk)
        if "edited" in said:
            message = message.edit(author, said["edited"])
            self.set_back(message, edited_at=at + timedelta(minutes=2))
        if said.get("removed"):
            message = message.remove(author)
            self.set_back(message, deleted_at=at + timedelta(minutes=1))
        return message

    def answer(self, message: Message, said: dict, people: dict[str, User], owner: User) -> None:
        """What others add to what was said."""
        for sign, names in said.get("reactions", {}).items():
            for name in names:
                message.react(people[name], sign)
        for name, choices in said.get("poll", {}).get("votes", {}).items():
            message.vote(people[name], choices)
        if said.get("pinned"):
            message.pin(owner)

    def set_back(self, thing, **times: datetime) -> None:
        """Verbs happen now; a demo has a past. Nothing but the times is written."""
        for field, moment in times.items():
            setattr(thing, field, moment)
        thing.save(update_fields=list(times))


def take_turns(talks: Iterable[Iterator[datetime]]) -> None:
    """Let each talk go on when its time comes: what is said later anywhere has a higher id."""
    waiting = [(at, n, talk) for n, talk in enumerate(talks) if (at := next(talk, None))]
    heapify(waiting)
    while waiting:
        _, n, talk = heappop(waiting)
        if at := next(talk, None):
            heappush(waiting, (at, n, talk))


def let_in(room: Room, owner: User, others: list[User]) -> None:
    if room.kind == Room.Kind.PUBLIC:
        for person in others:
            room.join(person)
    else:
        invitation = Invitation.create(room, owner, max_uses=len(others))
        for person in others:
            invitation.accept(person)


def nonce_of(file: str, number: int) -> UUID:
    """The same on each run: so the database itself keeps a message from being said twice."""
    return uuid5(NAMESPACE_URL, f"demo:{file}:{number}")


def times_of(messages: list[dict]) -> list[datetime]:
    """When each was said: `at = "3 09:12"` is three days ago, `ago = 12` twelve minutes ago."""
    now = timezone.now()
    today = timezone.localdate(now)
    times = []
    for said in messages:
        if "ago" in said:
            times.append(now - timedelta(minutes=said["ago"]))
        else:
            days, clock = said["at"].split()
            day = today - timedelta(days=int(days))
            times.append(timezone.make_aware(datetime.combine(day, time.fromisoformat(clock))))
    return times
