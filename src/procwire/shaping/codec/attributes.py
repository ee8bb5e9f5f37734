"""Netlink attributes of traffic control, read strictly. Pure.

``procwire.netlink.message`` stops silently at what does not fit; here that is a CodecError, as half an object
written back would be another object.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping

from procwire.netlink.message import attribute
from procwire.shaping.failure import ShapingError

NESTED = 0x8000
MAX_ATTRIBUTES = 4096  # of one object
MAX_TEXT = 256
_HEADER = struct.Struct("=HH")
_TYPE_MASK = 0x3FFF

__all__ = ["attribute"]


class CodecError(ShapingError):
    """Bytes of the kernel's are not what they should be, or a value does not fit where it should go."""


def attributes(data: bytes, *, least: Mapping[int, int] | None = None) -> dict[int, bytes]:
    """Payloads by type, the last of a type winning. Raises CodecError.

    ``least``: the fewest bytes that an attribute of a type has; a newer kernel may send more.
    """
    found: dict[int, bytes] = {}
    for kind, payload in listed(data):
        if least is not None and len(payload) < least.get(kind, 0):
            raise CodecError(f"attribute {kind} has {len(payload)} bytes, not {least[kind]}")
        found[kind] = payload
    return found


def listed(data: bytes) -> list[tuple[int, bytes]]:
    """Types and payloads in their order. Raises CodecError."""
    found: list[tuple[int, bytes]] = []
    offset = 0
    while offset < len(data):
        if offset + _HEADER.size > len(data):
            raise CodecError(f"{len(data) - offset} bytes are left over after the last attribute")
        length, kind = _HEADER.unpack_from(data, offset)
        if length < _HEADER.size or offset + length > len(data):
            raise CodecError(f"attribute {kind & _TYPE_MASK} says it has {length} bytes")
        if len(found) >= MAX_ATTRIBUTES:
            raise CodecError(f"more than {MAX_ATTRIBUTES} attributes")
        found.append((kind & _TYPE_MASK, data[offset + _HEADER.size : offset + length]))
        offset += length + 3 & ~3
    return found


def nest(kind: int, *parts: bytes) -> bytes:
    """An attribute of attributes, marked as such."""
    return attribute(kind | NESTED, b"".join(parts))


def number(kind: int, value: int) -> bytes:
    """A u32. Raises CodecError."""
    return attribute(kind, packed("=I", value))


def wide(kind: int, value: int) -> bytes:
    """A u64. Raises CodecError."""
    return attribute(kind, packed("=Q", value))


def text(kind: int, value: str) -> bytes:
    """A text with its zero."""
    return attribute(kind, value.encode("utf-8", "surrogateescape") + b"\0")


def words(payload: bytes) -> str:
    """A text, without its zero."""
    return payload[:MAX_TEXT].split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def packed(layout: str, *values: int) -> bytes:
    """As struct.pack; what does not fit raises CodecError."""
    try:
        return struct.pack(layout, *values)
    except struct.error as error:
        raise CodecError(f"{values}: {error}") from None


def unpacked(layout: str, payload: bytes) -> tuple[int, ...]:
    """As struct.unpack_from, of the first bytes. Raises CodecError."""
    if len(payload) < struct.calcsize(layout):
        raise CodecError(f"{len(payload)} bytes, not {struct.calcsize(layout)}")
    return struct.unpack_from(layout, payload)


def one(layout: str, payload: bytes | None, absent: int = 0) -> int:
    """A single number, or ``absent`` where there is no attribute. Raises CodecError."""
    return absent if payload is None else unpacked(layout, payload)[0]
