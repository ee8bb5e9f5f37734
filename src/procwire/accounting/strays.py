"""The head of a packet that was not handed on, made from its account's key: it opens the flow. Pure."""

from __future__ import annotations

import struct

from procwire.bpf import accounts as books

TCP = 6
_MAPPED = bytes(10) + b"\xff\xff"
_SYN, _ACK = 0x02, 0x10
_IP4 = struct.Struct(">BBHHHBBH4s4s")
_IP6 = struct.Struct(">IHBB16s16s")
_TCP = struct.Struct(">HHIIBBHHH")
_UDP = struct.Struct(">HHHH")


def frame_of(ends: bytes, opener: int = -1, number: int = 0) -> bytes:
    """An IP packet without payload between two ends.

    ``opener``: the side whose SYN, of this ``number``, was counted: the packet is that SYN. Where it is not
    known who opened the flow (-1), a is its source.
    """
    proto, a, aport, b, bport = books.unpack_ends(ends)
    if opener == 1:
        a, aport, b, bport = b, bport, a, aport
    if proto == TCP:
        flags = _ACK if opener < 0 else _SYN
        head = _TCP.pack(aport, bport, number, 0, 5 << 4, flags, 0, 0, 0)
    else:
        head = _UDP.pack(aport, bport, _UDP.size, 0)
    if a.startswith(_MAPPED) and b.startswith(_MAPPED):
        return _IP4.pack(0x45, 0, _IP4.size + len(head), 0, 0, 0, proto, 0, a[12:], b[12:]) + head
    return _IP6.pack(6 << 28, len(head), proto, 0, a, b) + head
