"""What was left behind, or is not quite what it was: by kind, how many, and the first few."""

from dataclasses import dataclass, field
from enum import StrEnum

from accounts import names

EXAMPLES = 5  # of each kind
LENGTH = 120  # characters of an example


class Loss(StrEnum):
    """Each says in its value what became of it."""

    DIRECT = "direct conversations are not carried over"
    PRIVATE = "private channels are left out: --private brings them"
    CHANNEL = "channels that cannot be read, or have no folder"
    DAY = "days that cannot be read"
    RECORD = "people or channels in lists that cannot be read"
    MESSAGE = "messages that cannot be read"
    CROWD = "messages beyond the 200,000 of one day that are read"
    TIME = "messages without a time that could be true"
    TWICE = "messages that are in the archive twice: once is enough"
    EVENT = "joining, leaving, new topics and the like: Slack's notices are no messages"
    DELETED = "messages that were deleted in Slack"
    EMPTY = "messages in which there is nothing to read"
    AUTHOR = "messages whose author is not in the list of people: made by their id"
    STRANGERS = "messages of too many unknown authors: all in one name"
    LONG = "messages longer than the site takes: in several"
    CUT = "messages longer than nine of the site's: the rest is cut off"
    ROOT = "answers whose thread is not there: said in the room"
    BROADCAST = "answers shown in the channel, too: in their thread only"
    PREVIEW = "previews of links"
    CARD = "cards of apps: their text only"
    EMOJI = "emoji of the workspace's own in texts: their names stay"
    REACTION_EMOJI = "reactions with emoji of the workspace's own"
    REACTION_PEOPLE = "reactions of people who are not in the archive"
    REACTION_KINDS = "reactions with more kinds of emoji than a message takes"
    FILE_ABSENT = "files that are not in the archive: their messages name them"
    FILE_GONE = "files that Slack did not keep"
    FILE_TWICE = "files shared more than once: they are where they were first"
    FILE_SIZE = "files larger than the site takes"
    FILE_COUNT = "files beyond what a message takes"
    FILE_BROKEN = "files that cannot be read, or taken in"
    PIN = "pins beyond what a room takes, or of what is not carried over"
    TOPIC = "topics that were cut to the length that the site takes"
    MAPPED = "people named only now: what an earlier run brought of them stays in another name"
    MEMBER = "members who may not be in the room"
    NAME = "names that were taken, reserved or too long: another one was made"
    DETAIL = "details of messages (reactions, files, edits) that cannot be read"


@dataclass
class Lost:
    count: int = 0
    examples: list[str] = field(default_factory=list)


@dataclass
class Report:
    lost: dict[Loss, Lost] = field(default_factory=dict)

    def lose(self, kind: Loss, example: str = "", count: int = 1) -> None:
        if count:
            lost = self.lost.setdefault(kind, Lost())
            lost.count += count
            if example and len(lost.examples) < EXAMPLES:
                # It is shown on a terminal, which obeys what a name may hold.
                lost.examples.append(names.clean(example[:LENGTH]))

    def as_data(self) -> list[dict]:
        """For --json, in the order of the kinds."""
        return [
            {
                "kind": kind.name.lower(),
                "what": kind.value,
                "count": self.lost[kind].count,
                "examples": self.lost[kind].examples,
            }
            for kind in Loss
            if kind in self.lost
        ]
