"""docs/protocol.md and the code say the same."""

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest
from msgspec.structs import fields

from chat import audience, errors, presence, protocol
from chat.consumers import CLOSE_CODES
from chat.models import Message
from chat.protocol import client, parts, server

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/protocol.md").read_text()

CLIENT, SERVER = get_args(client.AnyClientFrame), get_args(server.AnyServerFrame)
PARTS = (
    parts.Person,
    parts.Reply,
    parts.DraftData,
    parts.Reaction,
    client.NewPoll,
    parts.Choice,
    parts.Poll,
    parts.AttachmentData,
    parts.MessageData,
    parts.RoomData,
)


def part_of_page(title: str, level: int = 2) -> str:
    """What stands under the heading, up to the next one of its level or above."""
    mark = "#" * level
    return re.search(
        rf"^{mark} {re.escape(title)}\n(.*?)(?=^#{{1,{level}}} |\Z)", PAGE, re.M | re.S
    )[1]


def rows(text: str) -> dict[str, str]:
    """The tables in `text`: the code in the first cell, and the rest of the row."""
    return dict(re.findall(r"^\| `?(\w+)`? \| (.*) \|$", text.replace("| field |", ""), re.M))


def tag(struct) -> str:
    return struct.__struct_config__.tag


def test_the_tables_are_those_of_the_code():
    command = [sys.executable, ROOT / "bin/protocol-docs", "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("title", "names"),
    [
        ("From the client", [f"`{tag(frame)}`" for frame in CLIENT]),
        ("From the server", [f"`{tag(frame)}`" for frame in SERVER]),
        ("Objects within frames", [part.__name__ for part in PARTS]),
    ],
)
def test_each_frame_stands_under_its_direction_and_no_other(title, names):
    assert re.findall(r"^### (.+)$", part_of_page(title), re.M) == names


@pytest.mark.parametrize("struct", [*CLIENT, *SERVER, *PARTS], ids=lambda struct: struct.__name__)
def test_each_field_is_there_and_no_other(struct):
    shown = rows(part_of_page(f"`{tag(struct)}`" if tag(struct) else struct.__name__, level=3))
    names = [field.encode_name for field in fields(struct)]
    if struct in CLIENT:
        names.remove("ref")  # told once for all of them
    assert [name for name in shown if name != "field"] == names


@pytest.mark.parametrize(
    ("frame", "field", "limit"),
    [
        ("send_message", "room", "1 to 80 characters"),
        ("send_message", "nonce", "UUID"),
        ("edit_message", "id", "1 to 2⁶³ - 1"),
        ("sync", "since", "0 to 2⁶³ - 1"),
    ],
)
def test_limits_are_told(frame, field, limit):
    assert limit in rows(part_of_page(f"`{frame}`", level=3))[field]


def test_each_frame_of_a_client_has_its_answer():
    answers = rows(part_of_page("Which answer comes", level=3))
    assert [name for name in answers if name != "frame"] == [tag(frame) for frame in CLIENT]
    told = {tag(frame) for frame in SERVER} | {field.encode_name for field in fields(server.Ack)}
    assert set(re.findall(r"`(\w+)`", " ".join(answers.values()))) <= told | {"since"}


def test_errors_and_close_codes():
    shown = rows(part_of_page("Errors and the end of the socket"))
    kinds = [errors.ChatError, *errors.ChatError.__subclasses__()]
    codes = {kind.code for kind in kinds} | {str(code) for code in CLOSE_CODES.values()}
    assert shown.keys() - {"code"} == codes


@pytest.mark.parametrize(
    "words",
    [
        f"larger than {protocol.MAX_FRAME_BYTES:,} bytes",
        f"more than {Message.CHANGES_LIMIT} messages",
        f"first {audience.SHOWN} people",
        f'"body":{Message.BODY_LENGTH}',
    ],
)
def test_figures(words):
    assert words in PAGE


def test_times():
    assert (audience.ANNOUNCED, audience.PAUSE, audience.TYPING_LASTS) == (5, 1.0, 6.0)
    assert (presence.GRACE, presence.LIFETIME) == (3.0, 60.0)
    assert all(words in PAGE for words in ("at most five", "once a second", "after six seconds"))
    assert all(words in PAGE for words in ("three more seconds", "at most a minute"))
