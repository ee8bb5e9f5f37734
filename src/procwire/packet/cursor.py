# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Where the reading of one frame stands, and what was read so far: one object, used again for each frame.

Positions are offsets into ``data``. ``end`` is where the captured bytes of the present layer end,
``limit`` where the layer ends by what its headers say (so ``limit`` may lie beyond ``end``).
Refuses to know any header.
"""

from __future__ import annotations

from typing import Any

import cython

if cython.compiled:
    from cython.cimports.procwire.model.packets import PacketTable
    from cython.cimports.procwire.packet._codes import (
        CHAIN_LAYERS,
        LAYER_MORE,
        MARK_CUT,
        MARK_IS_IP,
        NOT_SCALED,
        STEP_DONE,
    )
else:
    from procwire.model.packets import PacketTable
    from procwire.packet._codes import CHAIN_LAYERS, LAYER_MORE, MARK_CUT, MARK_IS_IP, NOT_SCALED, STEP_DONE


@cython.cclass
class Cursor:
    """The state of one frame. Fields named like a column of PacketTable become that column.

    kind       ethertype of the innermost link layer
    layers     layers pushed on ``chain``; ``kept``: the chain as it stood at six layers
    nets       IP headers read; ``vlans``: VLAN tags read
    probe      1 while only the transport header of a first fragment is wanted
    gigantic   1 where the IP header leaves the length to the frame (GSO, jumbogram)
    encrypted  1 for a frame that is encrypted below IP
    heading    what the link header says of the direction (bits of FrameBatch.flags)
    stripped   FrameBatch.vlan: a tag that is not in the frame's bytes
    pending    tunnel hash that the next IP header takes on
    """

    data: Any
    view: Any

    def __init__(self) -> None:
        self.view = None
        self.start(0, 0, 0)

    def load(self, view: Any) -> None:
        """Read from ``view``, a contiguous buffer of bytes that is not empty."""
        octets: cython.const[cython.uchar][::1] = view  # type: ignore[valid-type]
        self.view = view
        if cython.compiled:
            self.data = cython.address(octets[0])
        else:
            self.data = view

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def start(self, at: cython.longlong, end: cython.longlong, limit: cython.longlong) -> cython.void:
        """Begin a frame at ``at``."""
        self.at = at
        self.end = end
        self.limit = limit
        self.kind = self.layers = self.nets = self.vlans = self.probe = 0
        self.gigantic = self.encrypted = self.heading = 0
        self.pending = self.tunnel = self.vlan = self.stripped = 0
        self.kept = self.chain = 0
        self.more = 0
        self.fragment_offset = self.fragment_id = 0
        self.family = self.proto = self.ttl = 0
        self.src_hi = self.src_lo = self.dst_hi = self.dst_lo = 0
        self.payload = at
        self.present = self.length = 0
        self.marks = self.fault = 0
        self.clear()

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def clear(self) -> cython.void:
        """Forget a transport header: an inner IP header begins."""
        self.sport = self.dport = 0
        self.seq = self.ack = 0
        self.window = self.tcp_flags = self.mss = 0
        self.scale = NOT_SCALED

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def layer(self, code: cython.int) -> cython.void:
        """Push one layer on the chain. Of more than eight, the middle is elided: ``a.b.c.d.e.f.….z``."""
        value: cython.ulonglong = code
        more: cython.ulonglong = LAYER_MORE
        if self.layers < CHAIN_LAYERS:
            self.chain = self.chain | (value << (8 * self.layers))
            self.layers += 1
            if self.layers == CHAIN_LAYERS - 2:
                self.kept = self.chain
        else:
            self.chain = self.kept | (more << 48) | (value << 56)

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def stop(self, fault: cython.int) -> cython.int:
        """Reading ends here; the first fault of a frame is the one that is kept."""
        if self.fault == 0:
            self.fault = fault
        if self.end < self.limit:
            self.marks |= MARK_CUT
        return STEP_DONE

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def enter(self, kind: cython.uint, identifier: cython.uint) -> cython.void:
        """A tunnel of layer ``kind`` begins: mix its identifier into the hash (FNV-1a, 31 bits, not 0)."""
        mixed: cython.ulonglong = self.pending
        mixed = ((mixed ^ kind) * 16777619) & 0x7FFFFFFF
        mixed = ((mixed ^ identifier) * 16777619) & 0x7FFFFFFF
        mixed = mixed ^ (mixed >> 15)
        self.pending = mixed or kind

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def settle(self) -> cython.void:
        """The payload begins at ``at`` and goes on to ``limit``."""
        length: cython.longlong = self.limit - self.at
        present: cython.longlong = self.end - self.at
        length = max(length, 0)
        present = min(present, length)
        present = max(present, 0)
        self.payload = min(self.end, self.at)
        self.length = length
        self.present = present
        if present < length:
            self.marks |= MARK_CUT

    @cython.cfunc
    @cython.nogil
    @cython.exceptval(check=False)
    def store(self, table: PacketTable, row: cython.int) -> cython.void:
        """Write the columns of one row."""
        table.src_hi[row] = self.src_hi
        table.src_lo[row] = self.src_lo
        table.dst_hi[row] = self.dst_hi
        table.dst_lo[row] = self.dst_lo
        table.sport[row] = self.sport
        table.dport[row] = self.dport
        table.family[row] = self.family
        table.proto[row] = self.proto
        table.payload[row] = self.payload
        table.present[row] = self.present
        table.length[row] = self.length
        table.seq[row] = self.seq
        table.ack[row] = self.ack
        table.window[row] = self.window
        table.tcp_flags[row] = self.tcp_flags
        table.mss[row] = self.mss
        table.scale[row] = self.scale
        table.ttl[row] = self.ttl
        table.tunnel[row] = self.tunnel
        table.chain[row] = self.chain
        table.vlan[row] = self.vlan
        table.ethertype[row] = self.kind
        table.marks[row] = self.marks
        table.fault[row] = self.fault
        table.held[row] = 0
        table.held_wire[row] = 0

    def resume(self, other: Cursor, size: int) -> None:
        """Go on after the IP header that ``other`` read, in own data of ``size`` bytes."""
        self.start(0, size, size)
        self.kind, self.layers, self.nets, self.vlans = other.kind, other.layers, other.nets, other.vlans
        self.pending, self.tunnel, self.vlan = other.pending, other.tunnel, other.vlan
        self.kept, self.chain = other.kept, other.chain
        self.family, self.proto, self.ttl = other.family, other.proto, other.ttl
        self.src_hi, self.src_lo = other.src_hi, other.src_lo
        self.dst_hi, self.dst_lo = other.dst_hi, other.dst_lo
        self.marks = MARK_IS_IP
        self.settle()

    def clear_transport(self) -> None:
        """``clear``, called from Python."""
        self.clear()
