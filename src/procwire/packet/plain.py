# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The frame that most frames are, read in one go: Ethernet, IPv4 without options, whole, TCP, nothing wrong.

What it writes is what the headers' own readers write (``decode``); where it is not sure, it writes nothing
and leaves the frame to them. Refuses tags, fragments, options that are read (a SYN's) and every fault.
Sources: IEEE 802.3, RFC 791 section 3.1, RFC 9293 section 3.1.
"""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.procwire.model.packets import PacketTable
    from cython.cimports.procwire.packet._codes import (
        LAYER_ETH,
        LAYER_IP,
        LAYER_TCP,
        MARK_CUT,
        MARK_HAS_PORTS,
        MARK_IS_IP,
        NOT_SCALED,
        PROTO_TCP,
    )
    from cython.cimports.procwire.packet.cursor import Cursor
    from cython.cimports.procwire.packet.octets import be16, be32
else:
    from procwire.model.packets import PacketTable
    from procwire.packet._codes import (
        LAYER_ETH,
        LAYER_IP,
        LAYER_TCP,
        MARK_CUT,
        MARK_HAS_PORTS,
        MARK_IS_IP,
        NOT_SCALED,
        PROTO_TCP,
    )
    from procwire.packet.cursor import Cursor
    from procwire.packet.octets import be16, be32


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def is_plain(c: Cursor, at: cython.longlong, captured: cython.longlong, wire: cython.longlong) -> cython.bint:
    """Is the frame at ``at``, of which ``captured`` of ``wire`` bytes are there, one that ``store`` reads?"""
    total: cython.longlong
    head: cython.longlong
    if captured < 54 or be16(c, at + 12) != 0x0800 or c.data[at + 14] != 0x45:
        return False
    if c.data[at + 23] != PROTO_TCP or be16(c, at + 20) & 0x3FFF:
        return False
    total = be16(c, at + 16)
    head = 20 + (c.data[at + 46] >> 4) * 4
    if head < 40 or head > total or 14 + head > captured or 14 + total > max(captured, wire):
        return False
    return head == 40 or (c.data[at + 47] & 2) == 0


@cython.cfunc
@cython.nogil
@cython.exceptval(check=False)
def store(
    c: Cursor, at: cython.longlong, captured: cython.longlong, table: PacketTable, row: cython.int
) -> cython.void:
    """Write the columns of a frame that ``is_plain``."""
    end: cython.longlong = at + 14 + be16(c, at + 16)
    payload: cython.longlong = at + 34 + (c.data[at + 46] >> 4) * 4
    there: cython.longlong = min(at + captured, end)
    table.src_hi[row] = table.dst_hi[row] = 0
    table.src_lo[row] = be32(c, at + 26)
    table.dst_lo[row] = be32(c, at + 30)
    table.sport[row] = be16(c, at + 34)
    table.dport[row] = be16(c, at + 36)
    table.family[row] = 4
    table.proto[row] = PROTO_TCP
    table.payload[row] = payload
    table.present[row] = there - payload
    table.length[row] = end - payload
    table.seq[row] = be32(c, at + 38)
    table.ack[row] = be32(c, at + 42)
    table.window[row] = be16(c, at + 48)
    table.tcp_flags[row] = be16(c, at + 46) & 0x1FF
    table.mss[row] = 0
    table.scale[row] = NOT_SCALED
    table.ttl[row] = c.data[at + 22]
    table.tunnel[row] = 0
    table.chain[row] = LAYER_ETH | LAYER_IP << 8 | LAYER_TCP << 16
    table.vlan[row] = 0
    table.ethertype[row] = 0x0800
    table.marks[row] = MARK_IS_IP | MARK_HAS_PORTS | (MARK_CUT if there < end else 0)
    table.fault[row] = 0
    table.held[row] = 0
    table.held_wire[row] = 0
