# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""TCP payload in order, datagrams as they come, to a sink that says how much it wants to see.

Where segments overlap, the byte seen first wins. SYN and FIN consume sequence numbers; data in a SYN is
shown (RFC 7413). A keep-alive gives no data; the byte of a zero-window probe is held until the receiver
acknowledges it or the stream goes on behind it. A hole is declared a gap when its receiver has acknowledged
it and ``hole_grace`` has passed, when the pieces held behind it exceed a bound, when the capture cut the
packet, and when the flow ends. What the sink skips is neither sliced nor held, and is no gap. Zeros that pad
a handshake's segments are no data, though some count them in the IP length.
Refuses to understand payload, and to be broken by a sink that raises.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

import cython

from procwire.flows import bits, pieces
from procwire.flows.limits import Limits
from procwire.model import streams

if cython.compiled:
    from cython.cimports.procwire.flows.health import reach
    from cython.cimports.procwire.flows.payload import Payload
    from cython.cimports.procwire.flows.pieces import hold
    from cython.cimports.procwire.flows.segment import End, Segment, distance
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.flows.health import reach
    from procwire.flows.payload import Payload
    from procwire.flows.pieces import hold
    from procwire.flows.segment import End, Segment, distance
    from procwire.model.flow import Flow

M32 = cython.declare(cython.longlong, bits.M32)
RST = cython.declare(cython.int, bits.RST)
SYN_ACK = cython.declare(cython.int, bits.SYN | bits.ACK)
HAS_ISN = cython.declare(cython.int, bits.HAS_ISN)
HAS_POS = cython.declare(cython.int, bits.HAS_POS)
HAS_ACK = cython.declare(cython.int, bits.HAS_ACK)
KEEP_ALIVE = cython.declare(cython.int, bits.KEEP_ALIVE)
PROBE = cython.declare(cython.int, bits.PROBE)
BOTH = cython.declare(cython.int, bits.BOTH)
SHOWN = cython.declare(cython.int, bits.SHOWN)
ENOUGH = cython.declare(cython.longlong, streams.ENOUGH)
PIECE = cython.declare(cython.longlong, pieces.PIECE)
TRAILER = cython.declare(cython.longlong, 6)  # Ethernet's padding of a bare acknowledgement
SWEPT = 64  # holders looked at in one sweep
UNHEARD = cython.declare(cython.longlong, 20)  # times ``hole_grace`` where no acknowledgement was ever seen


@cython.cfunc
@cython.exceptval(check=False)
def _advance(end: End, count: cython.longlong) -> cython.void:
    end.offset += count
    end.pos = (end.pos + count) & M32


@cython.cfunc
def _end_of(flow: Flow, side: cython.int) -> End:
    end: End = flow.end_out if side == 0 else flow.end_in
    return end


@cython.cclass
class Reassembler:
    """Shows payload to a sink at once, in packet order, and obeys its appetite before the next packet.

    total     bytes held now, bookkeeping included; ``holders`` maps the numbers of holding flows to them
    errors    times that the sink raised; evicted: sides given up for ``held_bytes``
    """

    sink: Any
    total: cython.longlong
    errors: cython.longlong
    gap_bytes: cython.longlong
    evicted: cython.longlong
    out_of_window: cython.longlong
    holders: dict[int, Flow]
    side_bytes: cython.longlong
    held_bytes: cython.longlong
    grace: cython.longlong
    payload: Payload

    def __init__(self, sink: streams.StreamSink, limits: Limits) -> None:
        self.sink = sink
        self.total = self.errors = self.gap_bytes = self.evicted = self.out_of_window = 0
        self.holders = {}
        self.side_bytes = limits.side_bytes
        self.held_bytes = limits.held_bytes
        self.grace = limits.hole_grace
        self.payload = Payload()

    @cython.cfunc
    @cython.exceptval(-1)
    def datagram(self, flow: Flow, seg: Segment) -> cython.int:
        """Show a datagram as far as it was captured; ``seg.side``'s bit in ``quiet`` is known to be off."""
        if seg.present > 0:
            data: bytes = self.payload.cut(seg, 0)
            if data:
                self.show(flow, seg.side, data, seg.time)
        missing: cython.longlong = seg.length - seg.present
        if missing > 0:
            self.gap_bytes += missing
            if seg.side == 0:
                flow.gaps_out += missing
            else:
                flow.gaps_in += missing
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def take(self, flow: Flow, seg: Segment) -> cython.int:
        """One TCP segment. ``health.look`` has said whether it is a probe."""
        end: End = seg.end
        if (flow.quiet >> seg.side) & 1 == 0 and (seg.flags & RST) == 0:
            seq: cython.longlong = (seg.seq + ((seg.flags >> 1) & 1)) & M32  # behind a SYN
            if (end.known & HAS_POS) == 0:
                end.pos = seq
                end.known |= HAS_POS
            if seg.length > 0 and end.last != KEEP_ALIVE and (end.offset > 0 or self.opens(seg, seq)):
                ahead: cython.longlong = distance(seq, end.pos)
                if ahead + seg.length > 0:
                    if ahead > 0 or end.held is not None or end.last == PROBE:
                        self.later(flow, seg, ahead)
                    else:
                        self.chunk(flow, seg, -ahead)
        if end.held is not None:
            self.check(flow, seg.side, seg.time)
        if seg.peer.held is not None:
            self.check(flow, 1 - seg.side, seg.time)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def opens(self, seg: Segment, seq: cython.longlong) -> cython.int:
        """Is this payload, where none was shown yet? The position may have come from a bare keep-alive."""
        end: End = seg.end
        if (end.known & HAS_ISN) == 0:
            if end.held is None and distance(seq, end.pos) == 1:
                end.pos = seq
            return 1
        bare: cython.bint = (seg.flags | SYN_ACK) == SYN_ACK and seg.present == seg.length <= TRAILER
        return 0 if bare and seq == end.pos and not self.payload.cut(seg, 0).strip(b"\0") else 1

    @cython.cfunc
    @cython.exceptval(-1)
    def chunk(self, flow: Flow, seg: Segment, behind: cython.longlong) -> cython.int:
        """Payload whose byte ``behind`` is the next of the stream."""
        end: End = seg.end
        left: cython.longlong = seg.length - behind
        if end.skip >= left:
            end.skip -= left
            _advance(end, left)
            return 0
        if end.skip:
            behind += end.skip
            _advance(end, end.skip)
            end.skip = 0
        if behind < seg.present:
            data: bytes = self.payload.cut(seg, behind)
            if data:
                _advance(end, len(data))
                behind += len(data)
                self.show(flow, seg.side, data, seg.time)
        if behind < seg.length and (flow.quiet >> seg.side) & 1 == 0:
            self.miss(flow, seg.side, seg.length - behind, seg.time)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def later(self, flow: Flow, seg: Segment, ahead: cython.longlong) -> cython.int:
        """Not simply the next bytes: behind a hole, beside held pieces (which came first), a probe."""
        end: End = seg.end
        if seg.peer.known & HAS_ACK and distance(seg.seq, seg.peer.acked) > reach(flow, seg):
            self.out_of_window += 1
            return 0
        if end.held is None:
            if 0 < ahead <= end.skip:
                end.skip -= ahead
                _advance(end, ahead)
                return self.chunk(flow, seg, 0)
            end.held = []
            self.holders[flow.number] = flow
        self.total += hold(end, end.offset + ahead, self.payload.cut(seg, 0), seg.length)
        if ahead <= end.skip and end.last != PROBE:
            return self.drain(flow, seg.side, end, seg.time)
        return self.keep(flow, seg.side, end, seg.time)

    @cython.cfunc
    @cython.exceptval(-1)
    def keep(self, flow: Flow, side: cython.int, end: End, now: cython.longlong) -> cython.int:
        """Stay within the bounds: first this side's, then that of all flows."""
        while end.held is not None and end.cost > self.side_bytes:
            self.jump(flow, side, end, now)
        oldest: Flow
        while self.total > self.held_bytes and self.holders:
            oldest = self.holders[next(iter(self.holders))]
            self.evicted += 1
            self.flush(oldest, now)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def check(self, flow: Flow, side: cython.int, now: cython.longlong) -> cython.int:
        """Has the receiver acknowledged the hole, and has it stayed open since?"""
        end: End = _end_of(flow, side)
        receiver: End = _end_of(flow, 1 - side)
        start: cython.longlong = end.held[0][0]
        hole: cython.longlong = start - end.offset
        patience: cython.longlong = self.grace
        if (receiver.known & HAS_ACK) == 0:
            patience *= UNHEARD
        elif distance(receiver.acked, end.pos) < max(hole, 1):
            return 0
        elif hole <= 0:  # a probe's byte
            return self.drain(flow, side, end, now)
        if end.hole_at == 0 or end.hole_at > now:
            end.hole_at = now
        elif now - end.hole_at > patience:
            self.jump(flow, side, end, now)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def sweep(self, now: cython.longlong) -> cython.int:
        """Give up holes of flows that have fallen silent; a few holders each time, in turn."""
        flow: Flow
        for number in list(islice(self.holders, SWEPT)):
            flow = self.holders.pop(number)
            self.holders[number] = flow
            if _end_of(flow, 0).held is not None:
                self.check(flow, 0, now)
            if _end_of(flow, 1).held is not None:
                self.check(flow, 1, now)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def jump(self, flow: Flow, side: cython.int, end: End, now: cython.longlong) -> cython.int:
        """Declare the first hole a gap, and show what follows it."""
        hole: cython.longlong = end.held[0][0] - end.offset
        if hole > 0:
            self.miss(flow, side, hole, now)
        if end.held is not None:
            self.drain(flow, side, end, now)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def drain(self, flow: Flow, side: cython.int, end: End, now: cython.longlong) -> cython.int:
        """Show the held pieces that are next in the stream."""
        held: list[Any] = end.held
        piece: tuple[Any, ...]
        done: cython.Py_ssize_t = 0
        hole: cython.longlong
        freed: cython.longlong = 0
        while done < len(held) and end.held is not None:
            piece = held[done]
            hole = piece[0] - end.offset
            if hole > end.skip:
                break
            if hole > 0:
                end.skip -= hole
                _advance(end, hole)
            done += 1
            freed += PIECE + len(piece[1])
            self.feed(flow, side, piece, now)
        if end.held is None:  # the sink has had enough: all was dropped meanwhile
            return 0
        if done:
            del held[:done]
            end.cost -= freed
            self.total -= freed
            end.hole_at = 0
        if not held:
            self.drop(flow, end)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def feed(self, flow: Flow, side: cython.int, piece: tuple[Any, ...], now: cython.longlong) -> cython.int:
        """Show a held piece, of which the stream may have had the beginning already."""
        end: End = _end_of(flow, side)
        data: bytes = piece[1]
        size: cython.longlong = piece[2]
        behind: cython.longlong = end.offset - cython.cast(cython.longlong, piece[0])
        if behind >= size:
            return 0
        step: cython.longlong = min(end.skip, size - behind)
        end.skip -= step
        behind += step
        _advance(end, step)
        if behind < len(data):
            _advance(end, len(data) - behind)
            self.show(flow, side, data[behind:], now)
            behind = len(data)
        if behind < size and (flow.quiet >> side) & 1 == 0:
            self.miss(flow, side, size - behind, now)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def show(self, flow: Flow, side: cython.int, data: bytes, now: cython.longlong) -> cython.int:
        """One call of the sink."""
        flow.quiet |= SHOWN
        try:
            return self.obey(flow, side, self.sink.data(flow, side, data, now))
        except Exception:
            return self.fail(flow)

    @cython.cfunc
    @cython.exceptval(-1)
    def miss(self, flow: Flow, side: cython.int, size: cython.longlong, now: cython.longlong) -> cython.int:
        """Payload that was never seen; what of it the sink skips is no gap."""
        end: End = _end_of(flow, side)
        step: cython.longlong = min(end.skip, size)
        end.skip -= step
        _advance(end, size)
        size -= step
        if size == 0:
            return 0
        self.gap_bytes += size
        if side == 0:
            flow.gaps_out += size
        else:
            flow.gaps_in += size
        flow.quiet |= SHOWN
        try:
            return self.obey(flow, side, self.sink.gap(flow, side, size, now))
        except Exception:
            return self.fail(flow)

    @cython.cfunc
    @cython.exceptval(-1)
    def obey(self, flow: Flow, side: cython.int, appetite: object) -> cython.int:
        """Note what the sink wants of this side from here on."""
        wanted: cython.longlong = appetite
        if wanted >= ENOUGH:
            flow.quiet |= 1 << side
            if flow.end_out is not None:
                self.drop(flow, _end_of(flow, side))
        elif flow.end_out is not None:
            _end_of(flow, side).skip = max(wanted, 0)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def fail(self, flow: Flow) -> cython.int:
        """The sink raised: it is shown no more of this flow."""
        self.errors += 1
        flow.quiet |= BOTH
        if flow.end_out is not None:
            self.drop(flow, flow.end_out)
            self.drop(flow, flow.end_in)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def drop(self, flow: Flow, end: End) -> cython.int:
        """Hold nothing more of one side."""
        if end.held is None:
            return 0
        self.total -= end.cost
        end.cost = end.hole_at = 0
        end.held = None
        if _end_of(flow, 0).held is None and _end_of(flow, 1).held is None:
            self.holders.pop(flow.number, None)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def flush(self, flow: Flow, now: cython.longlong) -> cython.int:
        """Show all that is held, with its gaps; the byte of an unanswered probe is none of it."""
        side: cython.int
        for side in range(2):
            end: End = _end_of(flow, side)
            if end.held is not None and end.last == PROBE and end.held[0][0] == end.offset:
                if len(end.held) == 1:
                    self.drop(flow, end)
            while end.held is not None:
                self.jump(flow, side, end, now)
        return 0

    @cython.cfunc
    @cython.exceptval(-1)
    def tell(self, flow: Flow, now: cython.longlong) -> cython.int:
        """No more bytes will come: show the rest, and say so."""
        if flow.end_out is not None:
            self.flush(flow, now)
        if flow.quiet & SHOWN:
            flow.quiet &= BOTH
            try:
                self.sink.ended(flow, now)
            except Exception:
                self.errors += 1
        flow.quiet |= BOTH
        return 0
