# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""What a packet adds to its flow's figures, or, where the kernel counts it, to what is known of its ends.

Refuses to decide whether a packet counts (``sighting``), and what it means (``connection``, ``health``).
"""

from __future__ import annotations

import cython

from procwire.model import frames, packets

if cython.compiled:
    from cython.cimports.procwire.model.flow import Flow
    from cython.cimports.procwire.model.packets import PacketTable
else:
    from procwire.model.flow import Flow
    from procwire.model.packets import PacketTable

FRAGMENT = cython.declare(cython.int, packets.FRAGMENT)
INBOUND = cython.declare(cython.int, frames.INBOUND)
OUTBOUND = cython.declare(cython.int, frames.OUTBOUND)
COUNTED = cython.declare(cython.int, frames.COUNTED)


@cython.cfunc
@cython.exceptval(check=False)
def turned(flags: cython.int) -> cython.int:
    """A frame's marks as they would be of a frame of the other side."""
    other: cython.int = flags & ~(INBOUND | OUTBOUND)
    if flags & INBOUND:
        other |= OUTBOUND
    if flags & OUTBOUND:
        other |= INBOUND
    return other


@cython.cfunc
@cython.exceptval(-1)
def count(flow: Flow, side: cython.int, table: PacketTable, row: cython.int) -> cython.int:
    """Add a packet to its direction. Fragments' payload counts when their datagram is whole."""
    if table.flags[row] & COUNTED:
        return note(flow, side, table, row)
    payload: cython.longlong = 0 if table.marks[row] & FRAGMENT else table.length[row]
    flags: cython.int = table.flags[row]
    segments: cython.int = max(table.segments[row], 1) + table.held[row]
    size: cython.longlong = cython.cast(cython.longlong, table.wire[row]) + table.held_wire[row]
    flow.last = max(flow.last, table.time[row])
    if side == 0:
        if flow.packets_out == 0:
            flow.ttl_out = table.ttl[row]
        flow.packets_out += 1 + table.held[row]
        flow.segments_out += segments
        flow.bytes_out += size
        flow.payload_out += payload
        flow.heading |= flags
    else:
        if flow.packets_in == 0:
            flow.ttl_in = table.ttl[row]
        flow.packets_in += 1 + table.held[row]
        flow.segments_in += segments
        flow.bytes_in += size
        flow.payload_in += payload
        if flags:
            flow.heading |= turned(flags)
    return 0


@cython.cfunc
@cython.exceptval(-1)
def note(flow: Flow, side: cython.int, table: PacketTable, row: cython.int) -> cython.int:
    """A packet that the kernel counts: all that it says but its size. The rest is ``Tracker.credit``'s."""
    flags: cython.int = table.flags[row] & ~COUNTED
    flow.last = max(flow.last, table.time[row])
    if side == 0:
        flow.ttl_out = flow.ttl_out or table.ttl[row]
        flow.heading |= flags
    else:
        flow.ttl_in = flow.ttl_in or table.ttl[row]
        flow.heading |= turned(flags)
    return 0
