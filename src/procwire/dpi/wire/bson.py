"""BSON, as far as MongoDB's messages need it: the elements of one document, values of simple types only.

Refuses to go into documents within documents by itself, to read beyond what it is given, and to keep binary
data (bsonspec.org, version 1.1).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from procwire.dpi.contract import ProtocolError

MAX_ELEMENTS = 64  # of one document that are looked at
MAX_NAME = 128  # bytes

_FIXED = {
    0x01: 8,
    0x06: 0,
    0x07: 12,
    0x08: 1,
    0x09: 8,
    0x0A: 0,
    0x10: 4,
    0x11: 8,
    0x12: 8,
    0x13: 16,
    0xFF: 0,
    0x7F: 0,
}
_TEXTS = frozenset({0x02, 0x0D, 0x0E})


class Nested(bytes):
    """A document within the document, not read."""


def elements(data: bytes, at: int = 0) -> Iterator[tuple[str, Any]]:
    """(name, value) of a document that starts at ``at``; ends quietly where what is given ends.

    Raises ProtocolError for what is no BSON.
    """
    if len(data) - at < 5:
        raise ProtocolError("no document")
    end = min(len(data), at + int.from_bytes(data[at : at + 4], "little"))
    at += 4
    for _ in range(MAX_ELEMENTS):
        if at >= end or data[at] == 0:
            return
        kind = data[at]
        stop = data.find(b"\0", at + 1, at + 2 + MAX_NAME)
        if stop < 0:
            if end - at > MAX_NAME:
                raise ProtocolError("an element without a name")
            return
        name = data[at + 1 : stop].decode("utf-8", "replace")
        size, value = _value(kind, data, stop + 1)
        at = stop + 1 + size
        if at > end and not isinstance(value, Nested):
            return
        yield name, value


def _value(kind: int, data: bytes, at: int) -> tuple[int, Any]:
    """(bytes, value) of an element's value at ``at``."""
    fixed = _FIXED.get(kind)
    raw = data[at : at + (fixed or 0)]
    if fixed is not None:
        return fixed, _simple(kind, raw) if len(raw) == fixed else None
    length = int.from_bytes(data[at : at + 4], "little", signed=True)
    if length < 0:
        raise ProtocolError("a negative length")
    if kind in _TEXTS:
        return 4 + length, data[at + 4 : at + 3 + length].decode("utf-8", "replace") if length else ""
    if kind in {0x03, 0x04}:
        return max(5, length), Nested(data[at : at + length])
    if kind == 0x05:
        return 5 + length, data[at + 5 : at + 5 + length]
    if kind in {0x0B, 0x0C, 0x0F}:
        return len(data), None  # regular expressions, pointers and code with a scope end the reading
    raise ProtocolError("no type of BSON")


def _simple(kind: int, raw: bytes) -> Any:
    if kind == 0x01:
        return struct.unpack("<d", raw)[0]
    if kind == 0x08:
        return raw != b"\0"
    if kind in {0x10, 0x12, 0x09, 0x11}:
        return int.from_bytes(raw, "little", signed=True)
    return raw.hex() if raw else None
