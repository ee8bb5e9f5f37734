"""What a command may ask of shaping's warden, and what it is told: the whole language.

A message is a length of four bytes and that much MessagePack. Whatever is none of these is answered with a
refusal, and the caller is hung up on.
"""

from __future__ import annotations

import socket
from typing import Annotated

import msgspec
from msgspec import Meta

from procwire.shaping.failure import ShapingError
from procwire.shaping.journal import MAX_ENTRY, Entry
from procwire.shaping.steps import Place

MAX_BYTES = MAX_ENTRY
_LENGTH_BYTES = 4

_Id = Annotated[str, Meta(pattern=r"^[0-9a-f]{8}\Z")]


class Look(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Read the journal: hold what is new in it, let go of what is gone."""


class Apply(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Write this down, hold it, and do its steps; where it has the name of one that stands, change that."""

    entry: Entry


class Restore(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Undo one."""

    id: _Id


class Confirm(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Keep one that waits for it."""

    id: _Id


class Switch(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """An interface up or down."""

    place: Place
    device: Annotated[int, Meta(ge=1, le=0x7FFFFFFF)]
    up: bool


class Held(msgspec.Struct, frozen=True, tag=True):
    """What is held now, and what could not be put back, with the reason."""

    pid: int
    held: list[str]
    failed: dict[str, str]


class Applied(msgspec.Struct, frozen=True, tag=True):
    """It is in place; its times run from now."""

    made_ns: int
    until_ns: int
    confirm_ns: int


class Done(msgspec.Struct, frozen=True, tag=True):
    """It is done, but for what failed, in words."""

    failed: list[str] = []


class Refused(msgspec.Struct, frozen=True, tag=True):
    """It is not done, and nothing is changed."""

    reason: str


Request = Look | Apply | Restore | Confirm | Switch
Reply = Held | Applied | Done | Refused

_REQUESTS = msgspec.msgpack.Decoder(Request)
_REPLIES = msgspec.msgpack.Decoder(Reply)


def send(connection: socket.socket, message: Request | Reply) -> None:
    """Raises OSError, ShapingError for one that is too long."""
    body = msgspec.msgpack.encode(message)
    if len(body) > MAX_BYTES:
        raise ShapingError(f"an impairment of {len(body)} bytes, more than can be written down")
    connection.sendall(len(body).to_bytes(_LENGTH_BYTES, "little") + body)


def take_request(connection: socket.socket) -> Request | None:
    """The next one; None where the caller has hung up. Raises OSError, ShapingError."""
    body = _take(connection)
    try:
        return None if body is None else _REQUESTS.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ShapingError(f"not understood: {error}") from None


def take_reply(connection: socket.socket) -> Reply | None:
    """The answer; None where nobody is there any more. Raises OSError, ShapingError."""
    body = _take(connection)
    try:
        return None if body is None else _REPLIES.decode(body)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise ShapingError(f"the warden of shaping is not understood: {error}") from None


def _take(connection: socket.socket) -> bytes | None:
    head = _exactly(connection, _LENGTH_BYTES)
    if head is None:
        return None
    size = int.from_bytes(head, "little")
    if size > MAX_BYTES:
        raise ShapingError(f"a message of {size} bytes")
    return _exactly(connection, size)


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    parts: list[bytes] = []
    while size > 0:
        part = connection.recv(min(size, 65536))
        if not part:
            return None
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
