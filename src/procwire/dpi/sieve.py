# cython: language_level=3
"""A protocol's declared shape, in the form in which bytes are held against it at the least price.

Each way to begin is one bit, in a byte where there are few; a table for each place that any of them names
says, byte for byte, which of them allow it. Knows bytes alone: neither protocols nor flows. It may let
through what ``claims`` refuses.
"""

from __future__ import annotations

from array import array
from typing import Any

import cython

from procwire.dpi.contract import Shape

MAX_STARTS = 64  # ways to begin of one shape: a bit each
MAX_PLACE = 255
_FEW = 8  # ways to begin that a byte tells
_BYTES = 256


class ShapeError(Exception):
    """A shape that cannot be held against bytes."""


@cython.cclass
class Sieve:
    """One shape. Bytes that end before a place are not judged by it."""

    _least: cython.Py_ssize_t
    _holds: bytes
    _places: bytes
    _few: bytes  # the masks where there are few ways to begin; else empty
    _masks: cython.ulonglong[::1]

    def __init__(self, shape: Shape) -> None:
        starts = shape.starts
        places = {place for start in starts for place in start}
        if len(starts) > MAX_STARTS or not places <= set(range(MAX_PLACE + 1)):
            raise ShapeError(f"{len(starts)} ways to begin, places {sorted(places)}")
        tables = {place: _table(starts, place) for place in places}
        ordered = sorted(places, key=lambda place: _breadth(starts, place))
        masks = [mask for place in ordered for mask in tables[place]]
        few = len(starts) <= _FEW
        flat: Any = None if few else array("Q", masks)
        self._least = shape.least
        self._holds = shape.holds
        self._places = bytes(ordered)
        self._few = bytes(masks) if few else b""
        self._masks = flat

    @cython.ccall
    def refuses(self, data: bytes) -> cython.bint:
        """Whether no way to begin allows these bytes."""
        size: cython.Py_ssize_t = len(data)
        if size < self._least:
            return True
        left: cython.ulonglong = 0xFFFFFFFFFFFFFFFF
        places: bytes = self._places
        few: bytes = self._few
        narrow: cython.bint = len(few) > 0
        at: cython.Py_ssize_t
        place: cython.Py_ssize_t
        for at in range(len(places)):
            place = places[at]
            if place < size:
                if narrow:
                    left &= few[at << 8 | data[place]]
                else:
                    left &= self._masks[at << 8 | data[place]]
                if left == 0:
                    return True
        return len(self._holds) > 0 and self._lacks(data)

    @cython.cfunc
    def _lacks(self, data: bytes) -> cython.bint:
        byte: cython.uchar
        for byte in self._holds:  # noqa: SIM110 - a loop in C
            if byte not in data:
                return True
        return False


def _table(starts: tuple[dict[int, bytes], ...], place: int) -> list[int]:
    """Byte -> the starts that allow it at this place, as bits; one that does not name it allows all."""
    one: Any = 1  # no C number: there are 64 of these
    named = [(one << bit, start[place]) for bit, start in enumerate(starts) if place in start]
    masks = [(one << len(starts)) - 1 - sum([flag for flag, _ in named])] * _BYTES
    for flag, allowed in named:
        for byte in set(allowed):
            masks[byte] |= flag
    return masks


def _breadth(starts: tuple[dict[int, bytes], ...], place: int) -> int:
    """How much a place lets through: bytes allowed, summed over the starts."""
    return sum([len(set(start[place])) if place in start else _BYTES for start in starts])


def sieve(module: Any, transport: str) -> Sieve | None:
    """What a module's ``SHAPES`` says of a transport, ready for use; None where it says nothing."""
    shape = getattr(module, "SHAPES", {}).get(transport)
    return None if shape is None else Sieve(shape)
