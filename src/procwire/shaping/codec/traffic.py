"""The message all of traffic control shares: struct tcmsg, a kind, options, statistics. Pure.

Layouts: include/uapi/linux/rtnetlink.h and pkt_sched.h of Linux 6.18.
"""

from __future__ import annotations

from typing import NamedTuple

from procwire.shaping.codec.attributes import (
    CodecError,
    attribute,
    attributes,
    packed,
    text,
    unpacked,
    words,
)

NEW_QDISC, DEL_QDISC, GET_QDISC = 36, 37, 38
NEW_CLASS, DEL_CLASS, GET_CLASS = 40, 41, 42
NEW_FILTER, DEL_FILTER, GET_FILTER = 44, 45, 46

CREATE, EXCLUSIVE, REPLACE = 0x400, 0x200, 0x100

ROOT = 0xFFFFFFFF
INGRESS_HANDLE = 0xFFFF0000
CLSACT = 0xFFFFFFF1  # parent of ingress and clsact alike
INGRESS_HOOK, EGRESS_HOOK = 0xFFFFFFF2, 0xFFFFFFF3

ETH_ALL, ETH_IP, ETH_IPV6 = 0x0003, 0x0800, 0x86DD

_MESSAGE = "=BxxxiIII"  # family, ifindex, handle, parent, info
MESSAGE_BYTES = 20
_KIND, _OPTIONS, _STATS2, _CHAIN = 1, 2, 7, 11


class Object(NamedTuple):
    """A qdisc, a class or a filter, as sent and dumped. ``info`` is a filter's priority and protocol."""

    device: int
    handle: int
    parent: int
    kind: str
    options: bytes = b""
    info: int = 0
    statistics: bytes = b""

    @property
    def priority(self) -> int:
        """A filter's place among others."""
        return self.info >> 16

    @property
    def protocol(self) -> int:
        """A filter's EtherType."""
        return (self.info & 0xFF) << 8 | self.info >> 8 & 0xFF


def encode(wanted: Object, *, bare: bool = False) -> bytes:
    """The body of a message. Raises CodecError. ``bare``: kind and options left out, to delete by place."""
    head = packed(_MESSAGE, 0, wanted.device, wanted.handle, wanted.parent, wanted.info)
    if bare:
        return head
    options = attribute(_OPTIONS, wanted.options) if wanted.options else b""
    return head + (text(_KIND, wanted.kind) if wanted.kind else b"") + options


def decode(body: bytes) -> Object:
    """One object of a dump. Raises CodecError."""
    _, device, handle, parent, info = unpacked(_MESSAGE, body)
    found = attributes(body[MESSAGE_BYTES:])
    if _KIND not in found:
        raise CodecError("an object without a kind")
    options, stats = found.get(_OPTIONS, b""), found.get(_STATS2, b"")
    return Object(device, handle, parent, words(found[_KIND]), options, info, stats)


def asked(device: int, parent: int = 0) -> bytes:
    """The body of a request to dump what stands on an interface, or below a parent."""
    return packed(_MESSAGE, 0, device, 0, parent, 0)


def filter_info(priority: int, protocol: int) -> int:
    """A filter's priority, and its EtherType in network order."""
    return priority << 16 | (protocol & 0xFF) << 8 | protocol >> 8


def handle(major: int, minor: int = 0) -> int:
    """``major:minor`` as one number. Raises CodecError."""
    if not (0 <= major <= 0xFFFF and 0 <= minor <= 0xFFFF):
        raise CodecError(f"{major:x}:{minor:x} is no handle")
    return major << 16 | minor


def show_handle(value: int) -> str:
    """As tc writes it."""
    known = {ROOT: "root", CLSACT: "ingress", INGRESS_HOOK: "clsact ingress", EGRESS_HOOK: "clsact egress"}
    return known.get(value) or f"{value >> 16:x}:" + (f"{value & 0xFFFF:x}" if value & 0xFFFF else "")
