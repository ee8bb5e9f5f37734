# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""How a TCP connection fares: retransmissions, reordering, probes, windows and round-trip times.

Told apart in the manner of Wireshark's ``tcp.analysis``: from sequence numbers and times alone, without
looking at payload. Round trips are sampled by Karn's rule and smoothed as RFC 6298 section 2 says; each
direction's data measures the leg from the observer to the receiver and back, and a flow's ``srtt`` is the
sum of its legs. Refuses to change a flow's state: that is ``connection``'s.
"""

from __future__ import annotations

import cython

from procwire.flows import bits

if cython.compiled:
    from cython.cimports.procwire.flows.segment import End, Segment, distance
    from cython.cimports.procwire.model.flow import Flow
else:
    from procwire.flows.segment import End, Segment, distance
    from procwire.model.flow import Flow

FIN = cython.declare(cython.int, bits.FIN)
SYN = cython.declare(cython.int, bits.SYN)
M32 = cython.declare(cython.longlong, bits.M32)
RST = cython.declare(cython.int, bits.RST)
ACK = cython.declare(cython.int, bits.ACK)
HAS_NXT = cython.declare(cython.int, bits.HAS_NXT)
HAS_ACK = cython.declare(cython.int, bits.HAS_ACK)
PLAIN = cython.declare(cython.int, bits.PLAIN)
KEEP_ALIVE = cython.declare(cython.int, bits.KEEP_ALIVE)
PROBE = cython.declare(cython.int, bits.PROBE)
# A late segment this soon after the highest one was overtaken, not sent again (Wireshark's threshold),
# unless the handshake told the real round-trip time.
REORDER_NS = cython.declare(cython.longlong, 3_000_000)
LEAST_REACH = cython.declare(cython.longlong, 1 << 20)  # bytes ahead of an acknowledgement always believed
GUESSED_SCALE = cython.declare(cython.int, 8)  # where the handshake was not seen


@cython.cfunc
@cython.exceptval(check=False)
def reach(flow: Flow, seg: Segment) -> cython.longlong:
    """How far ahead of the receiver's acknowledgement a segment may lie and be believed, bytes."""
    scale: cython.int = flow.scale_in if seg.side == 0 else flow.scale_out
    if scale > 14:  # RFC 7323 section 2.3; 255 is "not seen"
        scale = GUESSED_SCALE
    offered: cython.longlong = cython.cast(cython.longlong, max(seg.peer.window, 0)) << scale
    return max(LEAST_REACH, 2 * offered)


@cython.cfunc
@cython.exceptval(check=False)
def look(flow: Flow, seg: Segment) -> cython.void:
    """Judge one segment and move its end's sequence state on."""
    end: End = seg.end
    control: cython.int = seg.flags & (SYN | FIN | RST)
    kind: cython.int = PLAIN
    ahead: cython.longlong = 0
    if end.known & HAS_NXT:
        ahead = distance(seg.seq, end.nxt)
        if control == 0:
            kind = _probing(seg, ahead)
            if seg.length == 0 and ahead == 0 and _repeats(seg):
                if seg.side == 0:
                    flow.duplicate_acks_out += 1
                else:
                    flow.duplicate_acks_in += 1
        if kind == PLAIN and ahead < 0 and (seg.length > 0 or control & (SYN | FIN)):
            _late(flow, seg)
    if kind != PLAIN:
        if seg.side == 0:
            flow.keep_alives_out += 1
        else:
            flow.keep_alives_in += 1
    end.last = kind
    _answer(flow, seg, control)
    if kind == PLAIN and (seg.flags & RST) == 0:
        _move_on(flow, seg, ahead)


@cython.cfunc
@cython.exceptval(check=False)
def _probing(seg: Segment, ahead: cython.longlong) -> cython.int:
    """Keep-alive (RFC 9293 section 3.8.4), zero-window probe (3.8.6.1), or neither."""
    if seg.length > 1:
        return PLAIN
    if ahead == 0 and seg.length == 1 and seg.peer.window == 0:
        return PROBE
    return KEEP_ALIVE if ahead == -1 else PLAIN


@cython.cfunc
@cython.exceptval(check=False)
def _repeats(seg: Segment) -> cython.bint:
    """Is this bare acknowledgement a duplicate (RFC 5681 section 2)? The answer to a probe is not."""
    end: End = seg.end
    if (
        (seg.flags & ACK) == 0
        or (end.known & HAS_ACK) == 0
        or seg.ack != end.acked
        or seg.window == 0
        or seg.window != end.window
        or seg.peer.last != PLAIN
    ):
        return False
    end.repeats += 1
    end.repeat_at = seg.time
    return True


@cython.cfunc
@cython.exceptval(check=False)
def _late(flow: Flow, seg: Segment) -> cython.void:
    """A segment behind the highest one: sent again, or overtaken on its way?"""
    end: End = seg.end
    peer: End = seg.peer
    after: cython.longlong = seg.seq + seg.length
    again: cython.bint = seg.length == 0  # SYN or FIN
    if peer.known & HAS_ACK and distance(after, peer.acked) <= 0:
        again = True  # its receiver has it
    elif peer.repeats >= 2 and seg.seq == peer.acked and seg.time - peer.repeat_at < 20_000_000:
        again = True  # fast retransmission (RFC 5681 section 3.2)
    elif not again:
        limit: cython.longlong = flow.rtt if flow.rtt > 0 else REORDER_NS
        again = seg.time - end.nxt_at >= limit or distance(after, end.nxt) == 0
    if again and distance(seg.seq, end.timed) < 0:
        end.timed_at = 0  # Karn: its acknowledgement is ambiguous (RFC 6298 section 3)
    if seg.side == 0:
        if again:
            flow.retransmissions_out += 1
        else:
            flow.out_of_order_out += 1
    elif again:
        flow.retransmissions_in += 1
    else:
        flow.out_of_order_in += 1


@cython.cfunc
@cython.exceptval(check=False)
def _answer(flow: Flow, seg: Segment, control: cython.int) -> cython.void:
    """Take note of the window and the acknowledgement; an awaited one is a sample."""
    end: End = seg.end
    if seg.window == 0 and control == 0:
        if seg.side == 0:
            flow.zero_windows_out += 1
        else:
            flow.zero_windows_in += 1
    end.window = seg.window
    if (seg.flags & ACK) == 0:
        return
    if (end.known & HAS_ACK) == 0 or distance(seg.ack, end.acked) > 0:
        end.acked = seg.ack
        end.known |= HAS_ACK
        end.repeats = 0
    peer: End = seg.peer
    if peer.timed_at and distance(seg.ack, peer.timed) >= 0:
        _sample(flow, peer, seg)
        peer.timed_at = 0


@cython.cfunc
@cython.exceptval(check=False)
def _sample(flow: Flow, sender: End, seg: Segment) -> cython.void:
    """Smooth one leg: alpha is 1/8 (RFC 6298 section 2.3)."""
    sample: cython.longlong = seg.time - sender.timed_at
    if sample < 0:
        return  # time has stepped back
    sender.leg = sample if sender.leg < 0 else sender.leg + ((sample - sender.leg) >> 3)
    flow.srtt = sender.leg + max(seg.end.leg, 0)


@cython.cfunc
@cython.exceptval(check=False)
def _move_on(flow: Flow, seg: Segment, ahead: cython.longlong) -> cython.void:
    """Move the highest sequence number on, and begin a sample with new data."""
    end: End = seg.end
    after: cython.longlong = (seg.seq + seg.length) & M32
    if seg.flags & (SYN | FIN):
        after = (after + (seg.flags & 1) + ((seg.flags >> 1) & 1)) & M32
    if end.known & HAS_NXT:
        if distance(after, end.nxt) <= 0:
            return
        if ahead > 0 and seg.peer.known & HAS_ACK:
            if distance(seg.seq, seg.peer.acked) > reach(flow, seg):
                return  # not from this connection, or not credible
    end.nxt = after
    end.nxt_at = seg.time
    end.known |= HAS_NXT
    if end.timed_at == 0 and seg.length > 0:
        end.timed = after
        end.timed_at = seg.time
