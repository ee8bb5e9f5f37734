"""STUN messages and their attributes (RFC 8489, RFC 8656, RFC 8445, and RFC 3489 before them).

A message is taken for STUN where its magic cookie stands and its length fits; without the cookie (RFC 3489)
where every attribute is a known one. Refuses to check integrity: the keys are not at hand.
"""

from __future__ import annotations

import ipaddress

import msgspec

MAGIC = 0x2112A442
HEAD = 20
MAX_ATTRIBUTES = 64
METHODS = {1: "binding", 2: "shared-secret", 3: "allocate", 4: "refresh", 6: "send", 7: "data",
           8: "create-permission", 9: "channel-bind", 10: "connect", 11: "connection-bind",
           12: "connection-attempt", 0x80: "goog-ping"}  # fmt: skip
CLASSES = ("request", "indication", "success", "error")
_KNOWN_OLD = frozenset(range(1, 12)) | {0x8020, 0x8022, 0x8028, 0x8050, 0x8054, 0x8055}
MAPPED, USERNAME, ERROR_CODE, CHANNEL, LIFETIME, PEER, REALM, RELAYED = 1, 6, 9, 0x0C, 0x0D, 0x12, 0x14, 0x16
XOR_MAPPED, OLD_XOR_MAPPED, USE_CANDIDATE, PRIORITY, SOFTWARE = 0x20, 0x8020, 0x25, 0x24, 0x8022
CONTROLLED, CONTROLLING = 0x8029, 0x802A
_XORED = frozenset({XOR_MAPPED, OLD_XOR_MAPPED, PEER, RELAYED})


class Message(msgspec.Struct, gc=False):
    """One message; ``attributes`` are the first of each type."""

    method: int
    kind: int  # index into CLASSES
    transaction: bytes
    attributes: dict[int, bytes]
    size: int

    def address(self, number: int) -> str:
        """An address attribute as ``host:port``; empty where there is none."""
        value = self.attributes.get(number, b"")
        if len(value) not in {8, 20} or value[1] not in {1, 2} or (len(value) == 8) != (value[1] == 1):
            return ""
        port, raw = value[2] << 8 | value[3], value[4:]
        if number in _XORED:
            mask = MAGIC.to_bytes(4, "big") + self.transaction[-12:]
            port ^= MAGIC >> 16
            raw = bytes(one ^ other for one, other in zip(raw, mask, strict=False))
        host = str(ipaddress.ip_address(raw))
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def read(data: bytes, *, stream: bool = False) -> Message | None:
    """The message that fills a datagram, or that a stream begins with; None where it is none."""
    if len(data) < HEAD or data[0] & 0xC0:
        return None
    kind, length = data[0] << 8 | data[1], data[2] << 8 | data[3]
    whole = HEAD + length
    if length & 3 or len(data) < whole or (len(data) > whole and not stream):
        return None
    modern = int.from_bytes(data[4:8], "big") == MAGIC
    method = (kind & 0xF) | (kind >> 1 & 0x70) | (kind >> 2 & 0xF80)
    found = _attributes(data[HEAD:whole])
    if method not in METHODS or found is None:
        return None
    if not modern and (method != 1 or not found or not _KNOWN_OLD.issuperset(found) or stream):
        return None
    which = (kind >> 4 & 1) | (kind >> 7 & 2)
    return Message(method, which, data[8:20] if modern else data[4:20], found, whole)


def _attributes(body: bytes) -> dict[int, bytes] | None:
    """Attributes by type, or None where they do not fill the message."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(body):
        if at + 4 > len(body):
            return None
        number, size = body[at] << 8 | body[at + 1], body[at + 2] << 8 | body[at + 3]
        at += 4
        if at + size > len(body) or len(found) > MAX_ATTRIBUTES:
            return None
        found.setdefault(number, body[at : at + size])
        at += size + 3 & ~3
    return found
