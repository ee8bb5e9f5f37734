# cython: language_level=3
"""Addresses as two 64-bit integers, and as people write them."""

from __future__ import annotations

import ipaddress
from functools import lru_cache

IPV4 = 4
IPV6 = 6


@lru_cache(maxsize=65536)
def text(family: int, high: int, low: int) -> str:
    """The usual text form (RFC 5952 for IPv6); empty for a family that is neither 4 nor 6."""
    if family == IPV4:
        return f"{low >> 24 & 255}.{low >> 16 & 255}.{low >> 8 & 255}.{low & 255}"
    if family == IPV6:
        return str(ipaddress.IPv6Address(high << 64 | low))
    return ""


def packed(family: int, high: int, low: int) -> bytes:
    """Network byte order: 4 bytes or 16."""
    if family == IPV4:
        return low.to_bytes(4, "big")
    return (high << 64 | low).to_bytes(16, "big")


def split(address: str) -> tuple[int, int, int]:
    """Text to (family, high, low). Raises ValueError for what is not an address."""
    parsed = ipaddress.ip_address(address)
    value = int(parsed)
    return parsed.version, value >> 64, value & (1 << 64) - 1
