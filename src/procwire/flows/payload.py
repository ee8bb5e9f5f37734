# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Where payload is cut from: the buffer of the batch under the eye, or a datagram rebuilt from fragments.

Refuses to read outside what the batch holds, whatever a row says.
"""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.procwire.flows.segment import Segment
    from cython.cimports.procwire.model.packets import PacketTable
else:
    from procwire.flows.segment import Segment
    from procwire.model.packets import PacketTable


@cython.cclass
class Payload:
    """The payload of one table at a time."""

    table: PacketTable

    def __init__(self) -> None:
        self.table = None
        self.view = memoryview(b"")

    @cython.cfunc
    @cython.exceptval(-1)
    def begin(self, table: PacketTable) -> cython.int:
        """Read payload from this table from now on; None lets go of the last one's buffer."""
        self.table = table
        if table is None:
            self.view = memoryview(b"")
        else:
            self.view = memoryview(table.buffer).cast("B")
        return 0

    @cython.cfunc
    def cut(self, seg: Segment, behind: cython.longlong) -> bytes:
        """The captured payload of the segment from ``behind`` on."""
        if seg.rebuilt:
            whole: bytes = self.table.rebuilt.get(seg.row, b"")
            return whole[behind : seg.present]
        start: cython.longlong = self.table.payload[seg.row] + behind
        size: cython.longlong = seg.present - behind
        if start < 0 or size <= 0 or start + size > len(self.view):
            return b""
        if cython.compiled:
            return cython.cast("const char *", cython.address(self.view[start]))[:size]
        return bytes(self.view[start : start + size])
