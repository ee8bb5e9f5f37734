# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""A TCP segment under the eye of the tracker, and what is kept of each end of a connection.

Refuses to decide: state is ``connection``'s, trouble ``health``'s, payload ``reassembly``'s.
"""

from __future__ import annotations

import cython

from procwire.flows import bits
from procwire.model.frames import COUNTED
from procwire.model.packets import REASSEMBLED

if cython.compiled:
    from cython.cimports.procwire.model.packets import PacketTable
else:
    from procwire.model.packets import PacketTable

M32 = cython.declare(cython.longlong, bits.M32)
HALF = cython.declare(cython.longlong, bits.M32 >> 1)
_REBUILT = cython.declare(cython.int, REASSEMBLED)
_COUNTED = cython.declare(cython.int, COUNTED)


@cython.cfunc
@cython.exceptval(check=False)
def distance(a: cython.longlong, b: cython.longlong) -> cython.longlong:
    """How far sequence number ``a`` lies behind ``b`` in the stream, modulo 2**32 (RFC 9293 section 3.4)."""
    ahead: cython.longlong = (a - b) & M32
    return ahead - M32 - 1 if ahead > HALF else ahead


@cython.no_gc
@cython.cclass
class End:
    """One end of a TCP connection: what it sent, as far as it was seen.

    nxt        one past the highest sequence number sent; ``nxt_at`` when it moved there
    acked      the highest acknowledgement it sent; ``window`` the last window it offered, unscaled
    isn, fin   its SYN's number; one past its FIN
    repeats    duplicate acknowledgements in a row; ``repeat_at`` the time of the last
    timed      number whose acknowledgement ends the pending RTT sample, begun at ``timed_at`` (0: none)
    leg        smoothed time from the observer to the peer and back; -1
    pos        sequence number of the next payload byte to show, ``offset`` of it in the stream
    skip       bytes that the sink does not want to be shown
    held       pieces behind a hole: (stream offset, bytes, bytes on the wire), in order, without overlap
    cost       bytes that ``held`` takes; ``hole_at`` when the peer acknowledged past the hole (0: not yet)
    """

    nxt: cython.longlong
    isn: cython.longlong
    acked: cython.longlong
    fin: cython.longlong
    window: cython.int
    known: cython.int
    last: cython.int
    repeats: cython.int
    repeat_at: cython.longlong
    nxt_at: cython.longlong
    timed: cython.longlong
    timed_at: cython.longlong
    leg: cython.longlong
    pos: cython.longlong
    offset: cython.longlong
    skip: cython.longlong
    hole_at: cython.longlong
    cost: cython.longlong
    held: list[tuple[int, bytes, int]] | None

    def __init__(self) -> None:
        self.nxt = self.isn = self.acked = self.fin = 0
        self.window = -1
        self.known = self.last = self.repeats = 0
        self.repeat_at = self.nxt_at = 0
        self.timed = self.timed_at = 0
        self.leg = -1
        self.pos = self.offset = self.skip = 0
        self.hole_at = self.cost = 0
        self.held = None


@cython.cclass
class Segment:
    """The packet under the eye; one instance serves all packets of a tracker.

    ``length`` is payload on the wire, ``present`` what of it was captured. ``counted``: the kernel counts it,
    and not every packet of its flow is shown.
    """

    row: cython.int
    side: cython.int
    flags: cython.int
    window: cython.int
    rebuilt: cython.int
    counted: cython.int
    time: cython.longlong
    seq: cython.longlong
    ack: cython.longlong
    length: cython.longlong
    present: cython.longlong
    end: End
    peer: End

    def __init__(self) -> None:
        self.row = self.side = self.flags = self.window = self.rebuilt = 0
        self.counted = 0
        self.time = self.seq = self.ack = self.length = self.present = 0
        self.end = End()
        self.peer = End()

    @cython.cfunc
    @cython.exceptval(check=False)
    def load(self, table: PacketTable, row: cython.int) -> cython.void:
        """Take over what the table says about a row, which the caller proves to be in range."""
        self.row = row
        self.time = table.time[row]
        self.seq = table.seq[row]
        self.ack = table.ack[row]
        self.flags = table.tcp_flags[row]
        self.window = table.window[row]
        self.length = table.length[row]
        self.present = min(table.present[row], table.length[row])
        self.rebuilt = table.marks[row] & _REBUILT
        self.counted = table.flags[row] & _COUNTED
