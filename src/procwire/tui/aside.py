"""A host that is a process of its own beside the terminal: calls and answers over a socket pair.

The terminal starts such processes before it takes the screen: one reads a capture file, or tells of this
machine's processes and sockets. What they answer is believed like anything from the network: bounded, and
decoded into declared types only.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from procwire.api.messages import TableTold
from procwire.api.remote import of_dicts, table_of
from procwire.model.columns import Table
from procwire.model.filter import FilterError
from procwire.model.tables import CORE
from procwire.tui.host import Answer, Frame, Health, HostError, Rows, Said, Sheet, Want

MAX_MESSAGE = 1 << 28  # bytes of one answer
LENGTH_BYTES = 4
T = TypeVar("T")

DECLARED = {table.name: table for table in CORE}


class Asked(msgspec.Struct, frozen=True):
    """One call: the name of a method of Host, and its only argument, as MessagePack."""

    call: str
    words: msgspec.Raw


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """Why there is no answer. ``text`` and what follows: where a filter is wrong."""

    words: str
    remedy: str = ""
    text: str | None = None
    at: int = 0
    length: int = 1
    hint: str = ""


class Told(msgspec.Struct, frozen=True):
    """The answer, as MessagePack; or why there is none."""

    answer: msgspec.Raw = msgspec.Raw(b"\xc0")
    refused: Refused | None = None


class Greeting(msgspec.Struct, frozen=True, kw_only=True):
    """The first thing that is asked for: ``greet``."""

    title: str
    live: bool
    span: tuple[int, int] | None
    tables: tuple[TableTold, ...]


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a query, its columns as they are told."""

    table: TableTold
    rows: tuple[tuple[Any, ...], ...]
    notes: tuple[str, ...] = ()


def send(made: socket.socket, message: Any) -> None:
    """One message with its length."""
    forward(made, msgspec.msgpack.encode(message))


def forward(made: socket.socket, body: bytes) -> None:
    """A message as it is."""
    rest = memoryview(len(body).to_bytes(LENGTH_BYTES, "little") + body)
    while rest:
        rest = rest[_some(made, rest) :]


def _some(made: socket.socket, part: memoryview) -> int:
    """A cell that reads files forbids sockets' own calls, one that looks at packets to write to one."""
    try:
        return os.write(made.fileno(), part)
    except PermissionError:
        return made.send(part)


def receive(made: socket.socket) -> bytes:
    """The next message; empty where the other side is gone."""
    head = _exactly(made, LENGTH_BYTES)
    size = int.from_bytes(head, "little") if head else 0
    return _exactly(made, size) if 0 < size <= MAX_MESSAGE else b""


def _exactly(made: socket.socket, size: int) -> bytes:
    data = bytearray()
    while len(data) < size:
        part = os.read(made.fileno(), min(size - len(data), 1 << 18))
        if not part:
            return b""
        data += part
    return bytes(data)


def declared(told: TableTold) -> Table:
    """A table that is told of, with all the names that a filter may use where it is one of ours."""
    ours = DECLARED.get(told.name)
    mine = ours is not None and [column.name for column in ours] == [column.name for column in told.columns]
    return of_dicts(ours) if mine and ours is not None else table_of(told)


class Aside:
    """See Host. Raises HostError where the process does not greet."""

    def __init__(self, made: socket.socket) -> None:
        self._socket = made
        greeting = self._call("greet", None, Greeting)
        self.title = greeting.title
        self.live = greeting.live
        self.span = greeting.span
        self._tables = tuple(declared(told) for told in greeting.tables)

    def tables(self) -> tuple[Table, ...]:
        """See Host."""
        return self._tables

    def rows(self, want: Want) -> Rows:
        """See Host."""
        return self._call("rows", want, Rows)

    def health(self, at: int | None = None) -> Health:
        """See Host."""
        return self._call("health", at, Health)

    def flow(self, flow_id: str) -> Sheet:
        """See Host."""
        return self._call("flow", flow_id, Sheet)

    def conversation(self, flow_id: str) -> tuple[Said, ...]:
        """See Host."""
        return self._call("conversation", flow_id, tuple[Said, ...])

    def packet(self, number: int) -> Frame:
        """See Host."""
        return self._call("packet", number, Frame)

    def picked(self, numbers: tuple[int, ...], kind: type[T]) -> T:
        """Packets that are to be written, by whoever stands between: bytes with their times, as ``kind``."""
        return self._call("picked", numbers, kind)

    def query(self, sql: str) -> Answer:
        """See Host."""
        found = self._call("query", sql, Query)
        return Answer(table=table_of(found.table), rows=found.rows, notes=found.notes)

    def act(self, order: str, subject: Mapping[str, Any]) -> str:
        """See Host."""
        return self._call("act", [order, dict(subject)], str)

    def close(self) -> None:
        """See Host."""
        self._socket.close()

    def _call(self, name: str, words: Any, kind: type[T]) -> T:
        try:
            send(self._socket, Asked(name, msgspec.Raw(msgspec.msgpack.encode(words))))
            body = receive(self._socket)
        except OSError as error:
            raise HostError(f"what answers here has ended: {error.strerror or error}") from None
        if not body:
            raise HostError("what answers here has ended")
        try:
            told = msgspec.msgpack.decode(body, type=Told)
            if told.refused is None:
                return msgspec.msgpack.decode(told.answer, type=kind)
        except msgspec.MsgspecError as error:
            raise HostError(f"not understood: {error}") from None
        refused = told.refused
        if refused.text is not None:
            raise FilterError(refused.words, refused.text, refused.at, refused.length, refused.hint)
        raise HostError(refused.words, refused.remedy)
