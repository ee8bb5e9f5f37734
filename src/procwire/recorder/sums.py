# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""What a batch comes to in all, for a bundle: sums over its rows, with no object for each of them."""

from __future__ import annotations

import cython

if cython.compiled:
    from cython.cimports.procwire.model.frames import FrameBatch
    from cython.cimports.procwire.model.packets import PacketTable
else:
    from procwire.model.frames import FrameBatch
    from procwire.model.packets import PacketTable


def wire_bytes(batch: FrameBatch) -> int:
    """Bytes that its frames had on the wire."""
    row: cython.int
    total: cython.longlong = 0
    for row in range(batch.count):
        total += batch.wire[row]
    return int(total)


def unfollowed(table: PacketTable, count: cython.int) -> int:
    """How many of its packets are of no flow."""
    if count > table.capacity:
        raise IndexError(f"{count} rows of {table.capacity}")
    row: cython.int
    total: cython.longlong = 0
    for row in range(count):
        total += table.flow[row] == 0
    return int(total)


def highest(numbers: cython.longlong[::1]) -> int:
    """The highest number of a flow, of whichever side; 0 where there is none."""
    row: cython.Py_ssize_t
    number: cython.longlong
    most: cython.longlong = 0
    for row in range(len(numbers)):
        number = numbers[row]
        most = max(most, number if number >= 0 else -number)
    return int(most)
