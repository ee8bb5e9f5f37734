# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Addresses of many packets as 16 bytes each, in network order."""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.procwire.model.packets import PacketTable
else:
    from procwire.model.packets import PacketTable

_MAPPED = 0xFFFF00000000  # ::ffff:a.b.c.d (RFC 4291 section 2.5.5.2)


def addresses(table: PacketTable, *, source: bool) -> bytearray:
    """Of one end of each row; IPv4 mapped, zeros for what is not IP."""
    count: cython.int = table.count
    packed = bytearray(16 * count)
    if not count:
        return packed
    out: cython.uchar[::1] = packed
    high: cython.ulonglong[::1] = table.src_hi if source else table.dst_hi
    low: cython.ulonglong[::1] = table.src_lo if source else table.dst_lo
    row: cython.int
    place: cython.int
    at: cython.Py_ssize_t
    upper: cython.ulonglong
    lower: cython.ulonglong
    for row in range(count):
        upper = high[row]
        lower = low[row]
        if table.family[row] == 4:
            lower |= _MAPPED
        at = 16 * row
        for place in range(8):
            out[at + 7 - place] = upper & 255
            out[at + 15 - place] = lower & 255
            upper >>= 8
            lower >>= 8
    return packed
