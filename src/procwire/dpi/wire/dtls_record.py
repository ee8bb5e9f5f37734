"""DTLS's records and the handshake messages put together from their fragments (RFC 6347, RFC 9147).

Reads what is in clear (epoch 0). Every bound is a constant: fragments beyond it are dropped, never an error.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from procwire.dpi.contract import ProtocolError

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION_DATA, ACK = 20, 21, 22, 23, 26
VERSIONS = frozenset({0xFEFF, 0xFEFD, 0xFEFC, 0x0100})  # 0x0100: OpenSSL before 0.9.8f
MAX_RECORDS = 32  # of one datagram
MAX_MESSAGE = 1 << 16  # of one handshake message
MAX_PARTIAL = 8  # messages in progress, a side
MAX_SEQUENCE = 64  # handshake messages of one side that are put together
NAMED = 25  # a ciphertext record with a connection id (RFC 9146 section 4)
_HEAD, _FRAGMENT = 13, 12


class Record(msgspec.Struct, gc=False):
    """One record. ``epoch``: 0 in clear; -1 where a unified header (RFC 9147 section 4) hides it."""

    kind: int
    version: int
    epoch: int
    body: bytes


def records(data: bytes) -> list[Record]:
    """The records of a datagram. Raises ProtocolError where they do not fill it."""
    found: list[Record] = []
    at = 0
    while at < len(data) and len(found) < MAX_RECORDS:
        first = data[at]
        if 0x20 <= first < 0x40:
            at = _unified(data, at, found)
            continue
        if at + _HEAD > len(data) or not CHANGE_CIPHER_SPEC <= first <= ACK:
            raise ProtocolError("not a record")
        version = data[at + 1] << 8 | data[at + 2]
        if first == NAMED and version in VERSIONS:  # how long its connection id is cannot be told
            found.append(
                Record(APPLICATION_DATA, version, data[at + 3] << 8 | data[at + 4], data[at + _HEAD :])
            )
            break
        size = data[at + 11] << 8 | data[at + 12]
        if version not in VERSIONS or at + _HEAD + size > len(data):
            raise ProtocolError("not a record")
        epoch = data[at + 3] << 8 | data[at + 4]
        found.append(Record(first, version, epoch, data[at + _HEAD : at + _HEAD + size]))
        at += _HEAD + size
    return found


def _unified(data: bytes, at: int, found: list[Record]) -> int:
    """A ciphertext record of DTLS 1.3: where it ends. A connection id's length is not known: it ends all."""
    first = data[at]
    head = 1 + (2 if first & 8 else 1)
    end = len(data)
    if first & 4 and not first & 0x10:
        if at + head + 2 > end:
            raise ProtocolError("not a record")
        size = data[at + head] << 8 | data[at + head + 1]
        end = at + head + 2 + size
        if end > len(data) or size < 16:
            raise ProtocolError("not a record")
    found.append(Record(APPLICATION_DATA, 0xFEFC, -1, data[at:end]))
    return end


class Messages:
    """One side's handshake messages, whole and once each."""

    __slots__ = ("_done", "_partial")

    def __init__(self) -> None:
        self._partial: dict[int, tuple[int, bytearray, list[tuple[int, int]]]] = {}
        self._done = 0  # bits: messages that were handed out

    def push(self, body: bytes) -> Iterator[tuple[int, bytes]]:
        """(type, message) of each that is whole now. Raises ProtocolError for fragments that do not fit."""
        at = 0
        while at < len(body):
            if at + _FRAGMENT > len(body):
                raise ProtocolError("not a fragment")
            kind = body[at]
            total = int.from_bytes(body[at + 1 : at + 4], "big")
            number = body[at + 4] << 8 | body[at + 5]
            offset = int.from_bytes(body[at + 6 : at + 9], "big")
            size = int.from_bytes(body[at + 9 : at + 12], "big")
            if offset + size > total or at + _FRAGMENT + size > len(body):
                raise ProtocolError("a fragment does not fit")
            part = body[at + _FRAGMENT : at + _FRAGMENT + size]
            at += _FRAGMENT + size
            if total > MAX_MESSAGE or number >= MAX_SEQUENCE or self._done >> number & 1:
                continue
            whole = part if size == total else self._join(number, (kind, total), offset, part)
            if whole is not None:
                self._done |= 1 << number
                self._partial.pop(number, None)
                yield kind, whole

    def _join(self, number: int, shape: tuple[int, int], offset: int, part: bytes) -> bytes | None:
        kind, total = shape
        known = self._partial.get(number)
        if known is None or known[0] != kind or len(known[1]) != total:
            if len(self._partial) >= MAX_PARTIAL:
                return None
            known = self._partial[number] = (kind, bytearray(total), [])
        known[1][offset : offset + len(part)] = part
        ranges = known[2]
        ranges.append((offset, offset + len(part)))
        ranges.sort()
        merged: list[tuple[int, int]] = []
        for start, end in ranges:
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        ranges[:] = merged[:MAX_SEQUENCE]
        return bytes(known[1]) if merged == [(0, total)] else None
