# cython: language_level=3
"""How the columns of the core tables read a row: small makers of getters, None for what is not known.

A counter that a protocol does not have (the retransmissions of a UDP flow) is "not known", never zero.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from operator import attrgetter
from typing import Any

import cython

from procwire.model import address
from procwire.model._ip_names import PORTED, ip_protocol
from procwire.model.flow import UNKNOWN_NS
from procwire.model.frames import FOREIGN, INBOUND, OUTBOUND
from procwire.model.kernel import KernelView, TcpFacts
from procwire.model.packets import HAS_PORTS, IS_IP
from procwire.model.rows import PacketRow

if cython.compiled:
    from cython.cimports.procwire.model.flow import Flow
    from cython.cimports.procwire.model.rows import FlowRow
else:
    from procwire.model.flow import Flow
    from procwire.model.rows import FlowRow

Getter = Callable[[Any], Any]
TCP = 6
ICMP = frozenset({1, 58})
BOTH = INBOUND | OUTBOUND
_IPV4 = cython.declare(cython.int, address.IPV4)
_LOOPBACK = cython.declare(cython.ulonglong, 127)  # 127.0.0.0/8
_HEADINGS = {INBOUND: "in", OUTBOUND: "out"}
FLAG_NAMES = (
    "fin",
    "syn",
    "rst",
    "psh",
    "ack",
    "urg",
    "ece",
    "cwr",
    "ns",
)  # RFC 9293 section 3.1, lowest bit first


@lru_cache(maxsize=512)
def flag_names(flags: int) -> tuple[str, ...]:
    """TCP flags by name, lowest bit first."""
    return tuple(name for bit, name in enumerate(FLAG_NAMES) if flags >> bit & 1)


def known(path: str, absent: int | str = 0) -> Getter:
    """Read an attribute; ``absent`` stands for "not known"."""
    read = attrgetter(path)

    def get(row: Any) -> Any:
        value = read(row)
        return None if value == absent else value

    return get


def either(name: str, *, tcp: bool = False, every: bool = False) -> Getter:
    """The sum of what both sides of a flow count under ``name``; ``every``: it takes every packet to tell."""
    out, into = attrgetter(f"flow.{name}_out"), attrgetter(f"flow.{name}_in")

    def get(row: FlowRow) -> int | None:
        if (tcp and row.flow.proto != TCP) or (every and is_partial(row.flow)):
            return None
        total: int = out(row) + into(row)
        return total

    return get


def is_partial(flow: Flow) -> bool:
    """Whether only some packets of the flow were looked at, the kernel having counted them all unexamined."""
    view = flow.kernel
    return view is not None and not (isinstance(view, KernelView) and view.judged)


def tcp(name: str, absent: int = -2, *, every: bool = False) -> Getter:
    """A flow's TCP value; not known for every other protocol. ``every``: it takes every packet to tell."""
    read = attrgetter(name)

    def get(row: FlowRow) -> int | None:
        flow = row.flow
        if flow.proto != TCP or (every and is_partial(flow)):
            return None
        value: int = read(flow)
        return None if value == absent else value

    return get


def flags(*names: str) -> Getter:
    """The TCP flags of one side, or of both, by name."""

    def get(row: FlowRow) -> tuple[str, ...] | None:
        flow = row.flow
        if flow.proto != TCP:
            return None
        seen = 0
        for name in names:
            seen |= getattr(flow, name)
        return flag_names(seen)

    return get


def source(row: FlowRow) -> str | None:
    """Which source saw a live flow."""
    view = row.flow.kernel
    return (view.source if isinstance(view, KernelView) else row.context.source) or None


def kernel(name: str) -> Getter:
    """What the kernel counted of a flow, where it did."""

    def get(row: FlowRow) -> Any:
        view = row.flow.kernel
        value = getattr(view, name) if isinstance(view, KernelView) else None
        return None if value == "" else value

    return get


def kernel_sum(*names: str) -> Getter:
    """The sum of several of these."""

    def get(row: FlowRow) -> int | None:
        view = row.flow.kernel
        return sum(getattr(view, name) for name in names) if isinstance(view, KernelView) else None

    return get


def kernel_end(row: FlowRow) -> str | None:
    """The end whose socket the kernel speaks of."""
    view = row.flow.kernel
    if not isinstance(view, KernelView) or view.tcp is None:
        return None
    return "dst" if view.tcp_end else "src"


def kernel_tcp(name: str, unit: int = 1) -> Getter:
    """What TCP itself says of a connection, where it was asked."""
    place = TcpFacts._fields.index(name)

    def get(row: FlowRow) -> int | None:
        view = row.flow.kernel
        value = view.fact(place) if isinstance(view, KernelView) else None
        return value * unit if value is not None else None

    return get


def smoothed(row: FlowRow) -> int | None:
    """The round trip over the flow's life: as its packets tell it, or as TCP does where not all were seen."""
    flow = row.flow
    if flow.kernel is None:
        return None if flow.srtt == UNKNOWN_NS else flow.srtt
    view = flow.kernel
    told = view.tcp if isinstance(view, KernelView) else None
    return told.srtt_us * 1000 or None if told is not None else None


def resent_by(side: int) -> Getter:
    """Segments that one side sent again: from its packets, or TCP's own count of the end that is here."""
    seen = tcp(f"retransmissions_{'in' if side else 'out'}")

    def get(row: FlowRow) -> int | None:
        if not is_partial(row.flow):
            count: int | None = seen(row)
            return count
        view = row.flow.kernel
        told = view.tcp if isinstance(view, KernelView) else None
        return told.resent if told is not None and view.tcp_end == side else None

    return get


def resent(row: FlowRow) -> int | None:
    """Segments that both sides sent again, as far as that is known."""
    known_ones = [count for side in (0, 1) if (count := resent_by(side)(row)) is not None]
    return sum(known_ones) if known_ones else None


def fact(name: str) -> Getter:
    """What a protocol said of the whole flow under this column's name."""

    def get(row: FlowRow) -> Any:
        return row.facts.get(name)

    return get


def process(name: str, absent: int | str | tuple[str, ...] = "") -> Getter:
    """A field of the flow's process."""

    def get(row: FlowRow) -> Any:
        owner = row.process
        if owner is None:
            return None
        value = getattr(owner, name)
        return None if value == absent else value

    return get


def program(name: str) -> Getter:
    """What is known of the program of the flow's process."""

    def get(row: Any) -> Any:
        found = row.process.executable if row.process is not None else None
        value = getattr(found, name) if found is not None else None
        return None if value == "" else value

    return get


def container(name: str) -> Getter:
    """What the runtime says of the container of the flow's process."""

    def get(row: Any) -> Any:
        found = row.process.facts if row.process is not None else None
        return getattr(found, name) or None if found is not None else None

    return get


def peer(name: str, absent: int | str = "") -> Getter:
    """A field of the process at the other end."""

    def get(row: FlowRow) -> Any:
        other = row.owner.peer
        if other is None:
            return None
        value = getattr(other, name)
        return None if value == absent else value

    return get


def owner_delay(row: FlowRow) -> int | None:
    """From the first packet to the answer, ns; never below zero, as two clocks are compared."""
    answered = row.flow.answered or row.owner.answered
    return max(0, answered - row.flow.first) if answered else None


def flow_port(name: str) -> Getter:
    """A port of a flow whose protocol has ports."""
    read = attrgetter(name)

    def get(row: FlowRow) -> int | None:
        flow = row.flow
        return read(flow) if flow.proto in PORTED else None

    return get


def icmp_type(row: FlowRow) -> int | None:
    """The type of the flow's first message."""
    return row.flow.sport if row.flow.proto in ICMP else None


def flow_proto(row: FlowRow) -> str | None:
    """Transport by name; not known for what is not IP."""
    return ip_protocol(row.flow.proto) if row.flow.family else None


def vlan_ids(vlan: int) -> tuple[str, ...] | None:
    """VLAN ids, outermost first."""
    if not vlan:
        return None
    outer, inner = vlan & 0xFFF, vlan >> 12 & 0xFFF
    return (str(outer), str(inner)) if inner else (str(outer),)


def direction(row: FlowRow) -> str:
    """Which way the flow was opened: by own addresses where they are known, else by the frames' own marks."""
    flow = row.flow
    here = row.context.local(flow.family, flow.src_hi, flow.src_lo)
    there = None if here is None else row.context.local(flow.family, flow.dst_hi, flow.dst_lo)
    if here is None or there is None:
        return "local" if _inward(flow) else _marked(flow.heading)
    if here:
        return "local" if there else "out"
    return "in" if there else "forwarded"


def _marked(heading: int) -> str:
    if heading & FOREIGN:
        return "forwarded"
    if heading & BOTH == BOTH:
        return "local"
    return _HEADINGS.get(heading & BOTH, "unknown")


@cython.cfunc
@cython.exceptval(-1, check=True)
def _inward(flow: Flow) -> cython.bint:
    """Whether the addresses alone say that no wire was crossed (RFC 1122 section 3.2.1.3, RFC 4291 2.5.3)."""
    if flow.family == _IPV4 and flow.src_lo >> 24 == _LOOPBACK and flow.dst_lo >> 24 == _LOOPBACK:
        return True
    return flow.family != 0 and flow.src_lo == flow.dst_lo and flow.src_hi == flow.dst_hi


def duration(row: FlowRow) -> int:
    """First to last packet, ns; packets out of order by time never make it negative."""
    lasted: int = row.flow.last - row.flow.first
    return max(0, lasted)


def end(row: FlowRow) -> int | None:
    """Time of the last packet of a flow that has ended."""
    return row.flow.last if row.flow.ended else None


def cell(name: str, *, mark: int = 0, transport: int = 0, absent: int | None = None) -> Getter:
    """A packet's value: only where ``mark`` is set and its protocol is ``transport``."""
    read = attrgetter(name)

    def get(packet: PacketRow) -> int | None:
        table, row = packet.table, packet.row
        if mark and not table.marks[row] & mark:
            return None
        if transport and (table.proto[row] != transport or not table.marks[row] & HAS_PORTS):
            return None
        value: int = read(table)[row]
        return None if value == absent else value

    return get


def packet_port(name: str) -> Getter:
    """A port of a packet whose protocol has ports."""
    read = attrgetter(name)

    def get(packet: PacketRow) -> int | None:
        table, row = packet.table, packet.row
        if not table.marks[row] & HAS_PORTS or table.proto[row] not in PORTED:
            return None
        value: int = read(table)[row]
        return value

    return get


def packet_address(end: str) -> Getter:
    """The source or destination address (``end``: src or dst) of an IP packet as text."""
    high, low = attrgetter(f"{end}_hi"), attrgetter(f"{end}_lo")

    def get(packet: PacketRow) -> str | None:
        table, row = packet.table, packet.row
        if not table.marks[row] & IS_IP:
            return None
        return address.text(table.family[row], high(table)[row], low(table)[row])

    return get


def packet_proto(packet: PacketRow) -> str | None:
    """Transport by name; not known for what is not IP."""
    table, row = packet.table, packet.row
    return ip_protocol(table.proto[row]) if table.marks[row] & IS_IP else None


def packet_flags(packet: PacketRow) -> tuple[str, ...] | None:
    """TCP flags by name."""
    table, row = packet.table, packet.row
    if table.proto[row] != TCP or not table.marks[row] & HAS_PORTS:
        return None
    return flag_names(table.tcp_flags[row])


def packet_heading(packet: PacketRow) -> str | None:
    """in, out or forwarded, as the source of the frame says."""
    mark = packet.table.flags[packet.row]
    if mark & FOREIGN:
        return "forwarded"
    if mark & BOTH == BOTH:
        return "local"
    return {INBOUND: "in", OUTBOUND: "out"}.get(mark & BOTH)
