"""OpenVPN's control packets from outside: opcode, session ids, how they are protected (ssl_pkt.h).

The first packets of both ends are in clear, but for their key exchange; tls-auth puts an HMAC in front,
tls-crypt encrypts all behind a packet id and a time. Refuses to look inside either.
"""

from __future__ import annotations

import msgspec

CLIENT_V1, SERVER_V1, CONTROL, ACK, DATA, CLIENT, SERVER, DATA_V2, CLIENT_V3, WKC = (
    1,
    2,
    4,
    5,
    6,
    7,
    8,
    9,
    10,
    11,
)
NAMES = {CLIENT_V1: "client-reset-v1", SERVER_V1: "server-reset-v1", CLIENT: "client-reset",
         SERVER: "server-reset", CLIENT_V3: "client-reset-v3", WKC: "control-wkc"}  # fmt: skip
RESETS = frozenset({CLIENT, SERVER, CLIENT_V3})
_HMACS = (16, 20, 28, 32, 48, 64)  # MD5, SHA-1, SHA-2
_EARLIEST, _LATEST = 946_684_800, 4_102_444_800  # a packet's time lies between 2000 and 2100
MAX_ACKS = 8


class Reset(msgspec.Struct, gc=False):
    """A hard reset: the first packet of either end. ``answers``: the session id it acknowledges, or empty."""

    kind: int
    session: bytes
    protection: str  # none, tls-auth, tls-crypt
    answers: bytes = b""
    hmac_bytes: int = 0  # of tls-auth


class Control(msgspec.Struct, gc=False):
    """A control packet: its place among its sender's, and the piece of TLS that it carries."""

    number: int
    piece: bytes


def opcode(data: bytes) -> int:
    """Opcode of a packet, or 0 where it is none."""
    found = data[0] >> 3 if data else 0
    return found if 1 <= found <= WKC else 0


def read_reset(data: bytes) -> Reset | None:
    """A hard reset of version 2 or 3, or None."""
    kind = opcode(data)
    if kind not in RESETS or data[0] & 7 or len(data) < 14 or not any(data[1:9]):
        return None
    session = data[1:9]
    if (answers := _tail(data, 9)) is not None and (answers or kind != SERVER):
        return Reset(kind, session, "none", answers)
    for size in _HMACS:
        at = 9 + size
        if _stamp(data, at) and (answers := _tail(data, at + 8)) is not None:
            return Reset(kind, session, "tls-auth", answers, size)
    if _stamp(data, 9) and len(data) >= 9 + 8 + 32 + 5:
        return Reset(kind, session, "tls-crypt")
    return None


def read_control(data: bytes, hmac_bytes: int) -> Control | None:
    """A control packet in clear, behind an HMAC of so many bytes with a packet id and a time, or none."""
    at = 9 + (hmac_bytes + 8 if hmac_bytes else 0)
    if at >= len(data) or data[at] > MAX_ACKS:
        return None
    at += 1 + 4 * data[at] + (8 if data[at] else 0)
    if at + 4 > len(data):
        return None
    return Control(int.from_bytes(data[at : at + 4], "big"), data[at + 4 :])


def _stamp(data: bytes, at: int) -> bool:
    """A packet id that is among the first, and a time."""
    number, when = int.from_bytes(data[at : at + 4], "big"), int.from_bytes(data[at + 4 : at + 8], "big")
    return len(data) >= at + 8 and 0 < number < 16 and _EARLIEST < when < _LATEST


def _tail(data: bytes, at: int) -> bytes | None:
    """Acknowledgements, and packet id 0 at the end: the session id acknowledged, empty for none."""
    if at >= len(data) or data[at] > MAX_ACKS:
        return None
    count = data[at]
    end = at + 1 + 4 * count + (8 if count else 0)
    if data[end : end + 4] != b"\0\0\0\0" or len(data) != end + 4:
        return None
    return data[end - 8 : end] if count else b""
