# cython: boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Pieces of a stream that wait behind a hole: in order, without overlap, what came first kept.

A piece is (offset in the stream, bytes, bytes on the wire); where the capture cut it, the last two differ.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any

import cython

if cython.compiled:
    from cython.cimports.procwire.flows.segment import End
else:
    from procwire.flows.segment import End

PIECE = 160  # bytes that a held piece takes beside its payload: tuple, two integers, bytes object, list slot
_PIECE = cython.declare(cython.longlong, PIECE)


@cython.cfunc
@cython.exceptval(-1)
def hold(end: End, start: cython.longlong, data: bytes, size: cython.longlong) -> cython.longlong:
    """Hold what of a piece is not held yet; the bytes that takes, bookkeeping included."""
    held: list[Any] = end.held
    piece: tuple[Any, ...]
    base: cython.longlong = start
    stop: cython.longlong = start + size
    limit: cython.longlong
    follower: cython.longlong
    taken: cython.longlong = 0
    at: cython.Py_ssize_t = bisect_left(held, (start + 1,))
    if at > 0:
        piece = held[at - 1]
        limit = piece[0] + piece[2]
        start = max(start, limit)
    while start < stop:
        limit = stop
        if at < len(held):
            piece = held[at]
            follower = piece[0]
            limit = min(stop, follower)
        if limit > start:
            part: bytes = data[start - base : limit - base]
            held.insert(at, (start, part, limit - start))
            taken += _PIECE + len(part)
            at += 1
        if at >= len(held):
            break
        piece = held[at]
        follower = piece[0] + piece[2]
        start = max(limit, follower)
        at += 1
    end.cost += taken
    return taken
