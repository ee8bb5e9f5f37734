# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Frames to packets, without the interpreter lock: ``Decoder.decode`` never raises, whatever the bytes.

Only a fragment goes back to Python, to be held until its datagram is whole. What is not read is
counted by name (``Decoder.counts``); what is wrong is a code in the ``fault`` column.
Refuses to keep anything of a frame but fragments, and those within a bound.
"""

from __future__ import annotations

from typing import Any

import cython

from procwire.model.frames import column
from procwire.packet import _names, faults
from procwire.packet.fragments import FRAGMENTS_BYTES, Attribution, Fragments, Piece

if cython.compiled:
    from cython.cimports.procwire.model.frames import FrameBatch
    from cython.cimports.procwire.model.packets import PacketTable
    from cython.cimports.procwire.packet import cooked, link, mpls, network, protocol, tunnel, wireless
    from cython.cimports.procwire.packet._codes import (
        FAULT_OUTSIDE,
        FAULT_TOO_DEEP,
        FAULT_UNKNOWN_LINK,
        LAYER_RAW,
        MARK_ERROR_QUOTE,
        MARK_HAS_PORTS,
        MARK_HELD,
        MARK_REASSEMBLED,
        MARK_RETURNED,
        MAX_RELINKS,
        MAX_STEPS,
        NOT_READ,
        STEP_DONE,
        STEP_ETHER,
        STEP_ETHERIP,
        STEP_EXTENSIONS,
        STEP_FRAGMENT,
        STEP_GRE,
        STEP_IP4,
        STEP_IP6,
        STEP_LINK,
        STEP_MPLS,
        STEP_NIBBLE,
        STEP_NSH,
        STEP_PROTO,
        STEP_UDP_TUNNEL,
        STEP_WLAN,
    )
    from cython.cimports.procwire.packet.cursor import Cursor
    from cython.cimports.procwire.packet.plain import is_plain, store
else:
    from procwire.model.frames import FrameBatch
    from procwire.model.packets import PacketTable
    from procwire.packet import cooked, link, mpls, network, protocol, tunnel, wireless
    from procwire.packet._codes import (
        FAULT_OUTSIDE,
        FAULT_TOO_DEEP,
        FAULT_UNKNOWN_LINK,
        LAYER_RAW,
        MARK_ERROR_QUOTE,
        MARK_HAS_PORTS,
        MARK_HELD,
        MARK_REASSEMBLED,
        MARK_RETURNED,
        MAX_RELINKS,
        MAX_STEPS,
        NOT_READ,
        STEP_DONE,
        STEP_ETHER,
        STEP_ETHERIP,
        STEP_EXTENSIONS,
        STEP_FRAGMENT,
        STEP_GRE,
        STEP_IP4,
        STEP_IP6,
        STEP_LINK,
        STEP_MPLS,
        STEP_NIBBLE,
        STEP_NSH,
        STEP_PROTO,
        STEP_UDP_TUNNEL,
        STEP_WLAN,
    )
    from procwire.packet.cursor import Cursor
    from procwire.packet.plain import is_plain, store
LINK_TYPES = 65536

# Whose first bytes are ports, so that only a datagram's first fragment has them.
PORTED = frozenset({1, 6, 17, 33, 58, 132, 136})
EXTENDING = frozenset({0, 43, 51, 60, 135, 139, 140})


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def walk(c: Cursor, step: cython.int) -> cython.int:
    """Read header after header until one ends it: DONE, FRAGMENT, or LINK (another link type is inside)."""
    left: cython.int = MAX_STEPS
    while left > 0:
        left -= 1
        if step == STEP_IP4:
            step = network.ip4(c)
        elif step == STEP_PROTO:
            step = protocol.header(c)
        elif step == STEP_IP6:
            step = network.ip6(c)
        elif step == STEP_UDP_TUNNEL:
            step = tunnel.datagram(c)
        elif step == STEP_ETHER:
            step = link.ethernet(c)
        elif step <= STEP_LINK:
            return step
        else:
            step = rarely(c, step)
    return c.stop(FAULT_TOO_DEEP)


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def rarely(c: Cursor, step: cython.int) -> cython.int:
    """The headers that few frames have."""
    if step == STEP_MPLS:
        return mpls.mpls(c)
    if step == STEP_NIBBLE:
        return mpls.nibble(c)
    if step <= STEP_NSH:
        return link.frame(c, step)
    if step == STEP_EXTENSIONS:
        return network.extensions(c)
    if step == STEP_GRE:
        return tunnel.gre(c)
    if step == STEP_ETHERIP:
        return tunnel.etherip(c)
    if step >= STEP_WLAN:
        return wireless.radio(c, step)
    return cooked.header(c, step)


@cython.cclass
class Decoder:
    """Decodes batches in the order they are given; holds fragments of at most ``fragments_bytes``.

    ``hurried``: frames that are like most are read in one go (``plain``), with the same result.
    """

    hurried: cython.bint
    cursor: Cursor
    pieces: Any
    links: cython.uchar[::1]
    odd_links: cython.uint[::1]
    odd_types: cython.uint[::1]
    faulty: cython.uint[::1]
    encrypted: cython.longlong

    def __init__(self, *, fragments_bytes: int = FRAGMENTS_BYTES, hurried: bool = True) -> None:
        self.hurried = hurried
        self.cursor = Cursor()
        self.pieces = Fragments(fragments_bytes)
        self.links = column("B", LINK_TYPES)
        for number, (_, step) in _names.LINKS.items():
            self.links[number] = step
        self.odd_links = column("I", LINK_TYPES)
        self.odd_types = column("I", LINK_TYPES)
        self.faulty = column("I", 256)
        self.encrypted = 0

    def decode(self, batch: FrameBatch, table: PacketTable | None = None) -> PacketTable:
        """The packets of ``batch``, row for row, in ``table`` where it is large enough, else in a new one."""
        count: cython.int = batch.count
        if table is None or table.capacity < count:
            table = PacketTable(max(count, 1))
        table.count = count
        table.buffer = batch.buffer
        table.rebuilt = {}
        view = memoryview(batch.buffer).cast("B")
        size: cython.longlong = len(view)
        self.cursor.load(view if size else memoryview(b"\0"))
        cursor: Cursor = self.cursor
        row: cython.int = 0
        while True:
            with cython.nogil:
                row = self._run(cursor, batch, table, row, size)
            if row >= count:
                break
            self._fragment(batch, table, row)
            row += 1
        self.cursor.load(memoryview(b"\0"))
        return table

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _run(
        self, c: Cursor, batch: FrameBatch, table: PacketTable, row: cython.int, size: cython.longlong
    ) -> cython.int:
        """Decode rows from ``row`` on; returns the row of a fragment, or the count."""
        segments: cython.int
        at: cython.longlong
        captured: cython.longlong
        while row < batch.count:
            segments = batch.segments[row]
            table.time[row] = batch.time[row]
            table.wire[row] = batch.wire[row]
            table.segments[row] = segments or 1
            table.interface[row] = batch.interface[row]
            at, captured = batch.offset[row], batch.captured[row]
            if (
                self.hurried
                and (batch.link[row] == 1 and batch.vlan[row] == 0 and 0 <= at <= size - captured)
                and is_plain(c, at, captured, batch.wire[row])
            ):
                table.flags[row] = batch.flags[row]
                store(c, at, captured, table, row)
                row += 1
                continue
            if self._frame(c, batch, row, size) == STEP_FRAGMENT:
                table.flags[row] = batch.flags[row] or c.heading
                return row
            table.flags[row] = batch.flags[row] or c.heading
            c.store(table, row)
            if c.fault:
                self.faulty[c.fault] += 1
            row += 1
        return row

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _frame(self, c: Cursor, batch: FrameBatch, row: cython.int, size: cython.longlong) -> cython.int:
        """Read one frame into the cursor; returns DONE or FRAGMENT."""
        at: cython.longlong = batch.offset[row]
        captured: cython.longlong = batch.captured[row]
        wire: cython.longlong = batch.wire[row]
        step: cython.int
        if at < 0 or at > size or captured > size - at:
            c.start(0, 0, 0)
            return c.stop(FAULT_OUTSIDE)
        c.start(at, at + captured, at + (max(captured, wire)))
        c.settle()
        c.stripped = batch.vlan[row]
        if batch.link[row] == 1:
            step = walk(c, STEP_ETHER)
        else:
            step = self._linked(c, batch.link[row])
        if not c.family and c.fault == 0 and step == STEP_DONE and c.layers:
            self.odd_types[c.kind] += 1
            self.encrypted += c.encrypted
        return step

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def _linked(self, c: Cursor, kind: cython.int) -> cython.int:
        """Begin with the header of LINKTYPE ``kind``, and again where it names another."""
        step: cython.int
        count: cython.int = 0
        while count < MAX_RELINKS:
            count += 1
            step = self.links[kind]
            if step in (STEP_DONE, NOT_READ):
                self.odd_links[kind] += 1
                c.kind = kind
                return c.stop(FAULT_UNKNOWN_LINK) if step == STEP_DONE else STEP_DONE
            if step in (STEP_IP4, STEP_IP6):
                c.kind = 0x0800 if step == STEP_IP4 else 0x86DD
                c.layer(LAYER_RAW)
            step = walk(c, step)
            if step != STEP_LINK:
                return step
            kind = c.kind
        return c.stop(FAULT_TOO_DEEP)

    def _fragment(self, batch: FrameBatch, table: PacketTable, row: int) -> None:
        """Hold the cursor's fragment; where it completes a datagram, the row becomes what is in it."""
        c: Any = self.cursor
        held = wire = 0
        fault = 0
        while True:
            piece = self._piece(c, batch, row)
            verdict = self.pieces.add(piece, first=self._first(c, piece))
            held += verdict.packets
            wire += verdict.wire
            fault = fault or verdict.fault
            if verdict.whole is None:
                self._attribute(c, verdict.attribution)
                break
            inner = Cursor()
            inner.load(memoryview(verdict.whole))
            inner.resume(c, len(verdict.whole))
            inner.fault = c.fault
            c = inner
            if descend(inner) != STEP_FRAGMENT:
                end = inner.payload + inner.present
                table.rebuilt[row] = verdict.whole[inner.payload : end]
                inner.marks |= MARK_REASSEMBLED
                break
        c.payload = batch.offset[row]
        c.fault = c.fault or fault
        put(c, table, row)
        table.held[row] = min(held, 65535)
        table.held_wire[row] = min(wire, 0xFFFFFFFF)
        if c.fault:
            self.faulty[c.fault] += 1

    def _piece(self, c: Any, batch: FrameBatch, row: int) -> Piece:
        """What the reassembly needs to know of the fragment in the cursor."""
        start = c.payload
        return Piece(
            key=(
                (
                    c.src_hi,
                    c.src_lo,
                    c.dst_hi,
                    c.dst_lo,
                    c.fragment_id,
                    c.proto if c.family == 4 else -1,
                    c.vlan,
                    c.tunnel,
                    batch.interface[row],
                )
            ),
            family=c.family,
            offset=c.fragment_offset,
            more=bool(c.more),
            length=c.length,
            data=bytes(c.view[start : start + c.present]),
            wire=batch.wire[row],
            time=batch.time[row],
        )

    def _first(self, c: Any, piece: Piece) -> Attribution | None:
        """The flow that the fragment's datagram belongs to, if this fragment tells: the first one does."""
        if c.fragment_offset:
            if c.proto in PORTED or (c.family == 6 and c.proto in EXTENDING):
                return None
            return Attribution(c.proto, 0, 0, 0, 0)
        inner: Any = Cursor()
        inner.load(memoryview(piece.data or b"\0"))
        inner.resume(c, len(piece.data))
        inner.probe = 1
        descend(inner)
        marks = inner.marks & (MARK_HAS_PORTS | MARK_RETURNED | MARK_ERROR_QUOTE)
        return Attribution(inner.proto, inner.sport, inner.dport, marks, inner.chain)

    def _attribute(self, c: Any, known: Attribution | None) -> None:
        """A fragment row carries the ports of its flow and no payload of its own: the whole will."""
        c.clear_transport()
        c.length = c.present = 0
        if known is None:
            c.marks |= MARK_HELD
            return
        c.proto, c.sport, c.dport = known.proto, known.sport, known.dport
        c.marks |= known.marks
        if known.chain:
            c.chain = known.chain

    @property
    def fragments(self) -> Fragments:
        """What is held of datagrams that are not whole yet."""
        return self.pieces  # type: ignore[no-any-return]

    @property
    def counts(self) -> dict[str, int]:
        """What was not read and what was wrong, by name; only what is not 0.

        Keys: ``fault.NAME``, ``link.NAME`` (link types not read), ``ethertype.NAME`` (frames that are
        not IP), ``encrypted`` (802.11 and MACsec frames), ``fragments.NAME``.
        """
        found: dict[str, int] = {}
        code: cython.int
        for code in range(256):
            if self.faulty[code]:
                found[f"fault.{faults.name(code)}"] = self.faulty[code]
        for code in range(65536):
            if self.odd_links[code]:
                found[f"link.{_names.link(code)}"] = self.odd_links[code]
            if self.odd_types[code]:
                found[f"ethertype.{_names.ethertype(code)}"] = self.odd_types[code]
        if self.encrypted:
            found["encrypted"] = self.encrypted
        for key, value in self.pieces.counts().items():
            found[f"fragments.{key}"] = value
        return found


def descend(c: Cursor) -> int:
    """Go on after an IP header, in a datagram of its own."""
    step: cython.int = walk(c, STEP_EXTENSIONS if c.family == 6 else STEP_PROTO)
    if step == STEP_LINK:
        return STEP_DONE
    return step


def put(c: Cursor, table: PacketTable, row: int) -> None:
    """Store one row, called from Python."""
    c.store(table, row)
