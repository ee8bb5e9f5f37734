"""Netlink messages and attributes as bytes (netlink(7); include/uapi/linux/netlink.h). Pure.

Refuses to know any family: sock_diag, rtnetlink and others bring their own payloads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

REQUEST = 0x1
MULTI = 0x2
ACK = 0x4
DUMP_INTERRUPTED = 0x10
DUMP = 0x300
ROOT = 0x100

NOOP = 1
ERROR = 2
DONE = 3

_HEADER = struct.Struct("=IHHII")  # nlmsg_len, type, flags, seq, pid
_ATTRIBUTE = struct.Struct("=HH")
_TYPE_MASK = 0x3FFF  # NLA_F_NESTED and NLA_F_NET_BYTEORDER are flags


class Message(NamedTuple):
    """One message without its header."""

    kind: int
    flags: int
    sequence: int
    body: bytes


def pack(kind: int, flags: int, sequence: int, body: bytes) -> bytes:
    """A whole message, padded to four bytes."""
    return _HEADER.pack(_HEADER.size + len(body), kind, flags, sequence, 0) + body + b"\0" * (-len(body) % 4)


def messages(data: bytes) -> Iterator[Message]:
    """The messages of one datagram; stops at the first that does not fit."""
    offset = 0
    while offset + _HEADER.size <= len(data):
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data, offset)
        if length < _HEADER.size or offset + length > len(data):
            return
        yield Message(kind, flags, sequence, data[offset + _HEADER.size : offset + length])
        offset += length + 3 & ~3


def attribute(kind: int, payload: bytes) -> bytes:
    """One attribute, padded to four bytes."""
    return _ATTRIBUTE.pack(_ATTRIBUTE.size + len(payload), kind) + payload + b"\0" * (-len(payload) % 4)


def attributes(data: bytes, offset: int = 0) -> dict[int, bytes]:
    """Attribute payloads by type, the last of a type winning; stops at the first that does not fit."""
    found: dict[int, bytes] = {}
    while offset + _ATTRIBUTE.size <= len(data):
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if length < _ATTRIBUTE.size or offset + length > len(data):
            break
        found[kind & _TYPE_MASK] = data[offset + _ATTRIBUTE.size : offset + length]
        offset += length + 3 & ~3
    return found


def error_of(message: Message) -> tuple[int, str]:
    """The errno (0 for an acknowledgement) and the kernel's own words, of an ERROR or DONE message."""
    if len(message.body) < 4:
        return 0, ""
    code = -struct.unpack_from("=i", message.body)[0]
    words = ""
    if message.flags & 0x200:  # NLM_F_ACK_TLVS: NLMSGERR_ATTR_MSG is type 1
        start = 4
        if message.kind == ERROR and len(message.body) >= 20:
            quoted = struct.unpack_from("=I", message.body, 4)[0]
            start = 20 if message.flags & 0x100 else 4 + (quoted + 3 & ~3)  # NLM_F_CAPPED
        words = attributes(message.body, start).get(1, b"").rstrip(b"\0").decode("utf-8", "replace")
    return max(0, code), words
