# cython: language_level=3
"""What the getters of the core tables read: one small object a row.

A flow does not know everything that a column says of it (its interface's name, its TCP state's name, its
Community ID): that comes from the rooms which do know, through ``RowContext``. The engine gives the real
one; the one here answers "not known", so that every table can be read without an engine.
"""

from __future__ import annotations

from typing import Any

import cython
import msgspec

from procwire.model.columns import Column, Table
from procwire.model.packets import PacketTable
from procwire.model.process import NOT_LOOKED, Owner

if cython.compiled:
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.model.flow import Flow


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where an address is, as far as is known."""

    country: str = ""
    city: str = ""
    asn: int | None = None
    as_name: str = ""
    range: str = ""  # the special range that it lies in


NOWHERE = Place()


class RowContext:
    """What the model cannot know by itself. Derive from it and answer what you can.

    ``unowned`` is the owner of a flow that nobody was asked about: it says why. ``source``: which source saw
    a flow that does not say so itself; empty for recordings.
    """

    unowned: Owner = NOT_LOOKED
    source = ""
    impaired: Any = None  # shaping.sightings, where somebody looks at what was made bad on purpose

    def community_id(self, flow: Flow) -> str | None:  # noqa: ARG002
        """Community ID v1 of the flow (``1:...``)."""
        return None

    def encapsulation(self, chain: int, vlan: int) -> str | None:  # noqa: ARG002
        """The layers as text (``eth.vlan:10.ip.gre.ip6.tcp``), from PacketTable.chain and .vlan."""
        return None

    def interface(self, index: int) -> str | None:  # noqa: ARG002
        """Name of a source's interface; index 0 is "not said"."""
        return None

    def state(self, number: int) -> str | None:  # noqa: ARG002
        """Name of a flow's state number, lower case."""
        return None

    def fault(self, code: int) -> str | None:  # noqa: ARG002
        """Name of a packet's fault code."""
        return None

    def local(self, family: int, high: int, low: int) -> bool | None:  # noqa: ARG002
        """Whether an address is this host's own; None when that is not known (a file without a host)."""
        return None

    def fingerprint(self, kind: str, value: str) -> tuple[str, ...]:  # noqa: ARG002
        """Names of the programs that show a fingerprint; kind: the flow's column that holds it."""
        return ()

    def carries(self, flow: Flow, client: tuple[str, ...]) -> tuple[str, str] | None:  # noqa: ARG002
        """What an encrypted flow probably carries, and what that rests on; client: names of its hello."""
        return None

    def place(self, address: str) -> Place:  # noqa: ARG002
        """Where an address is."""
        return NOWHERE

    def domain(self, name: str) -> str:  # noqa: ARG002
        """The registered domain of a name."""
        return ""

    def info(self, table: PacketTable, row: int) -> str | None:  # noqa: ARG002
        """A few words on what a packet says, for people."""
        return None


NO_CONTEXT = RowContext()


@cython.cclass
class FlowRow:
    """One row of FLOWS: the flow as it stands when a getter is called."""

    flow: Flow
    context: Any  # a RowContext
    facts: dict[str, Any]
    owner: Any  # model.process.Owner
    process: Any  # model.process.ProcessRef, or None

    def __init__(self, flow: Flow, context: RowContext = NO_CONTEXT) -> None:
        self.flow = flow
        self.context = context
        self.facts = flow.facts
        owner = flow.owner
        self.owner = owner if isinstance(owner, Owner) else context.unowned
        self.process = self.owner.process


class PacketRow:
    """One row of PACKETS: a row of a packet table, and its number in its source (from 1)."""

    __slots__ = ("context", "flow", "number", "row", "table")

    def __init__(
        self,
        table: PacketTable,
        row: int,
        number: int,
        context: RowContext = NO_CONTEXT,
        flow: Flow | None = None,
    ) -> None:
        self.table = table
        self.row = row
        self.number = number
        self.context = context
        self.flow = flow


class InterfaceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One network interface of this host, or one that a recording describes."""

    name: str
    index: int = 0
    kind: str = ""
    link: str = ""
    up: bool | None = None
    mtu: int | None = None
    mac: str = ""
    addresses: tuple[str, ...] = ()
    capture: str = ""
    description: str = ""


class ProtocolRow(msgspec.Struct, frozen=True, kw_only=True):
    """One protocol that procwire reads."""

    name: str
    doc: str = ""
    transports: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """One protocol told whole: how it is recognised, what its records hold, where it stops."""

    name: str
    summary: str
    recognised: str
    transports: tuple[str, ...]
    ports: tuple[str, ...]
    sets: tuple[str, ...]  # columns of its flow
    risks: tuple[str, ...]
    limits: dict[str, int]  # the bounds that its module declares
    meanings: dict[str, str] = {}  # limit -> what it bounds, where its source says so
    tables: dict[str, dict[str, str]]  # table -> column -> what it says


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One answer of the doctor. ``status``: ok, degraded or missing."""

    name: str
    status: str
    detail: str = ""
    remedy: str = ""


class ColumnRow(msgspec.Struct, frozen=True, kw_only=True):
    """One declared column of one table: the catalogue is a table too."""

    table: Table
    column: Column


class Shaped(msgspec.Struct, kw_only=True):
    """What procwire shape did to a group's flows, and how they were before it and since."""

    names: list[str] = msgspec.field(default_factory=list)  # of impairments, in order of sight
    round_trips: list[int] = msgspec.field(default_factory=lambda: [0, 0])  # ns summed up, flows: now
    before: list[int] = msgspec.field(default_factory=lambda: [0, 0])  # the same when it began
    resent: int = 0
    resent_before: int = 0

    @staticmethod
    def mean(sums: list[int]) -> int | None:
        """Of a sum and its count."""
        return sums[0] // sums[1] if sums[1] else None


class GroupRow(msgspec.Struct, kw_only=True):
    """Flows taken together by what they have in common."""

    group: str
    confidence: str = ""  # of its owner or protocol; mixed where its flows differ
    flows: int = 0
    packets: int = 0
    bytes_out: int = 0
    bytes_in: int = 0
    first: int = 0  # ns
    last: int = 0  # ns
    shaped: Shaped | None = None  # of those of its flows that procwire shape did something to

    @property
    def bytes(self) -> int:
        """Of both sides."""
        return self.bytes_out + self.bytes_in

    @property
    def rate(self) -> float | None:
        """Bytes a second from the first packet to the last; None for a single moment."""
        return self.bytes * 1e9 / (self.last - self.first) if self.last > self.first else None


def column_rows(tables: tuple[Table, ...]) -> list[ColumnRow]:
    """Every column of every table, in order of declaration."""
    return [ColumnRow(table=table, column=column) for table in tables for column in table]
