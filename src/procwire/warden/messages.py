"""What an engine may ask of its warden, and what it is told: the whole language, each field with its bounds.

One message is a length of four bytes and that much MessagePack. The length is checked against what came, so
that what was cut is never taken for what was meant.
"""

from __future__ import annotations

import enum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from procwire.model.process import Container, Executable, Owner

MAX_BYTES = 1 << 16  # of one message
MOST_TOGETHER = 32  # owners that are asked for in one message
MOST_ADDRESSES = 2048  # that are told
_LENGTH_BYTES = 4

_Port = Annotated[int, Meta(ge=0, le=0xFFFF)]
_Address = Annotated[bytes, Meta(min_length=4, max_length=16)]
_Count = Annotated[int, Meta(ge=0, le=1 << 30)]


class MessageError(ValueError):
    """What came is not a message of this language."""


class LookUp(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Whose is the socket at this end?"""

    proto: Annotated[int, Meta(ge=0, le=0xFF)]
    src: _Address
    sport: _Port
    dst: _Address
    dport: _Port
    at: Annotated[int, Meta(ge=0, le=(1 << 63) - 1)] = 0

    def __post_init__(self) -> None:
        if len(self.src) != len(self.dst) or len(self.src) not in (4, 16):
            raise ValueError("addresses of 4 or of 16 bytes")


class LookUps(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Several at once: between two processes it is the messages that cost, and not the looking."""

    keys: Annotated[list[LookUp], Meta(min_length=1, max_length=MOST_TOGETHER)]


class Refresh(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """See every socket of the host once."""


class OpenRing(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True, kw_only=True):
    """A packet socket on an interface that came up (capture.opening.RingWish)."""

    index: Annotated[int, Meta(ge=1, le=0x7FFFFFFF)]
    name: Annotated[str, Meta(min_length=1, max_length=15)]  # IFNAMSIZ
    hardware: _Port
    linktype: _Port
    blocks: Annotated[int, Meta(ge=1, le=1 << 16)]
    block_bytes: Annotated[int, Meta(ge=4096, le=1 << 22)]
    retire_ms: Annotated[int, Meta(ge=1, le=1000)]
    promiscuous: bool = False


class OpenKeys(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """The key log that was named at the start: it may not have been there then, or be another file by now."""


class Append(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """One more record for the ledger (warden.scribe): what happened, as a JSON object."""

    kind: Annotated[str, Meta(pattern=r"^[a-z][a-z-]{0,39}$")]
    body: Annotated[bytes, Meta(min_length=2, max_length=1 << 15)]


class Drawn(enum.StrEnum):
    """The tables of which there are pictures."""

    PROCESS = "process"
    SOCKET = "socket"
    TRAFFIC = "traffic"


class Picture(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """A table of the host as it is now; it comes as Pictured, part by part."""

    table: Drawn


class Found(msgspec.Struct, frozen=True, tag=True):
    """The answer to LookUp. Programs and containers stand in it by number, 0 for none: process's, peer's."""

    owner: Owner
    final: bool
    programs: tuple[int, int] = (0, 0)
    containers: tuple[int, int] = (0, 0)


class Refreshed(msgspec.Struct, frozen=True, tag=True):
    """How many sockets were seen, and this host's addresses; none of those where they are too many."""

    sockets: _Count
    addresses: Annotated[list[_Address], Meta(max_length=MOST_ADDRESSES)] = []


class Opened(msgspec.Struct, frozen=True, tag=True):
    """The socket or file comes with this message."""


class Refused(msgspec.Struct, frozen=True, tag=True):
    """What was asked is not done, and why."""

    reason: str


class Answers(msgspec.Struct, frozen=True, tag=True):
    """To LookUps, in order; several of these where one would be too long."""

    each: list[Found | Refused]


class Learned(msgspec.Struct, frozen=True, tag=True):
    """What is known by now of programs and containers that answers have named."""

    programs: dict[int, Executable]
    containers: dict[int, Container]


class Pictured(msgspec.Struct, frozen=True, tag=True):
    """Some rows of a table, values in the order of its columns."""

    table: str
    rows: list[list[Any]]
    last: bool = False
    problem: str = ""  # why it is not whole


_ENTRIES = msgspec.msgpack.Decoder(Append)
Request = LookUp | LookUps | Refresh | OpenRing | OpenKeys | Picture
Reply = Found | Answers | Refreshed | Opened | Refused | Learned | Pictured

_REQUESTS = msgspec.msgpack.Decoder(Request)
_REPLIES = msgspec.msgpack.Decoder(Reply)
_ENCODER = msgspec.msgpack.Encoder()


def pack(message: Request | Reply | Append) -> bytes:
    """Raises MessageError for one that is too long, or holds what is no text."""
    try:
        body = _ENCODER.encode(message)
    except (ValueError, TypeError) as error:
        raise MessageError(str(error)) from None
    if len(body) > MAX_BYTES - _LENGTH_BYTES:
        raise MessageError(f"{len(body)} bytes")
    return len(body).to_bytes(_LENGTH_BYTES, "little") + body


def request(data: bytes) -> Request:
    """What an engine sent. Raises MessageError."""
    decoded: Request = _unpack(_REQUESTS, data)
    return decoded


def entry(data: bytes) -> Append:
    """What is to be kept. Raises MessageError."""
    decoded: Append = _unpack(_ENTRIES, data)
    return decoded


def reply(data: bytes) -> Reply:
    """What a warden sent. Raises MessageError."""
    decoded: Reply = _unpack(_REPLIES, data)
    return decoded


def _unpack(decoder: msgspec.msgpack.Decoder[Any], data: bytes) -> Any:
    size = int.from_bytes(data[:_LENGTH_BYTES], "little")
    if len(data) < _LENGTH_BYTES or size != len(data) - _LENGTH_BYTES or len(data) > MAX_BYTES:
        raise MessageError(f"{len(data)} bytes, announced as {size}")
    try:
        return decoder.decode(memoryview(data)[_LENGTH_BYTES:])
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MessageError(str(error)) from None
