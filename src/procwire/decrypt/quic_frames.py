"""The frames of a QUIC packet (RFC 9000 section 19, RFC 9221): which carry bytes, where others end.

Reading stops at the first frame that is cut or of a kind that is not known: how long it is cannot be told.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from procwire.dpi.wire.quic_packet import varint

CRYPTO, CLOSE, CLOSE_APPLICATION = 0x06, 0x1C, 0x1D
STREAM_FIRST, STREAM_LAST = 0x08, 0x0F
DATAGRAM, DATAGRAM_LENGTH = 0x30, 0x31
RESET_STREAM, NEW_CONNECTION_ID = 0x04, 0x18
MAX_FRAMES = 4096  # of one packet; padding and pings are not counted

# Fields that are integers, by type: ACK has ranges, others a counted body or a fixed tail behind them.
_INTEGERS = {
    0x04: 3, 0x05: 2, 0x10: 1, 0x11: 2, 0x12: 1, 0x13: 1, 0x14: 1, 0x15: 2, 0x16: 1, 0x17: 1, 0x19: 1,
    0x1E: 0,
}  # fmt: skip
_FIXED = {0x1A: 8, 0x1B: 8}  # PATH_CHALLENGE, PATH_RESPONSE
_TOKEN_BYTES = 16  # of a stateless reset token


class Frame(msgspec.Struct, frozen=True):
    """A frame with content. ``stream`` is -1 where it has none; ``kind`` of a STREAM is STREAM_FIRST."""

    kind: int
    stream: int
    offset: int
    data: bytes
    fin: bool = False


def read(packet: bytes) -> Iterator[Frame]:
    """CRYPTO, STREAM, DATAGRAM, RESET_STREAM, NEW_CONNECTION_ID and CONNECTION_CLOSE frames, in order."""
    at, size = 0, len(packet)
    for _ in range(MAX_FRAMES):
        while at < size and packet[at] <= 1:  # PADDING, PING
            at += 1
        if at >= size:
            return
        kind, behind = varint(packet, at)
        frame, at = _frame(packet, kind, behind)
        if frame is not None:
            yield frame
        if at < 0:
            return


def _frame(packet: bytes, kind: int, at: int) -> tuple[Frame | None, int]:
    """A frame, None for one without content, and the offset behind it; -1 where reading ends."""
    if STREAM_FIRST <= kind <= STREAM_LAST:
        return _stream(packet, kind, at)
    if kind == CRYPTO:
        offset, at = varint(packet, at)
        return _counted(packet, CRYPTO, offset, at)
    if kind in (DATAGRAM, DATAGRAM_LENGTH):
        if kind == DATAGRAM:
            return Frame(DATAGRAM, -1, 0, packet[at:]), -1
        return _counted(packet, DATAGRAM, 0, at)
    if kind in (2, 3):
        return None, _behind_ack(packet, kind, at)
    if kind == RESET_STREAM:
        stream, behind = varint(packet, at)
        end = _behind(packet, at, 3)
        return (Frame(RESET_STREAM, stream, 0, b""), end) if stream >= 0 and behind <= end else (None, -1)
    if kind in (CLOSE, CLOSE_APPLICATION):
        return _close(packet, kind, at)
    if kind == NEW_CONNECTION_ID:
        return _new_id(packet, at)
    if kind == 0x07:  # NEW_TOKEN
        length, at = varint(packet, at)
        return None, at + length if 0 <= length <= len(packet) - at else -1
    if kind in _FIXED:
        return None, at + _FIXED[kind]
    if kind in _INTEGERS:
        return None, _behind(packet, at, _INTEGERS[kind])
    return None, -1


def _counted(packet: bytes, kind: int, offset: int, at: int) -> tuple[Frame | None, int]:
    length, at = varint(packet, at)
    if offset < 0 or length < 0 or length > len(packet) - at:
        return None, -1
    return Frame(kind, -1, offset, packet[at : at + length]), at + length


def _stream(packet: bytes, kind: int, at: int) -> tuple[Frame | None, int]:
    stream, at = varint(packet, at)
    offset, length = 0, -1
    if kind & 4:
        offset, at = varint(packet, at)
    if stream < 0 or offset < 0:
        return None, -1
    if kind & 2:
        length, at = varint(packet, at)
        if length < 0 or length > len(packet) - at:
            return None, -1
    end = at + length if kind & 2 else len(packet)
    return Frame(STREAM_FIRST, stream, offset, packet[at:end], bool(kind & 1)), end if kind & 2 else -1


def _behind(packet: bytes, at: int, count: int) -> int:
    for _ in range(count):
        value, at = varint(packet, at)
        if value < 0:
            return -1
    return at


def _behind_ack(packet: bytes, kind: int, at: int) -> int:
    _, at = varint(packet, at)
    _, at = varint(packet, at)
    ranges, at = varint(packet, at)
    if ranges < 0 or ranges > len(packet):
        return -1
    return _behind(packet, at, 2 * ranges + 1 + (3 if kind == 3 else 0))


def _close(packet: bytes, kind: int, at: int) -> tuple[Frame | None, int]:
    error, at = varint(packet, at)
    if kind == CLOSE:
        _, at = varint(packet, at)
    length, at = varint(packet, at)
    if error < 0 or length < 0 or length > len(packet) - at:
        return None, -1
    return Frame(kind, -1, error, packet[at : at + length]), at + length


def _new_id(packet: bytes, at: int) -> tuple[Frame | None, int]:
    at = _behind(packet, at, 2)
    if at < 0 or at >= len(packet):
        return None, -1
    end = at + 1 + packet[at]
    identity = packet[at + 1 : end]
    if end + _TOKEN_BYTES > len(packet):
        return None, -1
    return Frame(NEW_CONNECTION_ID, -1, 0, identity), end + _TOKEN_BYTES
