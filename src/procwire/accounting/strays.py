"""The head of a packet that was not handed on, made from its account's key: it opens the flow. Pure."""

from __future__ import annotations

import struct

from procwire.bpf import accounts as books

TCP = 6
_MAPPED = bytes(10) + b"\xff\xff"
_ACK = 0x10
_IP4 = struct.Struct(">BBHHHBBH4s4s")
_IP6 = struct.Struct(">IHBB16s16s")
_TCP = struct.Struct(">HHIIBBHHH")
_UDP = struct.Struct(">HHHH")


def frame_of(ends: bytes) -> bytes:
    """An IP packet without payload between two ends. Who opened the flow is not known: a is its source."""
    proto, a, aport, b, bport = books.unpack_ends(ends)
    if proto == TCP:
        head = _TCP.pack(aport, bport, 0, 0, 5 << 4, _ACK, 0, 0, 0)
    else:
        head = _UDP.pack(aport, bport, _UDP.size, 0)
    if a.startswith(_MAPPED) and b.startswith(_MAPPED):
        return _IP4.pack(0x45, 0, _IP4.size + len(head), 0, 0, 0, proto, 0, a[12:], b[12:]) + head
    return _IP6.pack(6 << 28, len(head), proto, 0, a, b) + head
