# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Where a flow is found by its packet, and which flow of a kind was heard longest ago.

A chained hash of slots and one doubly linked list per timeout kind, all in flat integer columns: finding,
touching and taking the oldest are O(1), and the flows themselves stay untouched. Columns double as flows
arrive. The hash is keyed by the interpreter's hash secret, so that nobody can aim packets at one chain.
Refuses to know what a timeout is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cython

from procwire.flows.bits import KINDS
from procwire.model.frames import column

if cython.compiled:
    from cython.cimports.procwire.flows.clock import Clock
    from cython.cimports.procwire.model.flow import Flow
    from cython.cimports.procwire.model.packets import PacketTable
else:
    from procwire.flows.clock import Clock
    from procwire.model.flow import Flow
    from procwire.model.packets import PacketTable

START = 1024  # slots at first; a power of two
_KINDS = cython.declare(cython.int, KINDS)


def _filled(count: int) -> memoryview:
    return memoryview(bytearray(b"\xff") * (4 * count)).cast("i")


def _grown(old: Any, code: str, count: int) -> memoryview:
    new = memoryview(bytearray(count * memoryview(old).itemsize))
    bytes_of = memoryview(old).cast("B")
    new[: len(bytes_of)] = bytes_of
    return new.cast(code)  # type: ignore[call-overload,no-any-return]


@cython.cclass
class Index:
    """Up to ``limit`` flows; a slot is a number below the capacity, -1 is none.

    After ``find`` says a slot, ``side`` says who sent the packet: 0 is the flow's src, 1 its dst. ``turn`` is
    the caller's count of packets; ``turns`` when a slot was touched.
    """

    turn: cython.longlong
    count: cython.int
    side: cython.int
    capacity: cython.int
    limit: cython.int
    free: cython.int
    mask: cython.uint
    seed: cython.ulonglong
    odd: cython.ulonglong
    heads: cython.int[::1]
    links: cython.int[::1]
    hashes: cython.uint[::1]
    touched: cython.longlong[::1]
    turns: cython.longlong[::1]
    kinds: cython.uchar[::1]
    first: cython.int[::1]
    last: cython.int[::1]
    flows: list[Any]

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.turn = 0
        self.count = self.side = 0
        self.seed = hash("procwire.flows.seed") & 0xFFFFFFFFFFFFFFFF
        self.odd = (hash("procwire.flows.odd") | 1) & 0xFFFFFFFFFFFFFFFF
        self.capacity = START
        self.mask = 2 * START - 1
        self.heads = _filled(2 * START)
        self.links = _filled(4 * START)
        self.hashes = column("I", START)
        self.touched = column("q", START)
        self.turns = column("q", START)
        self.kinds = column("B", START)
        self.first = _filled(KINDS)
        self.last = _filled(KINDS)
        self.flows = [None] * START
        self.free = 0
        slot: cython.int
        for slot in range(START - 1):
            self.links[4 * slot] = slot + 1

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[Flow]:
        return iter([flow for flow in self.flows if flow is not None])

    @cython.cfunc
    @cython.exceptval(check=False)
    def key(self, table: PacketTable, row: cython.int) -> cython.uint:
        """Hash of a packet's two ends, protocol and tunnel; the same for both directions."""
        low: cython.ulonglong = table.src_lo[row]
        high: cython.ulonglong = table.dst_lo[row]
        ports: cython.ulonglong
        odd: cython.ulonglong = self.odd
        if low < high or (low == high and table.sport[row] <= table.dport[row]):
            ports = (cython.cast(cython.ulonglong, table.sport[row]) << 16) | table.dport[row]
        else:
            low, high = high, low
            ports = (cython.cast(cython.ulonglong, table.dport[row]) << 16) | table.sport[row]
        ports |= cython.cast(cython.ulonglong, table.proto[row]) << 32
        mix: cython.ulonglong = self.seed ^ low
        words: cython.ulonglong = (table.src_hi[row] ^ table.dst_hi[row]) + table.tunnel[row]
        if cython.compiled:
            mix = mix * odd
            mix = ((mix ^ (mix >> 29)) + high) * odd
            mix = ((mix ^ (mix >> 31)) + ports) * odd
            mix = ((mix ^ (mix >> 30)) + words) * odd
        else:
            mix = mix * odd & 0xFFFFFFFFFFFFFFFF
            mix = ((mix ^ (mix >> 29)) + high) * odd & 0xFFFFFFFFFFFFFFFF
            mix = ((mix ^ (mix >> 31)) + ports) * odd & 0xFFFFFFFFFFFFFFFF
            mix = ((mix ^ (mix >> 30)) + words) * odd & 0xFFFFFFFFFFFFFFFF
        return cython.cast(cython.uint, mix >> 32)

    @cython.cfunc
    def same(self, flow: Flow, table: PacketTable, row: cython.int, directed: cython.bint) -> cython.bint:
        """Is the packet of this flow? Sets ``side``. A directed flow takes its src's packets alone."""
        if (
            flow.proto != table.proto[row]
            or flow.tunnel != table.tunnel[row]
            or flow.family != table.family[row]
        ):
            return False
        if (
            flow.src_lo == table.src_lo[row]
            and flow.dst_lo == table.dst_lo[row]
            and flow.sport == table.sport[row]
            and flow.dport == table.dport[row]
            and flow.src_hi == table.src_hi[row]
            and flow.dst_hi == table.dst_hi[row]
        ):
            self.side = 0
            return True
        self.side = 1
        return (
            not directed
            and flow.src_lo == table.dst_lo[row]
            and flow.dst_lo == table.src_lo[row]
            and flow.sport == table.dport[row]
            and flow.dport == table.sport[row]
            and flow.src_hi == table.dst_hi[row]
            and flow.dst_hi == table.src_hi[row]
        )

    @cython.cfunc
    @cython.exceptval(-2)
    def find(
        self, table: PacketTable, row: cython.int, key: cython.uint, directed: cython.bint
    ) -> cython.int:
        """The slot of the packet's flow, or -1."""
        slot: cython.int = self.heads[key & self.mask]
        flow: Flow
        while slot >= 0:
            if self.hashes[slot] == key:
                flow = self.flows[slot]
                if self.same(flow, table, row, directed):
                    return slot
            slot = self.links[4 * slot]
        return -1

    @cython.cfunc
    @cython.exceptval(-1)
    def add(self, flow: Flow, key: cython.uint, kind: cython.int, now: cython.longlong) -> cython.int:
        """Give a flow a slot. The caller makes room first where ``count`` has reached ``limit``."""
        if self.free < 0:
            self.grow()
        slot: cython.int = self.free
        self.free = self.links[4 * slot]
        bucket: cython.uint = key & self.mask
        self.links[4 * slot] = self.heads[bucket]
        self.heads[bucket] = slot
        self.hashes[slot] = key
        self.flows[slot] = flow
        self.touched[slot] = now
        flow.slot = slot
        self.count += 1
        self.link(slot, kind)
        return slot

    @cython.cfunc
    @cython.exceptval(-1)
    def remove(self, slot: cython.int) -> cython.int:
        """Take a flow out; its slot is free again."""
        flow: Flow = self.flows[slot]
        bucket: cython.uint = self.hashes[slot] & self.mask
        at: cython.int = self.heads[bucket]
        if at == slot:
            self.heads[bucket] = self.links[4 * slot]
        else:
            while self.links[4 * at] != slot:
                at = self.links[4 * at]
            self.links[4 * at] = self.links[4 * slot]
        self.unlink(slot)
        self.links[4 * slot] = self.free
        self.free = slot
        self.flows[slot] = None
        flow.slot = -1
        self.count -= 1
        return 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def touch(self, slot: cython.int, kind: cython.int, now: cython.longlong) -> cython.void:
        """The flow was heard now, and is of this kind from now on."""
        self.touched[slot] = now
        self.turns[slot] = self.turn
        if self.kinds[slot] != kind or self.last[kind] != slot:
            self.unlink(slot)
            self.link(slot, kind)

    @cython.cfunc
    @cython.exceptval(check=False)
    def link(self, slot: cython.int, kind: cython.int) -> cython.void:
        """Put a slot at the end of a list."""
        tail: cython.int = self.last[kind]
        self.kinds[slot] = kind
        self.links[4 * slot + 1] = tail
        self.links[4 * slot + 2] = -1
        if tail < 0:
            self.first[kind] = slot
        else:
            self.links[4 * tail + 2] = slot
        self.last[kind] = slot

    @cython.cfunc
    @cython.exceptval(check=False)
    def unlink(self, slot: cython.int) -> cython.void:
        """Take a slot out of its list."""
        kind: cython.int = self.kinds[slot]
        before: cython.int = self.links[4 * slot + 1]
        after: cython.int = self.links[4 * slot + 2]
        if before < 0:
            self.first[kind] = after
        else:
            self.links[4 * before + 2] = after
        if after < 0:
            self.last[kind] = before
        else:
            self.links[4 * after + 1] = before

    @cython.cfunc
    @cython.exceptval(check=False)
    def oldest(self, kind: cython.int) -> cython.int:
        """The slot of a kind that was heard longest ago, or -1."""
        return self.first[kind]

    def held(self, kind: cython.int) -> int:
        """How many slots a kind has: they are counted when it is asked, not packet by packet."""
        number: cython.int = 0
        slot: cython.int = self.first[kind]
        while slot >= 0:
            number += 1
            slot = self.links[4 * slot + 2]
        return number

    @cython.cfunc
    @cython.exceptval(check=False)
    def stalest(self) -> cython.int:
        """The slot that was heard longest ago: the oldest of the oldest of every kind; -1 for none."""
        found: cython.int = -1
        kind: cython.int
        slot: cython.int
        for kind in range(_KINDS):
            slot = self.first[kind]
            if slot >= 0 and (found < 0 or self.touched[slot] < self.touched[found]):
                found = slot
        return found

    @cython.cfunc
    @cython.exceptval(check=False)
    def age(self, slot: cython.int, clock: Clock) -> cython.longlong:
        """Ns since a slot was heard. Where time has stepped back since, its life started again then."""
        return clock.now - max(self.touched[slot], clock.since)

    @cython.cfunc
    @cython.exceptval(-1)
    def grow(self) -> cython.int:
        """Double the slots; every chain is laid anew."""
        old: cython.int = self.capacity
        size: cython.int = 2 * old
        self.links = _grown(self.links, "i", 4 * size)
        self.hashes = _grown(self.hashes, "I", size)
        self.touched = _grown(self.touched, "q", size)
        self.turns = _grown(self.turns, "q", size)
        self.kinds = _grown(self.kinds, "B", size)
        self.flows.extend([None] * old)
        self.heads = _filled(2 * size)
        self.mask = 2 * size - 1
        self.capacity = size
        slot: cython.int
        bucket: cython.uint
        for slot in range(old):
            bucket = self.hashes[slot] & self.mask
            self.links[4 * slot] = self.heads[bucket]
            self.heads[bucket] = slot
        for slot in range(old, size):
            self.links[4 * slot] = slot + 1 if slot + 1 < size else -1
        self.free = old
        return 0
