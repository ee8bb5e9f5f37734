"""The 5-tuple by which a socket is asked for. Pure."""

from __future__ import annotations

import ipaddress
from typing import NamedTuple

from procwire.model import address
from procwire.model.flow import Flow

_MAPPED = bytes(10) + b"\xff\xff"  # ::ffff:0:0/96, RFC 4291 section 2.5.5.2


class Key(NamedTuple):
    """One end's view: ``src`` is the end that is asked about. Addresses are 4 or 16 bytes, network order.

    ``at`` is when there was such a flow, ns since 1970: its first packet; 0: at present.
    """

    proto: int
    src: bytes
    sport: int
    dst: bytes
    dport: int
    at: int = 0

    def turned(self) -> Key:
        """The same conversation as the other end sees it."""
        return Key(self.proto, self.dst, self.dport, self.src, self.sport, self.at)


def plain(packed: bytes) -> bytes:
    """An address without its v4-mapped cover: sockets show one, packets never."""
    return packed[12:] if len(packed) == 16 and packed.startswith(_MAPPED) else packed


def alike(src: bytes, dst: bytes) -> tuple[bytes, bytes]:
    """Two ends without their v4-mapped cover where both have it: no socket has one such end and another.

    A packet may (RFC 4291 section 2.5.5.2 forbids none): that one's ends stay as they are.
    """
    bare = plain(src), plain(dst)
    return bare if len(bare[0]) == len(bare[1]) else (src, dst)


def key_of(flow: Flow) -> Key:
    """The key of a flow, seen from its ``src``."""
    src, dst = alike(
        address.packed(flow.family, flow.src_hi, flow.src_lo),
        address.packed(flow.family, flow.dst_hi, flow.dst_lo),
    )
    return Key(flow.proto, src, flow.sport, dst, flow.dport, flow.first)


def key_from(proto: int, src: str, sport: int, dst: str, dport: int) -> Key:
    """A key from addresses as text. Raises ValueError for what is not an address."""
    left, right = alike(*(address.packed(*address.split(text)) for text in (src, dst)))
    return Key(proto, left, sport, right, dport)


def shown(packed: bytes, port: int) -> str:
    """An end as people write it."""
    text = ipaddress.ip_address(packed)
    return f"[{text}]:{port}" if text.version == 6 else f"{text}:{port}"


def is_loopback(packed: bytes) -> bool:
    """127.0.0.0/8 or ::1: every namespace has its own."""
    return packed[:1] == b"\x7f" if len(packed) == 4 else packed == bytes(15) + b"\1"


def is_group(packed: bytes) -> bool:
    """Multicast or limited broadcast: no end of its own."""
    if len(packed) == 4:
        return 224 <= packed[0] <= 239 or packed == b"\xff" * 4
    return packed[:1] == b"\xff"


def is_any(packed: bytes) -> bool:
    """The wildcard address."""
    return not any(packed)
