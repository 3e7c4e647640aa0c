"""Every frame that crosses the socket, typed, both ways.

A frame is one JSON object in one WebSocket text message; `type` says which it is. What a client
sends may carry a `ref` of its choice; the `ack` or `error` that answers it carries the same.
Rooms are named by their slug, times are ISO 8601 in UTC.
"""

import msgspec
from msgspec import Struct

from chat.protocol.client import AnyClientFrame
from chat.protocol.fields import Ref
from chat.protocol.parts import AttachmentData
from chat.protocol.server import ServerFrame

# Larger text frames close the socket with 1009 (RFC 6455, section 7.4.1): 10,000 characters of
# escaped JSON fit, a flood does not.
MAX_FRAME_BYTES = 128 * 1024

_decoder = msgspec.json.Decoder(AnyClientFrame)
_encoder = msgspec.json.Encoder()


class _Addressed(Struct):
    ref: Ref | None = None


def decode(text: str) -> AnyClientFrame:
    """The typed frame. Raises msgspec.DecodeError, which names the field that is wrong."""
    try:
        return _decoder.decode(text)
    except RecursionError:
        raise msgspec.DecodeError("It is nested too deeply") from None


def ref_of(text: str) -> str | None:
    """The `ref` of a frame that could not be decoded, so that its error finds its way back."""
    try:
        return msgspec.json.decode(text, type=_Addressed).ref
    except (msgspec.DecodeError, RecursionError):
        return None


def encode(frame: ServerFrame | AttachmentData) -> str:
    return _encoder.encode(frame).decode()
