"""What a face may ask of an engine, and what it is told: the whole language, each field with its bounds.

Everything is a table; values are those of ``--json``. One message is a length of four bytes (little-endian)
and that much MessagePack. A face says ``Hello`` first; each later request has a number of its own, which its
answers carry. Rows and events come in parts, so that no answer needs memory for all of it at once.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

from procwire.model.plain import mended

VERSION = 1  # of this language; both sides must speak the same
SOCKET = "/run/procwire/procwire.sock"
LENGTH_BYTES = 4
MAX_REQUEST = 1 << 16  # bytes of one message from a face
MAX_REPLY = 1 << 20  # bytes of one message to a face
MAX_ROWS = 100_000  # of one answer
MAX_TEXT = 4096  # characters of a filter
MAX_NAMES = 512  # columns, kinds or words of an order in one request

_Number = Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]
_Name = Annotated[str, Meta(min_length=1, max_length=64)]
_Names = Annotated[tuple[_Name, ...], Meta(max_length=MAX_NAMES)]
_Text = Annotated[str, Meta(max_length=MAX_TEXT)]
_Span = Annotated[float, Meta(ge=0, le=86_400)]


class MessageError(ValueError):
    """What came is not a message of this language."""


class Hello(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """The first word of a face."""

    version: int
    program: Annotated[str, Meta(max_length=64)] = ""


class AskTables(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """Which tables there are, with their columns?"""

    id: _Number


class AskRows(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True, kw_only=True):
    """Rows of a table as they are now.

    ``columns``: none named, all. ``order``: names of columns, ``-name`` from the largest; what is not known
    comes last.
    """

    id: _Number
    table: _Name
    columns: _Names = ()
    filter: _Text = ""
    order: _Names = ()
    limit: Annotated[int, Meta(ge=0, le=MAX_ROWS)] = 1000
    offset: Annotated[int, Meta(ge=0, le=1 << 31)] = 0


class AskFlow(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """All that is known of one flow."""

    id: _Number
    flow_id: _Name


class Subscribe(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True, kw_only=True):
    """What happens in a table from now on.

    ``kinds``: of the table ``observation``, those of these tables, each with its own table's columns.
    ``every``: seconds between updates of open flows that changed; 0 for none. ``snapshot``: first an event
    for each row that is there already.
    """

    id: _Number
    table: _Name
    filter: _Text = ""
    columns: _Names = ()
    kinds: _Names = ()
    every: _Span = 0.0
    snapshot: bool = False


class Cancel(msgspec.Struct, frozen=True, tag=True, forbid_unknown_fields=True):
    """No more of the subscription, or of the answer, with this number."""

    id: _Number


class Welcome(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The answer to Hello. ``sees``: all, or own for the flows of the user's own processes."""

    version: int
    program: str
    sees: str
    pid: int
    started: str


class ColumnTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A column, as it is declared (model.columns)."""

    name: str
    kind: str
    doc: str = ""
    unit: str = ""
    title: str = ""
    width: int = 0
    shown: bool = False
    rank: int = 0


class TableTold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A table that can be asked for or subscribed to."""

    name: str
    doc: str
    version: int = 1
    columns: tuple[ColumnTold, ...] = ()
    feed: bool = False  # whether it can be subscribed to


class Tables(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The answer to AskTables, in parts."""

    id: int
    tables: tuple[TableTold, ...]
    last: bool = False


class Rows(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Rows, in parts; the last one says how it went.

    ``total``: rows that match, whatever the limit. ``reasons``: why these are not all that happened.
    """

    id: int
    columns: tuple[str, ...]
    rows: list[list[Any]]
    total: int = 0
    complete: bool = True
    reasons: tuple[str, ...] = ()
    last: bool = False


class Whole(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """One flow: its columns; its observations, each with ``table``; findings that name it."""

    id: int
    flow: dict[str, Any]
    observations: list[dict[str, Any]]
    findings: list[dict[str, Any]] = []
    reasons: tuple[str, ...] = ()


class Subscribed(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """The feed begins; ``columns`` of each table that its events come from."""

    id: int
    columns: dict[str, tuple[str, ...]]


class Event(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Something happened: ``open``, ``update`` or ``end`` of a row, or ``seen`` of what only happens once.

    ``now``: the end of the snapshot, without a row.
    """

    id: int
    event: str
    table: str = ""
    row: list[Any] = []


class Lost(msgspec.Struct, frozen=True, tag=True):
    """So many events of the feed were not sent, as this face did not read them in time."""

    id: int
    events: int


class Failed(msgspec.Struct, frozen=True, tag=True):
    """What was asked cannot be done. ``at``: where in the filter, -1 for elsewhere.

    ``code``: version, request, table, column, filter, limit, flow or late.
    """

    id: int
    code: str
    message: str
    at: int = -1
    length: int = 0
    hint: str = ""


Request = Hello | AskTables | AskRows | AskFlow | Subscribe | Cancel
Reply = Welcome | Tables | Rows | Whole | Subscribed | Event | Lost | Failed

_REQUESTS = msgspec.msgpack.Decoder(Request)
_REPLIES = msgspec.msgpack.Decoder(Reply)
_ENCODER = msgspec.msgpack.Encoder()


def pack(message: Request | Reply) -> bytes:
    """One message with its length. Raises MessageError for what cannot be said or is too much."""
    try:
        try:
            body = _ENCODER.encode(message)
        except UnicodeEncodeError:  # half characters, from file names that are not UTF-8
            body = _ENCODER.encode(mended(msgspec.to_builtins(message)))
    except (ValueError, TypeError, OverflowError) as error:
        raise MessageError(str(error)) from None
    if len(body) > MAX_REPLY:
        raise MessageError(f"{len(body)} bytes, {MAX_REPLY} at most")
    return len(body).to_bytes(LENGTH_BYTES, "little") + body


def request(body: bytes) -> Request:
    """What a face sent. Raises MessageError."""
    decoded: Request = _unpack(_REQUESTS, body)
    return decoded


def reply(body: bytes) -> Reply:
    """What an engine sent. Raises MessageError."""
    decoded: Reply = _unpack(_REPLIES, body)
    return decoded


def _unpack(decoder: msgspec.msgpack.Decoder[Any], body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise MessageError(str(error)) from None
