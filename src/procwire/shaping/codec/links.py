"""Interfaces as rtnetlink tells them (struct ifinfomsg, IFLA_*; Linux 6.18), and the requests for ifb
devices. Pure.
"""

from __future__ import annotations

from typing import NamedTuple

from procwire.shaping.codec.attributes import attributes, nest, one, packed, text, unpacked, words

NEW_LINK, DEL_LINK, GET_LINK = 16, 17, 18
UP, LOOPBACK, LOWER_UP = 0x1, 0x8, 0x10000
_HEAD = "=BxHiII"  # family, type, index, flags, change
HEAD_BYTES = 16
_NAME, _MTU, _LINK, _MASTER, _INFO, _STATS64, _NETNSID = 3, 4, 5, 10, 18, 23, 37
_INFO_KIND = 1


class Link(NamedTuple):
    """One interface. ``peer`` is the index of a veth's other end, in the namespace with the id
    ``peer_space``.

    ``peer_space`` -1: in this namespace.
    """

    device: int
    name: str
    flags: int
    kind: str = ""
    mtu: int = 0
    master: int = 0
    peer: int = 0
    peer_space: int = -1
    received_bytes: int = 0
    sent_bytes: int = 0
    received_packets: int = 0
    sent_packets: int = 0
    received_drops: int = 0
    sent_drops: int = 0

    @property
    def is_up(self) -> bool:
        """Whether somebody switched it on."""
        return bool(self.flags & UP)

    @property
    def is_loopback(self) -> bool:
        """Whether its packets go nowhere."""
        return bool(self.flags & LOOPBACK)


def decode(body: bytes) -> Link:
    """One interface of a dump. Raises CodecError."""
    _, _, device, flags, _ = unpacked(_HEAD, body)
    found = attributes(body[HEAD_BYTES:])
    info = attributes(found.get(_INFO, b""))
    stats = unpacked("=8Q", found[_STATS64]) if _STATS64 in found else (0,) * 8
    return Link(
        device, words(found.get(_NAME, b"")), flags, words(info.get(_INFO_KIND, b"")),
        mtu=one("=I", found.get(_MTU)), master=one("=I", found.get(_MASTER)),
        peer=one("=I", found.get(_LINK)),
        peer_space=one("=i", found.get(_NETNSID), -1), received_bytes=stats[2], sent_bytes=stats[3],
        received_packets=stats[0], sent_packets=stats[1], received_drops=stats[6], sent_drops=stats[7],
    )  # fmt: skip


def asked(device: int = 0, name: str = "") -> bytes:
    """The body of a request for one interface, or for all of them."""
    return packed(_HEAD, 0, 0, device, 0, 0) + (text(_NAME, name) if name else b"")


def made(device: int, name: str, kind: str) -> bytes:
    """The body of a request to make an interface with this index. Raises CodecError."""
    return packed(_HEAD, 0, 0, device, 0, 0) + text(_NAME, name) + nest(_INFO, text(_INFO_KIND, kind))


def switched(device: int, *, up: bool) -> bytes:
    """The body of a request to switch an interface on or off. Raises CodecError."""
    return packed(_HEAD, 0, 0, device, UP if up else 0, UP)
