# cython: cdivision=True
"""Is this the start of a TLS stream? Judged by content alone, by as few bytes as are safe.

It recognises; it parses nothing for others. A YES needs a handshake record with the start of a hello, a lone
clear alert, an SSLv2-framed hello (RFC 5246 appendix E.2), application data records one after another, or one
sealed alert: the farewell of a session that began before the capture; or certificates without their hello.
"""

from __future__ import annotations

from typing import Any

import cython

from procwire.dpi.contract import Claim
from procwire.dpi.wire._tls_names import ALERTS
from procwire.dpi.wire.tls_record import (
    ALERT,
    APPLICATION_DATA,
    CHANGE_CIPHER_SPEC,
    HANDSHAKE,
    MAX_MESSAGE_BYTES,
    plausible,
)

FIRST = bytes((*range(0x80, 0x90), CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA))
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE = 1, 2, 11
MAX_SSLV2_BYTES = 4096
MIN_CERTIFICATE = 128  # bytes; with a shorter one no key could be told
DER_SEQUENCE = b"\x30\x82"  # of 256 bytes and more
MIN_SEALED = 17  # an AEAD's tag and one byte
SEALED_ALERTS = frozenset({18, 22, 24, 26, 32, 40, 48, 64, 80})  # two bytes as each kind of cipher seals them

_YES = Claim.YES
_NO = Claim.NO
_MORE = Claim.MORE


def _claims_sslv2(data: bytes) -> Any:
    if len(data) < 11:
        return _MORE
    length = ((data[0] & 0x7F) << 8) | data[1]
    sizes = [(data[at] << 8) | data[at + 1] for at in (5, 7, 9)]
    fits = 9 + sum(sizes) == length <= MAX_SSLV2_BYTES and not sizes[0] % 3 and sizes[0] > 0
    named = data[2] == CLIENT_HELLO and (data[3:5] == b"\0\2" or (data[3] == 3 and data[4] <= 4))
    return _YES if named and fits and sizes[1] in (0, 16, 32) and 16 <= sizes[2] <= 32 else _NO


def _claims_sealed(data: bytes, length: int) -> Any:
    """Application data with no handshake before it: one record must end where the next begins."""
    if length < MIN_SEALED or data[2] == 0:
        return _NO
    rest = data[5 + length :]
    if len(data) < 5 + length or (rest and len(rest) < 3):
        return _MORE
    return _YES if not rest or (rest[0] in (ALERT, APPLICATION_DATA) and rest[1:3] == data[1:3]) else _NO


def _handshake_start(data: bytes) -> bytes:
    """The first bytes of the first handshake message, out of as many records as it takes."""
    start = b""
    at = 0
    while len(start) < 6 and at + 5 <= len(data) and data[at] == HANDSHAKE and data[at + 1] == 3:
        length = (data[at + 3] << 8) | data[at + 4]
        start += data[at + 5 : at + 5 + min(length, 6)]
        at += 5 + length
    return start[:6]


def _claims_chain(data: bytes) -> Any:
    """A Certificate message: three lengths, each of which holds the next (RFC 5246 section 7.4.2)."""
    sizes = [int.from_bytes(data[at : at + 3], "big") for at in (6, 9, 12) if len(data) >= at + 3]
    if not all(MIN_CERTIFICATE <= size <= MAX_MESSAGE_BYTES for size in sizes):
        return _NO
    if len(sizes) > 1 and sizes[1] != sizes[0] - 3:
        return _NO
    if len(sizes) < 3:
        return _MORE
    if sizes[2] > sizes[1] - 3 or not DER_SEQUENCE.startswith(data[15:17]):
        return _NO
    return _YES if len(data) >= 17 else _MORE


def _claims_handshake(data: bytes, length: int) -> Any:
    start = _handshake_start(data)
    size = int.from_bytes(start[1:4], "big")
    if start and start[0] not in (CLIENT_HELLO, SERVER_HELLO):
        return _claims_chain(data) if start[0] == CERTIFICATE else _NO
    if len(start) >= 4 and not 37 <= size <= MAX_MESSAGE_BYTES:
        return _NO
    if len(start) >= 5 and start[4] not in (3, 0x7F):
        return _NO
    if len(start) < 6:
        # A body of less than six bytes is followed by a record of the same kind, or the stream is not TLS.
        follows = data[5 + length : 8 + length]
        return _MORE if b"\x16\x03".startswith(follows[:2]) else _NO
    return _YES


@cython.ccall
def claim(data: bytes) -> object:
    """Could a stream that starts like this be TLS? MORE only while no byte speaks against it."""
    size: cython.Py_ssize_t = len(data)
    if size == 0:
        return _MORE
    first: cython.int = data[0]
    if first & 0x80:
        return _claims_sslv2(data) if first < 0x90 else _NO
    if first < 20 or first > 23 or (size > 1 and data[1] != 3):
        return _NO
    if size < 5:
        return _MORE if size < 3 or data[2] <= 4 else _NO
    if not plausible(data):
        return _NO
    length: cython.int = (data[3] << 8) | data[4]
    if first == 22:
        if size >= 11 and length >= 6 and data[5] != 11:  # the usual case of what the next line does
            return _YES if _opens(data) else _NO
        return _claims_handshake(data, length)
    if first == 23 or (first == 21 and length in SEALED_ALERTS):
        return _claims_sealed(data, length)
    if length > 2 or first == 20:
        return _NO
    if size < 7:
        return _MORE
    return _YES if length == 2 and data[5] in (1, 2) and data[6] in ALERTS else _NO


@cython.cfunc
@cython.exceptval(-1, check=True)
def _opens(data: bytes) -> cython.bint:
    """Does the record at the start, of six bytes or more, begin with a hello?"""
    kind: cython.int = data[5]
    size: cython.int = (data[6] << 16) | (data[7] << 8) | data[8]
    version: cython.int = data[9]
    return (kind in {1, 2}) and 37 <= size <= MAX_MESSAGE_BYTES and (version in {3, 0x7F})
