# cython: cdivision=True
"""QUIC packets from outside: long headers, varints, transport parameters (RFC 8999, RFC 9000 16 to 18).

Nothing is decrypted here. What does not fit is None, never an exception: a datagram may be anything.
"""

from __future__ import annotations

import cython
import msgspec

from procwire.dpi.wire._quic_names import Q046, V2

INITIAL, ZERO_RTT, HANDSHAKE, RETRY, NEGOTIATION = 0, 1, 2, 3, 4
MAX_ID_BYTES = 20  # RFC 9000 section 17.2
TAG_BYTES = 16
MIN_CLIENT_DATAGRAM = 1200  # RFC 9000 section 14.1
MAX_PARAMETERS = 128

_MASK_4 = 0x3FFFFFFF
_MASK_8 = 0x3FFFFFFFFFFFFFFF


class LongPacket(msgspec.Struct, gc=False):
    """A packet with a long header. Offsets are into the datagram; ``kind`` is one of the constants above."""

    kind: int
    version: int
    dcid: bytes
    scid: bytes
    token: bytes
    start: int  # of the packet
    payload: int  # where the packet number is, or what stands behind the ids
    end: int


@cython.ccall
def varint(data: bytes, at: cython.Py_ssize_t) -> tuple[int, int]:
    """A variable-length integer and the offset behind it (RFC 9000 section 16); (-1, at) where it is cut."""
    size: cython.Py_ssize_t = len(data)
    if at >= size:
        return -1, at
    first: cython.int = data[at]
    length: cython.int = 1 << (first >> 6)
    if at + length > size:
        return -1, at
    if length == 1:
        return first, at + 1
    if length == 2:
        return ((first & 0x3F) << 8) | data[at + 1], at + 2
    if length == 4:
        return int.from_bytes(data[at : at + 4], "big") & _MASK_4, at + 4
    return int.from_bytes(data[at : at + 8], "big") & _MASK_8, at + 8


@cython.cfunc
@cython.inline
def _kind(first: cython.int, version: cython.uint) -> cython.int:
    bits: cython.int = (first >> 4) & 3
    if version == V2:  # rotated by one (RFC 9369 section 3.2)
        return (bits + 3) & 3
    return bits


def read_long(data: bytes, start: cython.Py_ssize_t) -> LongPacket | None:
    """The long-header packet at ``start``; None where there is none or it does not fit the datagram."""
    size: cython.Py_ssize_t = len(data)
    at: cython.Py_ssize_t
    length: cython.Py_ssize_t
    if start + 7 > size or not data[start] & 0x80:
        return None
    version = int.from_bytes(data[start + 1 : start + 5], "big")
    length = data[start + 5]
    at = start + 6 + length
    if at >= size or (length > MAX_ID_BYTES and version):
        return None
    dcid = data[start + 6 : at]
    length = data[at]
    if at + 1 + length > size or (length > MAX_ID_BYTES and version):
        return None
    scid = data[at + 1 : at + 1 + length]
    at += 1 + length
    if version == 0:
        return LongPacket(NEGOTIATION, 0, dcid, scid, b"", start, at, size)
    kind: cython.int = _kind(data[start], version)
    if kind == RETRY:
        return LongPacket(RETRY, version, dcid, scid, b"", start, at, size)
    token = b""
    if kind == INITIAL:
        count, behind = varint(data, at)
        if count < 0 or count > size - behind:
            return None
        at = behind + count
        token = data[behind:at]
    count, behind = varint(data, at)
    if count < TAG_BYTES + 1 or count > size - behind:
        return None
    return LongPacket(kind, version, dcid, scid, token, start, behind, behind + count)


def google_version(data: bytes) -> int:
    """The version of a Google QUIC packet before IETF's form (to Q043) or of Q046; 0 where it is neither."""
    if len(data) < 14:
        return 0
    if data[0] & 0x80:
        version = int.from_bytes(data[1:5], "big")
        return version if version == Q046 and data[5] in (0x50, 0x05, 0x55, 0) else 0
    if data[0] & 0xC9 != 0x09:  # a version and a connection id of eight bytes, no multipath
        return 0
    version = int.from_bytes(data[9:13], "big")
    text = data[9:13]
    return version if text[:2] == b"Q0" and text[2:].isdigit() and b"Q009" < text <= b"Q044" else 0


def google_tags(data: bytes) -> dict[bytes, bytes]:
    """The tags of a client hello of Google's own crypto that stands in clear in ``data``; empty for none."""
    at = data.find(b"CHLO", 0, 128)
    if at < 0 or at + 8 > len(data):
        return {}
    count = int.from_bytes(data[at + 4 : at + 6], "little")
    values = at + 8 + 8 * count
    tags: dict[bytes, bytes] = {}
    before = 0
    if count > MAX_PARAMETERS or values > len(data):
        return {}
    for index in range(at + 8, values, 8):
        end = int.from_bytes(data[index + 4 : index + 8], "little")
        if end < before or values + end > len(data):
            break
        tags[data[index : index + 4]] = data[values + before : values + end]
        before = end
    return tags


def parameters(body: bytes) -> dict[int, bytes]:
    """Transport parameters (RFC 9000 section 18) as far as they parse; the first value of each."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(body) and len(found) < MAX_PARAMETERS:
        number, at = varint(body, at)
        length, at = varint(body, at)
        if number < 0 or length < 0 or length > len(body) - at:
            break
        found.setdefault(number, body[at : at + length])
        at += length
    return found
