"""Asking one namespace's connection tracking what a translated end is called behind the translation.

Requests and answers are ctnetlink's (include/uapi/linux/netfilter/nfnetlink_conntrack.h). An entry has two
tuples, one as the packets of each direction come in; where they are not each other's mirror, an address or a
port was translated (NAT: masquerading, published ports). Never loads connection tracking: where the kernel
has none, nothing is asked. Protocols without ports are not asked for.
"""

from __future__ import annotations

import errno
import socket
import struct
from pathlib import Path

from procwire.netlink import message
from procwire.netlink.channel import Channel, NetlinkError
from procwire.processes._names import CONNECTED
from procwire.processes.keys import Key

PRESENT = "/proc/sys/net/netfilter/nf_conntrack_count"
GET = 1 << 8 | 1  # NFNL_SUBSYS_CTNETLINK, IPCTNL_MSG_CT_GET
_NESTED = 0x8000  # NLA_F_NESTED
_ORIGINAL, _REPLY = 1, 2  # CTA_TUPLE_ORIG, CTA_TUPLE_REPLY
_IP, _PROTO = 1, 2  # CTA_TUPLE_IP, CTA_TUPLE_PROTO
_ADDRESSES = {4: (1, 2), 16: (3, 4)}  # CTA_IP_V4_SRC and _DST, CTA_IP_V6_SRC and _DST
_NUMBER, _SPORT, _DPORT = 1, 2, 3  # CTA_PROTO_NUM, CTA_PROTO_SRC_PORT, CTA_PROTO_DST_PORT
_HEAD = struct.Struct("!BBH")  # struct nfgenmsg: family, version, resource id
_PORT = struct.Struct("!H")
_ABSENT = frozenset({errno.ENOENT, errno.EINVAL, errno.EOPNOTSUPP, errno.EPERM, errno.EPROTONOSUPPORT})


def is_present(path: str = PRESENT) -> bool:
    """Whether the kernel tracks connections now."""
    return Path(path).exists()


def behind(channel: Channel, key: Key) -> Key | None:
    """The end at ``key.src`` as its own host calls it; None where nothing was translated.

    Packets to that end come in as ``key.turned()``; the entry's other tuple is how the end itself sends.
    Raises NetlinkError for other trouble than having no such entry.
    """
    if key.proto not in CONNECTED:
        return None
    coming = key.turned()._replace(at=0)  # an entry says nothing of when
    try:
        for answer in channel.ask(GET, request(coming)):
            found = other(answer.body, coming)
            return found._replace(at=key.at) if found is not None else None
    except NetlinkError as error:
        if error.errno not in _ABSENT:
            raise
    return None


def request(key: Key) -> bytes:
    """A request for the entry that has such a tuple, whichever of its two that is."""
    family = socket.AF_INET if len(key.src) == 4 else socket.AF_INET6
    return _HEAD.pack(family, 0, 0) + message.attribute(_ORIGINAL | _NESTED, encode(key))


def other(body: bytes, key: Key) -> Key | None:
    """The tuple of an entry that is not ``key``, where it is not ``key``'s mirror either."""
    parts = message.attributes(body, _HEAD.size)
    original, reply = decode(parts.get(_ORIGINAL, b"")), decode(parts.get(_REPLY, b""))
    if original is None or reply is None or key not in (original, reply):
        return None
    found = reply if original == key else original
    return found if found != key.turned() else None


def encode(key: Key) -> bytes:
    """The attributes of one tuple."""
    first, second = _ADDRESSES[len(key.src)]
    ends = message.attribute(first, key.src) + message.attribute(second, key.dst)
    transport = (
        message.attribute(_NUMBER, bytes((key.proto,)))
        + message.attribute(_SPORT, _PORT.pack(key.sport))
        + message.attribute(_DPORT, _PORT.pack(key.dport))
    )
    return message.attribute(_IP | _NESTED, ends) + message.attribute(_PROTO | _NESTED, transport)


def decode(tuple_: bytes) -> Key | None:
    """One tuple; None for what is none, or has no ports."""
    parts = message.attributes(tuple_)
    ends = message.attributes(parts.get(_IP, b""))
    transport = message.attributes(parts.get(_PROTO, b""))
    for size, (first, second) in _ADDRESSES.items():
        src, dst = ends.get(first, b""), ends.get(second, b"")
        ports = transport.get(_SPORT, b""), transport.get(_DPORT, b"")
        number = transport.get(_NUMBER, b"")
        if len(src) == len(dst) == size and len(ports[0]) == len(ports[1]) == 2 and len(number) == 1:
            sport, dport = (_PORT.unpack(port)[0] for port in ports)
            return Key(number[0], src, sport, dst, dport)
    return None
