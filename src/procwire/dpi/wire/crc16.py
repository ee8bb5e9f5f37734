"""The two 16-bit checksums of industrial protocols, by tables made once."""

from __future__ import annotations


def _table(polynomial: int, *, reflected: bool) -> tuple[int, ...]:
    rows = []
    for byte in range(256):
        value = byte if reflected else byte << 8
        for _ in range(8):
            if reflected:
                value = value >> 1 ^ (polynomial if value & 1 else 0)
            else:
                value = (value << 1 ^ (polynomial if value & 0x8000 else 0)) & 0xFFFF
        rows.append(value)
    return tuple(rows)


_DNP = _table(0xA6BC, reflected=True)
_CCITT = _table(0x1021, reflected=False)


def dnp(data: bytes) -> int:
    """CRC-16/DNP (IEEE 1815-2012 section 9.2.4.3)."""
    value = 0
    for byte in data:
        value = value >> 8 ^ _DNP[(value ^ byte) & 0xFF]
    return value ^ 0xFFFF


def ccitt(data: bytes) -> int:
    """CRC-CCITT with all ones at the start (IEEE C37.118.2-2011 annex B)."""
    value = 0xFFFF
    for byte in data:
        value = (value << 8 & 0xFFFF) ^ _CCITT[value >> 8 ^ byte]
    return value
