"""Integers out of a cursor's bytes, for the uncompiled room; compiled code inlines those in octets.pxd.

Refuses to check bounds: the caller has proven that the bytes are there.
"""

from __future__ import annotations

from typing import Any


def be16(c: Any, at: int) -> int:
    """Two bytes, big-endian."""
    return int(c.data[at] << 8 | c.data[at + 1])


def le16(c: Any, at: int) -> int:
    """Two bytes, little-endian."""
    return int(c.data[at + 1] << 8 | c.data[at])


def be32(c: Any, at: int) -> int:
    """Four bytes, big-endian."""
    return int.from_bytes(c.data[at : at + 4], "big")


def le32(c: Any, at: int) -> int:
    """Four bytes, little-endian."""
    return int.from_bytes(c.data[at : at + 4], "little")


def be64(c: Any, at: int) -> int:
    """Eight bytes, big-endian."""
    return int.from_bytes(c.data[at : at + 8], "big")
