# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The flow table: every packet counted once, in the flow that it belongs to.

A flow is known by its 5-tuple (3-tuple where the protocol has no ports) and its tunnel; the VLAN is left out,
because taps often see it on one direction only. Flows end by what their packets say, or by packet time: no
clock is read, and a packet after its flow's timeout begins another one, however packets are batched.
Refuses to understand payload, and to grow beyond its Limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import cython

from procwire.flows import bits, states
from procwire.flows.index import Index as _Index
from procwire.flows.limits import Counts, Limits
from procwire.flows.reassembly import SWEPT
from procwire.flows.share import PACKET as AS_PACKET
from procwire.model import frames, packets
from procwire.model.kernel import Credited
from procwire.model.streams import NoSink, StreamSink

if cython.compiled:
    from cython.cimports.procwire.flows.clock import Clock
    from cython.cimports.procwire.flows.connection import heard, replaces, step
    from cython.cimports.procwire.flows.connection import kind as kind_of
    from cython.cimports.procwire.flows.counting import count
    from cython.cimports.procwire.flows.health import look
    from cython.cimports.procwire.flows.index import Index
    from cython.cimports.procwire.flows.opening import directed, opened, opener
    from cython.cimports.procwire.flows.portless import frame, message
    from cython.cimports.procwire.flows.reassembly import Reassembler
    from cython.cimports.procwire.flows.segment import Segment
    from cython.cimports.procwire.flows.share import Share
    from cython.cimports.procwire.flows.sighting import elsewhere
    from cython.cimports.procwire.model.flow import Flow
    from cython.cimports.procwire.model.packets import PacketTable
else:
    from procwire.flows.clock import Clock
    from procwire.flows.connection import heard, replaces, step
    from procwire.flows.connection import kind as kind_of
    from procwire.flows.counting import count
    from procwire.flows.health import look
    from procwire.flows.index import Index
    from procwire.flows.opening import directed, opened, opener
    from procwire.flows.portless import frame, message
    from procwire.flows.reassembly import Reassembler
    from procwire.flows.segment import Segment
    from procwire.flows.share import Share
    from procwire.flows.sighting import elsewhere
    from procwire.model.flow import Flow
    from procwire.model.packets import PacketTable

IS_IP = cython.declare(cython.int, packets.IS_IP)
HAS_PORTS = cython.declare(cython.int, packets.HAS_PORTS)
HELD = cython.declare(cython.int, packets.HELD)
FRAGMENT = cython.declare(cython.int, packets.FRAGMENT)
COUNTED = cython.declare(cython.int, frames.COUNTED)
SYN = cython.declare(cython.int, bits.SYN)
BOTH = cython.declare(cython.int, bits.BOTH)
UDP_KIND = cython.declare(cython.int, bits.UDP)
ICMP_KIND = cython.declare(cython.int, bits.ICMP)
OTHER_KIND = cython.declare(cython.int, bits.OTHER)
KINDS = cython.declare(cython.int, bits.KINDS)
RESET = cython.declare(cython.int, states.RESET)
ACTIVE = cython.declare(cython.int, states.ACTIVE)
REPLIED = cython.declare(cython.int, states.REPLIED)
TCP = cython.declare(cython.int, 6)
UDP = cython.declare(cython.int, 17)
ICMP = cython.declare(cython.int, 1)
ICMP6 = cython.declare(cython.int, 58)
PACKET = cython.declare(cython.int, AS_PACKET)
_timeouts = Limits.__struct_fields__  # the first fields behind max_flows stand in the order of bits' lists


class FlowDelta:
    """What one ``ingest`` changed: flows that began, flows that ended (a flow may be in both)."""

    __slots__ = ("ended", "opened")

    def __init__(self, opened: list[Flow], ended: list[Flow]) -> None:
        self.opened = opened
        self.ended = ended


@cython.cclass
class Tracker:
    """Turns packets into flows; shows their payload to ``sink``. One thread at a time."""

    limits: object
    sink: object
    index: Index
    streams: Reassembler
    seg: Segment
    watching: cython.bint
    links: Any  # ethertypes of frames without IP that the sink wants to see
    max_flows: cython.int
    timeouts: cython.longlong[::1]
    clock: Clock
    share = cython.declare(Share, visibility="readonly")
    flows: cython.longlong
    packets: cython.longlong
    bytes: cython.longlong
    non_ip: cython.longlong
    faulty: cython.longlong
    elsewhere: cython.longlong
    waiting: cython.longlong
    reasons: dict[str, int]
    opened: list[Flow]
    ended: list[Flow]

    def __init__(
        self, limits: Limits | None = None, sink: StreamSink | None = None, *, part: int = 0, parts: int = 1
    ) -> None:
        limits = limits or Limits()
        self.limits = limits
        self.sink = sink if sink is not None else NoSink()
        self.watching = not isinstance(self.sink, NoSink)
        self.links = getattr(getattr(self.sink, "frames", None), "links", frozenset())
        self.index = _Index(limits.max_flows)
        self.streams = Reassembler(self.sink, limits)
        self.seg = Segment()
        self.max_flows = limits.max_flows
        self.timeouts = frames.column("q", bits.KINDS)
        place: cython.int
        for place in range(bits.KINDS):
            self.timeouts[place] = getattr(limits, _timeouts[1 + place])
        self.clock = Clock()
        self.share = Share(part, parts)
        self.flows = self.packets = self.bytes = self.non_ip = self.faulty = self.elsewhere = self.waiting = 0
        self.reasons = dict.fromkeys(states.REASONS, 0)
        self.opened = []
        self.ended = []

    def ingest(self, table: PacketTable, *, now: int) -> FlowDelta:
        """Count the rows of a table; ``now`` is the packet time (ns) that the batch ends at."""
        self.opened, self.ended = [], []
        self.share.places = []
        row: cython.int
        rows: cython.int = min(table.count, table.capacity)
        self.streams.payload.begin(table)
        try:
            for row in range(rows):
                self.take(table, row)
        finally:
            self.streams.payload.begin(None)
        self.share.turn += 1
        if self.clock.tell(now):
            self.sweep(now)
        return FlowDelta(self.opened, self.ended)

    def fresh(self) -> list[Flow]:
        """The flows that the running ingest, or the last one, has opened so far; not to be changed."""
        return self.opened

    def expire(self, now: int) -> list[Flow]:
        """End what has been silent for too long at packet time ``now``; for when no packet comes."""
        self.ended = []
        self.clock.tell(now)
        self.sweep(now)
        return self.ended

    def finish(self, now: int) -> list[Flow]:
        """The capture is over: end all flows, in order of appearance."""
        self.ended = []
        self.share.places = []
        self.share.turn += 1
        self.share.step = 0
        for flow in sorted(self.index, key=_number):
            self.index.turns[flow.slot] = flow.number
            self.end(flow.slot, states.CAPTURE_END, now)
        return self.ended

    def credit(self, flow: Flow, more: Credited) -> None:
        """The kernel counted further packets of a flow; the caller has put them into it."""
        kind: cython.int
        self.packets += more.packets
        self.bytes += more.bytes
        flow.last = max(flow.last, more.last)
        if flow.slot < 0:
            return
        kind = self.index.kinds[flow.slot]
        if flow.proto != TCP:
            if flow.packets_in and flow.packets_out:
                flow.state = REPLIED
        else:
            heard(flow, more.joined, more.over)
            kind = kind_of(flow)
        heard_at: cython.longlong = self.clock.of(more.last)
        # Nothing new: it keeps its place among those that end in order of when they were heard of.
        if kind != self.index.kinds[flow.slot] or heard_at > self.index.touched[flow.slot]:
            self.index.touch(flow.slot, kind, max(heard_at, self.index.touched[flow.slot]))

    def active(self) -> Iterator[Flow]:
        """The flows that have not ended."""
        return iter(self.index)

    @property
    def counts(self) -> Counts:
        """What was seen so far; a snapshot."""
        return Counts(
            packets=self.packets,
            bytes=self.bytes,
            non_ip=self.non_ip,
            faulty=self.faulty,
            elsewhere=self.elsewhere,
            waiting=self.waiting,
            flows=self.flows,
            active=self.index.count,
            lingering=self.index.held(bits.LINGER),
            evicted=self.reasons[states.EVICTED],
            ended=dict(self.reasons),
            sink_errors=self.streams.errors,
            held_bytes=self.streams.total,
            gap_bytes=self.streams.gap_bytes,
            holds_evicted=self.streams.evicted,
            out_of_window=self.streams.out_of_window,
        )

    @cython.cfunc
    @cython.exceptval(-1)
    def take(self, table: PacketTable, row: cython.int) -> cython.int:
        """One packet."""
        now: cython.longlong = table.time[row]
        share: Share = self.share
        table.flow[row] = 0
        share.turn += 2
        if self.clock.tell(now):
            self.sweep(now)
        share.step = PACKET
        counted: cython.bint = table.flags[row] & COUNTED
        self.packets += 0 if counted else 1
        self.bytes += 0 if counted else table.wire[row]
        if table.fault[row]:
            self.faulty += 1
        if (table.marks[row] & IS_IP) == 0:
            return self.strange(table, row)
        if table.marks[row] & HELD:
            self.waiting += 0 if counted else 1
            return 0
        self.waiting -= 0 if counted else table.held[row]
        key: cython.uint = self.index.key(table, row)
        if share.parts > 1 and not share.mine(0 if share.together and table.proto[row] == UDP else key):
            return 0
        seg: Segment = self.seg
        seg.load(table, row)
        flow: Flow = self.flow_of(table, row, key)
        table.flow[row] = -flow.number if seg.side else flow.number
        if table.fault[row]:
            flow.faults += 1
        if elsewhere(flow, seg, table.interface[row]) and not counted:
            flow.elsewhere += 1 + table.held[row]
            self.elsewhere += 1 + table.held[row]
            return 0
        count(flow, seg.side, table, row)
        kind: cython.int = OTHER_KIND
        if flow.proto == TCP:
            if (table.marks[row] & (HAS_PORTS | FRAGMENT)) == HAS_PORTS:
                self.tcp(flow, table, row)
            kind = kind_of(flow)
        else:
            kind = self.plain(flow, table, row)
        self.index.turn = share.turn
        self.index.touch(flow.slot, kind, self.clock.now)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def plain(self, flow: Flow, table: PacketTable, row: cython.int) -> cython.int:
        """A datagram, or a message without ports; returns the flow's kind."""
        seg: Segment = self.seg
        flow.state = REPLIED if flow.packets_in and flow.packets_out else ACTIVE
        if (flow.quiet >> seg.side) & 1 == 0 and (table.marks[row] & FRAGMENT) == 0:
            if flow.proto == UDP:
                self.streams.datagram(flow, seg)
            elif not table.fault[row]:
                message(self.streams, flow, seg)
        if flow.proto == UDP:
            return UDP_KIND
        return ICMP_KIND if flow.proto in (ICMP, ICMP6) else OTHER_KIND

    @cython.cfunc
    @cython.exceptval(-1)
    def strange(self, table: PacketTable, row: cython.int) -> cython.int:
        """A frame that is not IP is counted, and shown where the sink wants its kind."""
        self.non_ip += 0 if table.flags[row] & COUNTED else 1
        if self.links and not table.fault[row] and table.ethertype[row] in self.links:
            self.seg.load(table, row)
            frame(self.streams, table.ethertype[row], self.seg)
        return 0

    @cython.cfunc
    def flow_of(self, table: PacketTable, row: cython.int, key: cython.uint) -> Flow:
        """The flow of a packet, opened where there is none; sets ``seg.side``, and ``seg``'s ends."""
        now: cython.longlong = table.time[row]
        index: Index = self.index
        seg: Segment = self.seg
        flow: Flow
        slot: cython.int = index.find(table, row, key, directed(table, row))
        if slot >= 0:
            seg.side = index.side
            flow = index.flows[slot]
            if index.age(slot, self.clock) > self.timeouts[index.kinds[slot]]:
                self.end(slot, states.TIMEOUT, now)
                slot = -1
            elif flow.proto == TCP and seg.flags & SYN and table.marks[row] & HAS_PORTS:
                if replaces(flow, seg):
                    self.end(slot, states.REPLACED, now)
                    slot = -1
        if slot < 0:
            if index.count >= self.max_flows:
                self.evict(now)
            seg.side = opener(table, row)
            flow = opened(table, row, seg.side)
            self.flows += 1
            flow.number = self.share.turn >> 1
            if not self.watching:
                flow.quiet = BOTH
            index.add(flow, key, OTHER_KIND, self.clock.now)
            self.opened.append(flow)
        if flow.proto == TCP:
            if seg.side == 0:
                seg.end, seg.peer = flow.end_out, flow.end_in
            else:
                seg.end, seg.peer = flow.end_in, flow.end_out
        return flow

    @cython.cfunc
    @cython.exceptval(-1)
    def tcp(self, flow: Flow, table: PacketTable, row: cython.int) -> cython.int:
        """The TCP part of a packet: health, state, payload."""
        seg: Segment = self.seg
        before: cython.int = flow.state
        if seg.side == 0:
            flow.flags_out |= seg.flags
        else:
            flow.flags_in |= seg.flags
        if seg.flags & SYN:
            if seg.side == 0:
                flow.mss_out = table.mss[row]
                flow.scale_out = table.scale[row]
            else:
                flow.mss_in = table.mss[row]
                flow.scale_in = table.scale[row]
        look(flow, seg)
        step(flow, seg)
        if (flow.quiet & BOTH) != BOTH:
            self.streams.take(flow, seg)
            if flow.state == RESET and before != RESET:
                self.streams.flush(flow, seg.time)
                flow.quiet |= 1 << seg.side  # what the other side had sent by then is still to come
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def sweep(self, now: cython.longlong) -> cython.int:
        """End the flows whose timeout has passed, and the waits for lost segments."""
        index: Index = self.index
        kind: cython.int
        slot: cython.int
        for kind in range(KINDS):
            self.share.step = kind
            slot = index.oldest(kind)
            while slot >= 0 and index.age(slot, self.clock) > self.timeouts[kind]:
                self.end(slot, states.TIMEOUT, now)
                slot = index.oldest(kind)
        self.share.step = KINDS
        if self.streams.holders:
            if self.share.parts > 1 and len(self.streams.holders) > SWEPT // self.share.parts:
                self.share.strained = "many streams with holes"
            self.streams.sweep(now)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def evict(self, now: cython.longlong) -> cython.int:
        """Make room: the flow that was heard longest ago goes."""
        slot: cython.int = self.index.stalest()
        return self.end(slot, states.EVICTED, now) if slot >= 0 else 0

    @cython.cfunc
    @cython.exceptval(-1)
    def end(self, slot: cython.int, why: str, now: cython.longlong) -> cython.int:
        """A flow is over: its sink hears of it, then the caller."""
        flow: Flow = self.index.flows[slot]
        self.share.note(self.index.turns[slot])
        self.streams.tell(flow, now)
        flow.ended = states.reason(flow.state, why)
        self.reasons[flow.ended] += 1
        self.index.remove(slot)
        flow.end_out = flow.end_in = None
        self.ended.append(flow)
        return 0


def _number(flow: Flow) -> int:
    return flow.number
