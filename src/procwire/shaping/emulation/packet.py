"""What the emulation has to know of an IP packet: its flow, its ECN bits, a bit to flip. Pure; never raises.

What is no IPv4 or IPv6, or too short, is a flow of its own and has no ECN.
"""

from __future__ import annotations

WITH_PORTS = frozenset({6, 17, 33, 132, 136})  # TCP, UDP, DCCP, SCTP, UDP-Lite: two ports first
CE = 3  # RFC 3168 section 5


def flow_of(data: bytes) -> bytes:
    """Protocol, addresses and ports as bytes, of one direction. Later fragments have no ports."""
    version = data[0] >> 4 if data else 0
    if version == 4 and len(data) >= 20:
        whole = not (data[6] & 0x3F or data[7])
        start = (data[0] & 0x0F) * 4
        return data[9:10] + data[12:20] + _ports(data, data[9], start if whole else len(data))
    if version == 6 and len(data) >= 40:
        return data[6:7] + data[8:40] + _ports(data, data[6], 40)
    return b""


def _ports(data: bytes, protocol: int, start: int) -> bytes:
    return data[start : start + 4] if protocol in WITH_PORTS else b""


def marked(data: bytes) -> bytes | None:
    """The packet with Congestion Experienced; None for a sender without ECN (RFC 3168 section 5)."""
    version = data[0] >> 4 if data else 0
    if version == 4 and len(data) >= 20 and data[1] & CE:
        head = bytearray(data)
        head[1] |= CE
        # RFC 1624: HC' = ~(~HC + ~m + m')
        old, new = data[0] << 8 | data[1], head[0] << 8 | head[1]
        total = (~(data[10] << 8 | data[11]) & 0xFFFF) + (~old & 0xFFFF) + new
        total = (total & 0xFFFF) + (total >> 16)
        total = ~((total & 0xFFFF) + (total >> 16)) & 0xFFFF
        head[10], head[11] = total >> 8, total & 0xFF
        return bytes(head)
    if version == 6 and len(data) >= 40 and data[1] >> 4 & CE:
        head = bytearray(data)
        head[1] |= CE << 4
        return bytes(head)
    return None


def flipped(data: bytes, place: int) -> bytes:
    """The packet with bit ``place`` the other way; as with netem, checksums are not mended."""
    damaged = bytearray(data)
    damaged[place >> 3] ^= 1 << (place & 7)
    return bytes(damaged)
