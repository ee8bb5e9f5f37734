# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The state of a TCP connection as its packets tell it (RFC 9293 section 3.3.2), and when a new one begins.

Refuses to judge how well it goes (``health``) and to touch payload (``reassembly``).
"""

from __future__ import annotations

import cython

from procwire.flows import bits, states

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
HAS_ISN = cython.declare(cython.int, bits.HAS_ISN)
HAS_ACK = cython.declare(cython.int, bits.HAS_ACK)
HAS_FIN = cython.declare(cython.int, bits.HAS_FIN)
NEW = cython.declare(cython.int, states.NEW)
SYN_SENT = cython.declare(cython.int, states.SYN_SENT)
SYN_RECEIVED = cython.declare(cython.int, states.SYN_RECEIVED)
ESTABLISHED = cython.declare(cython.int, states.ESTABLISHED)
FIN_WAIT = cython.declare(cython.int, states.FIN_WAIT)
CLOSING = cython.declare(cython.int, states.CLOSING)
CLOSED = cython.declare(cython.int, states.CLOSED)
RESET = cython.declare(cython.int, states.RESET)
MIDSTREAM = cython.declare(cython.int, states.MIDSTREAM)
HALF_OPEN = cython.declare(cython.int, bits.HALF_OPEN)
OPEN = cython.declare(cython.int, bits.OPEN)
ONE_WAY = cython.declare(cython.int, bits.ONE_WAY)
HALF_CLOSED = cython.declare(cython.int, bits.HALF_CLOSED)
LINGER = cython.declare(cython.int, bits.LINGER)
# How far from the expected number a RST is believed. A blind one (RFC 5961) is off by far more.
RST_REACH = cython.declare(cython.longlong, 1 << 20)


@cython.cfunc
@cython.exceptval(check=False)
def replaces(flow: Flow, seg: Segment) -> cython.bint:
    """Does this packet begin another connection between the same ports? Sent-again SYNs do not."""
    if (seg.flags & (SYN | RST)) != SYN:
        return False
    end: End = flow.end_out if seg.side == 0 else flow.end_in
    over: cython.bint = CLOSING <= flow.state <= RESET
    if seg.flags & ACK and not over:
        return False
    if end.known & HAS_ISN:
        return seg.seq != end.isn
    if over:
        return True
    # The other side's first SYN: an open from both ends (RFC 9293 section 3.5), or a new connection.
    return flow.state != SYN_SENT


@cython.cfunc
@cython.exceptval(check=False)
def step(flow: Flow, seg: Segment) -> cython.void:
    """Move the state on. To be called when ``health.look`` has moved the sequence numbers."""
    flags: cython.int = seg.flags
    if flags & RST:
        if flow.state < CLOSED or flow.state == MIDSTREAM:
            if _credible(flow, seg):
                flow.state = RESET
        return
    if flags & SYN:
        _open(flow, seg)
    elif flow.state < ESTABLISHED:
        _confirm(flow, seg)
    if flags & FIN and flow.state != RESET:
        _finish(flow, seg)
    if flow.state == CLOSING and _closed(seg.end, seg.peer) and _closed(seg.peer, seg.end):
        flow.state = CLOSED


@cython.cfunc
@cython.exceptval(check=False)
def heard(flow: Flow, joined: cython.bint, over: cython.bint) -> cython.void:
    """The kernel says that the handshake was done though nobody saw it, or that the socket is closed."""
    if joined and NEW < flow.state < ESTABLISHED:
        flow.state = ESTABLISHED
    if over and ESTABLISHED <= flow.state <= CLOSING:
        flow.state = CLOSED


@cython.cfunc
@cython.exceptval(check=False)
def _credible(flow: Flow, seg: Segment) -> cython.bint:
    """Is a RST near to what its sender would send, or to what the other side expects?

    Where the kernel shows only some packets, how far the numbers are is not known, but for a handshake, which
    is shown whole: the RST of the connection before may come after the next one's SYN.
    """
    if seg.counted and flow.state >= ESTABLISHED:
        return True
    off: cython.longlong = 0
    if seg.end.known & HAS_NXT:
        off = distance(seg.seq, seg.end.nxt)
        if (off > RST_REACH or off < -RST_REACH) and seg.peer.known & HAS_ACK:
            off = distance(seg.seq, seg.peer.acked)
    return -RST_REACH <= off <= RST_REACH


@cython.cfunc
@cython.exceptval(check=False)
def _open(flow: Flow, seg: Segment) -> cython.void:
    """A SYN: note its number and time."""
    end: End = seg.end
    end.isn = seg.seq
    end.known |= HAS_ISN
    if flow.state == NEW:
        flow.state = SYN_RECEIVED if seg.flags & ACK else SYN_SENT
    elif flow.state == SYN_SENT and (seg.flags & ACK or seg.side == 1):
        flow.state = SYN_RECEIVED
    if seg.flags & ACK == 0:
        # Of a SYN sent again the last counts: the first retransmission comes after 1 s (RFC 6298 section
        # 2.1), so that a lost SYN is likelier than a round trip which lasts longer.
        if seg.side == 0:
            flow.isn = cython.cast(cython.uint, seg.seq)
            if flow.synack_at == 0:
                flow.syn_at = seg.time
        return
    if seg.side == 1:
        if flow.synack_at == 0 and flow.syn_at and seg.time >= flow.syn_at:
            flow.rtt_dst = seg.time - flow.syn_at
        if flow.state == SYN_RECEIVED:
            flow.synack_at = seg.time  # the last one: its answer comes first
    if flow.state == SYN_RECEIVED and _joined(seg):
        flow.state = ESTABLISHED


@cython.cfunc
@cython.exceptval(check=False)
def _joined(seg: Segment) -> cython.bint:
    """Has each side acknowledged the other's SYN, as far as the SYNs were seen?"""
    end: End = seg.end
    peer: End = seg.peer
    if (end.known & peer.known & HAS_ISN) == 0 or (end.known & peer.known & HAS_ACK) == 0:
        return False
    return distance(end.acked, peer.isn) > 0 and distance(peer.acked, end.isn) > 0


@cython.cfunc
@cython.exceptval(check=False)
def _confirm(flow: Flow, seg: Segment) -> cython.void:
    """A segment without SYN while the handshake is not over."""
    if flow.state == NEW:
        flow.state = MIDSTREAM
    elif flow.state == SYN_RECEIVED:
        if seg.side == 0 and _joined(seg):
            flow.state = ESTABLISHED
            if flow.rtt_dst >= 0 and seg.time >= flow.synack_at:
                flow.rtt = flow.rtt_dst + seg.time - flow.synack_at
        elif (seg.peer.known & HAS_NXT) == 0 and seg.length > 0:
            flow.state = ESTABLISHED  # a tap that sees this direction only
        elif seg.side == 0 and (seg.end.known & seg.peer.known & HAS_ISN) == 0:
            flow.state = ESTABLISHED  # the opener answers; its SYN was not seen
    elif seg.length > 0 or (seg.side == 0 and seg.flags & ACK):
        # The SYN-ACK was not seen. A bare ACK from dst may be a challenge (RFC 5961 section 4).
        flow.state = ESTABLISHED


@cython.cfunc
@cython.exceptval(check=False)
def _finish(flow: Flow, seg: Segment) -> cython.void:
    """A FIN: one half is closed, or both."""
    end: End = seg.end
    if (end.known & HAS_FIN) == 0:
        end.fin = (seg.seq + seg.length + 1) & M32
        end.known |= HAS_FIN
    if flow.state < CLOSING or flow.state == MIDSTREAM:
        flow.state = CLOSING if seg.peer.known & HAS_FIN else FIN_WAIT


@cython.cfunc
@cython.exceptval(check=False)
def _closed(end: End, peer: End) -> cython.bint:
    """Has the peer acknowledged this end's FIN?"""
    return end.known & HAS_FIN and peer.known & HAS_ACK and distance(peer.acked, end.fin) >= 0


@cython.cfunc
@cython.exceptval(check=False)
def kind(flow: Flow) -> cython.int:
    """Which timeout a TCP flow is under."""
    state: cython.int = flow.state
    if state == ESTABLISHED:
        return OPEN
    if state == MIDSTREAM:
        return OPEN if flow.packets_in and flow.packets_out else ONE_WAY
    if state == FIN_WAIT:
        return HALF_CLOSED
    return LINGER if state >= CLOSING else HALF_OPEN
