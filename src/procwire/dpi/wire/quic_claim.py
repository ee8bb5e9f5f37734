# cython: cdivision=True
"""Is this datagram QUIC? Judged by content alone: a known version and lengths that fit (RFC 8999, RFC 9000).

It recognises and decrypts nothing; random UDP passes for QUIC about once in 2**32 datagrams.
"""

from __future__ import annotations

from procwire.dpi.contract import Claim
from procwire.dpi.wire._quic_names import DRAFT, SALTS, is_google
from procwire.dpi.wire.quic_packet import (
    INITIAL,
    MIN_CLIENT_DATAGRAM,
    NEGOTIATION,
    RETRY,
    TAG_BYTES,
    LongPacket,
    google_version,
    read_long,
)

FIRST = bytes((0x09, 0x0D, 0x19, 0x1D, 0x29, 0x2D, 0x39, 0x3D, *range(0x80, 0x100)))


def is_known(version: int) -> bool:
    """A version of QUIC that was ever deployed, as far as its number tells."""
    return version in SALTS or is_google(version) or version & 0xFFFFFF00 == DRAFT


def is_reserved(version: int) -> bool:
    """A number that a client offers so that the server must name its own (RFC 9000 section 15)."""
    return version & 0x0F0F0F0F == 0x0A0A0A0A


def listed_versions(data: bytes, packet: LongPacket) -> list[int]:
    """The versions in a Version Negotiation packet (RFC 8999 section 6)."""
    body = data[packet.payload : packet.end]
    return [int.from_bytes(body[at : at + 4], "big") for at in range(0, len(body) - 3, 4)]


def _claims_long(data: bytes, packet: LongPacket) -> bool:
    if packet.kind == NEGOTIATION:
        body = packet.end - packet.payload
        return body > 0 and body % 4 == 0 and any(map(is_known, listed_versions(data, packet)))
    if not data[0] & 0x40:
        return False
    if is_reserved(packet.version):  # only ever in a client's Initial
        opens = packet.kind == INITIAL and len(packet.dcid) >= 8 and len(data) >= MIN_CLIENT_DATAGRAM
        return opens and not data[packet.end :].strip(b"\0")
    if not is_known(packet.version):
        return False
    if packet.kind == RETRY:
        return packet.end - packet.payload > TAG_BYTES and len(packet.scid) > 0
    if packet.kind == INITIAL and len(packet.dcid) >= 8 and packet.end == len(data):
        # A server's Initial that only acknowledges may be small; a client's never is (RFC 9000 section 14.1).
        return len(data) >= MIN_CLIENT_DATAGRAM or not packet.token
    return True


def claim(data: bytes) -> Claim:
    """Could this datagram start a QUIC flow? Never MORE: a datagram is all there is."""
    if google_version(data):
        return Claim.YES
    packet = read_long(data, 0)
    return Claim.YES if packet is not None and _claims_long(data, packet) else Claim.NO
