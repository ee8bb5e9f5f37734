"""What the terminal is told: rows of declared tables, from whoever has them.

Every screen is drawn from what a ``Host`` answers, so a running daemon, the processes that ``procwire top``
starts for itself, a capture file and a test look the same. Calls may take a while: the app makes them on a
thread of its own, one at a time. What a host cannot give it refuses with a ``HostError`` that says why, and
what would enable it; a screen shows these words in the place of rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import msgspec

from procwire.model.columns import Table
from procwire.model.dissected import Layer

GROUP = "group"  # the table whose rows are flows taken together, see ``Want.by``


class HostError(Exception):
    """Something cannot be had. ``remedy``: what would enable it, in a line; may be empty."""

    def __init__(self, words: str, remedy: str = "") -> None:
        super().__init__(words)
        self.remedy = remedy


class Want(msgspec.Struct, frozen=True, kw_only=True):
    """Rows that a screen asks for: ``limit`` of them from ``first`` on, in an order.

    ``by`` goes with the table ``group``: what its flows have in common. ``at``: as it stood then, ns; only a
    recording can go back.
    """

    table: str
    columns: tuple[str, ...]
    filter: str = ""
    order: str = ""
    descending: bool = False
    first: int = 0
    limit: int = 200
    by: str = ""
    at: int | None = None


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """An answer: values as their kinds are inside (ns, bytes), None where not known.

    ``total``: rows that match, the ones not sent included. ``notes``: why these may not be all there is.
    """

    rows: tuple[tuple[Any, ...], ...] = ()
    first: int = 0
    total: int = 0
    notes: tuple[str, ...] = ()


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a query: a table made for it, and its rows."""

    table: Table
    rows: tuple[tuple[Any, ...], ...]
    notes: tuple[str, ...] = ()


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One interface as counted so far; of a recording, with its rates up to the time that is shown."""

    name: str
    packets: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    dropped: int = 0
    rates_in: tuple[float, ...] = ()
    rates_out: tuple[float, ...] = ()


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One process of procwire itself."""

    name: str
    pid: int
    resident: int = 0
    sandbox: str = ""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """How the host itself is. Counts are since ``since``; ``drops``: packets and rows lost, by place."""

    now: int = 0  # ns; of a recording: the time that is shown
    since: int = 0
    packets: int = 0
    bytes: int = 0
    flows: int = 0
    open_flows: int = 0
    source: str = ""
    links: tuple[Link, ...] = ()
    drops: Mapping[str, int] = {}
    parts: tuple[Part, ...] = ()
    notes: tuple[str, ...] = ()  # what is not as it should be, a line each


class Track(msgspec.Struct, frozen=True, kw_only=True):
    """Something of a flow over its life, at even steps. ``kind``: duration, rate, size, count or segments."""

    name: str
    kind: str
    values: tuple[float | None, ...]


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """Everything on one flow: each column's value, and what parsers saw in it, in order of time."""

    flow: Mapping[str, Any]
    seen: tuple[tuple[str, Mapping[str, Any]], ...] = ()  # table, column -> value
    tracks: tuple[Track, ...] = ()  # of a recording; live ones the terminal collects itself
    notes: tuple[str, ...] = ()


class Said(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of a conversation. ``clear``: it was encrypted, and keys were there."""

    side: str  # out or in
    data: bytes
    time: int = 0
    clear: bool = False
    note: str = ""


class Frame(msgspec.Struct, frozen=True, kw_only=True):
    """One packet of a capture, whole, and taken apart."""

    number: int
    data: bytes
    layers: tuple[Layer, ...] = ()


class Host(Protocol):
    """Who answers. ``live``: time goes on; else ``span`` says from when to when the recording is."""

    title: str
    live: bool
    span: tuple[int, int] | None

    def tables(self) -> tuple[Table, ...]:
        """Every table that may be asked for."""

    def rows(self, want: Want) -> Rows:
        """Raises HostError; FilterError for a filter that is none."""

    def health(self, at: int | None = None) -> Health:
        """Raises HostError where there is nobody any more."""

    def flow(self, flow_id: str) -> Sheet:
        """Raises HostError for a flow that is not known any more."""

    def conversation(self, flow_id: str) -> tuple[Said, ...]:
        """Raises HostError where content was not kept."""

    def packet(self, number: int) -> Frame:
        """Raises HostError where packets were not kept."""

    def query(self, sql: str) -> Answer:
        """Raises HostError."""

    def act(self, order: str, subject: Mapping[str, Any]) -> str:
        """Acknowledge or suppress a row; one line on what was done. Raises HostError."""

    def close(self) -> None:
        """Nothing more will be asked."""
