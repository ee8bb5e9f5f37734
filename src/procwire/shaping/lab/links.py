"""Interfaces, addresses and routes of the calling thread's namespace, by rtnetlink (rtnetlink(7)).

Only what a lab needs, and only of its own interfaces.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Interface, IPv4Network, IPv6Interface, IPv6Network, ip_address
from typing import NamedTuple

from procwire.netlink import message
from procwire.netlink.channel import ROUTE, Channel

_NEW_LINK, _GET_LINK, _NEW_ADDRESS, _DELETE_ADDRESS, _GET_ADDRESS, _NEW_ROUTE = 16, 18, 20, 21, 22, 24
_EXCLUSIVE, _CREATE = 0x200, 0x400
_LINK = struct.Struct("=BxHiII")  # ifinfomsg
_ADDRESS = struct.Struct("=BBBBI")  # ifaddrmsg
_ROUTE = struct.Struct("=BBBBBBBBI")  # rtmsg
_NAME, _MTU, _QUEUE, _STATS = 3, 4, 13, 23  # IFLA_*
_TAKEN, _LOCAL = 1, 2  # IFA_ADDRESS, IFA_LOCAL
_TO, _OUT, _FROM, _TABLE = 1, 4, 7, 15  # RTA_DST, RTA_OIF, RTA_PREFSRC, RTA_TABLE
_UP = 1  # IFF_UP
_TABLE_MAIN, _TABLE_LOCAL, _BY_BOOT, _SCOPE_LINK, _SCOPE_HOST, _UNICAST, _OWN = 254, 255, 3, 253, 254, 1, 2
_NEW_RULE, _DELETE_RULE = 32, 33
_RULE = struct.Struct("=BBBBBxxBI")  # fib_rule_hdr
_RULE_TO, _RULE_PRIORITY, _RULE_TABLE, _RULE_PROTOCOL, _RULE_PORTS = 1, 6, 15, 22, 24  # FRA_*
_LOOK_UP = 1  # FR_ACT_TO_TBL
TABLE_ASIDE = 0x7077  # of routes that only some packets take
_NO_DAD = 0x02  # IFA_F_NODAD
_COUNTERS = struct.Struct("=8Q")

_EVERYWHERE: dict[int, IPv4Network | IPv6Network] = {4: IPv4Network("0.0.0.0/0"), 6: IPv6Network("::/0")}

Interface = IPv4Interface | IPv6Interface
Network = IPv4Network | IPv6Network


class Traffic(NamedTuple):
    """Counters of an interface (rtnl_link_stats64)."""

    received: int
    sent: int
    received_bytes: int
    sent_bytes: int
    receive_errors: int
    send_errors: int
    receive_drops: int
    send_drops: int


class Links:
    """A channel to the namespace; a context manager."""

    def __init__(self) -> None:
        self._channel = Channel(ROUTE)

    def __enter__(self) -> Links:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()

    def up(self, name: str, *, queue: int = 0, mtu: int = 0) -> int:
        """Take an interface up; its index."""
        index = socket.if_nametoindex(name)
        body = _LINK.pack(0, 0, index, _UP, _UP)
        for kind, value in ((_QUEUE, queue), (_MTU, mtu)):
            if value:
                body += message.attribute(kind, struct.pack("=I", value))
        self._tell(_NEW_LINK, body)
        return index

    def address(self, index: int, given: Interface) -> None:
        """Give an interface an address and the network around it."""
        family = socket.AF_INET if given.version == 4 else socket.AF_INET6
        flags = _NO_DAD if given.version == 6 else 0
        body = _ADDRESS.pack(family, given.network.prefixlen, flags, 0, index)
        for kind in (_TAKEN, _LOCAL):
            body += message.attribute(kind, given.ip.packed)
        self._tell(_NEW_ADDRESS, body, _CREATE | _EXCLUSIVE)

    def route(self, index: int, to: Network, source: Interface, *, aside: bool = False) -> None:
        """Send what goes to a network out of an interface; ``aside``: only what a rule leads there."""
        scope = _SCOPE_LINK if to.version == 4 else 0
        table = 0 if aside else _TABLE_MAIN
        more = message.attribute(_FROM, source.ip.packed)
        if aside:
            more += message.attribute(_TABLE, struct.pack("=I", TABLE_ASIDE))
        self._route(index, to, (table, scope, _UNICAST), more)

    def own_every_address(self, version: int, beyond: Network, index: int) -> None:
        """Take what comes for whatever address as one's own, but for ``beyond``, out of an interface."""
        every = _EVERYWHERE[version]
        scopes = (_SCOPE_HOST, _SCOPE_LINK) if version == 4 else (0, 0)
        self._route(index, beyond, (_TABLE_LOCAL, scopes[1], _UNICAST))
        self._route(socket.if_nametoindex("lo"), every, (_TABLE_LOCAL, scopes[0], _OWN))

    def look_aside_first(self, to: Iterable[IPv4Address], port: int) -> None:
        """What goes to a port of some addresses is routed aside, even where they are one's own (IPv4)."""
        own = (socket.AF_INET, 0, 0, 0, _TABLE_LOCAL, _LOOK_UP, 0)  # the rule that stands first
        self._tell(_NEW_RULE, _RULE.pack(*own) + _number(_RULE_PRIORITY, 2), _CREATE | _EXCLUSIVE)
        for address in to:
            for protocol in (socket.IPPROTO_UDP, socket.IPPROTO_TCP):
                body = _RULE.pack(socket.AF_INET, 32, 0, 0, 0, _LOOK_UP, 0)
                body += message.attribute(_RULE_TO, address.packed) + _number(_RULE_PRIORITY, 1)
                body += _number(_RULE_TABLE, TABLE_ASIDE)
                body += message.attribute(_RULE_PROTOCOL, bytes((protocol,)))
                body += message.attribute(_RULE_PORTS, struct.pack("=HH", port, port))
                self._tell(_NEW_RULE, body, _CREATE | _EXCLUSIVE)
        self._tell(_DELETE_RULE, _RULE.pack(*own) + _number(_RULE_PRIORITY, 0))

    def give_up_loopback(self) -> None:
        """127.0.0.1 is no longer this namespace's own, whose packets it would refuse from outside."""
        body = _ADDRESS.pack(socket.AF_INET, 8, 0, 0, socket.if_nametoindex("lo"))
        self._tell(_DELETE_ADDRESS, body + message.attribute(_LOCAL, b"\x7f\0\0\1"))

    def addresses(self) -> set[str]:
        """All addresses of the namespace."""
        found = set()
        for answer in self._channel.ask(_GET_ADDRESS, _ADDRESS.pack(0, 0, 0, 0, 0), message.DUMP):
            told = message.attributes(answer.body, _ADDRESS.size)
            packed = told.get(_LOCAL, told.get(_TAKEN, b""))
            if len(packed) in (4, 16):
                found.add(str(ip_address(packed)))
        return found

    def traffic(self, name: str) -> Traffic:
        """What an interface has counted."""
        body = _LINK.pack(0, 0, socket.if_nametoindex(name), 0, 0)
        for answer in self._channel.ask(_GET_LINK, body):
            told = message.attributes(answer.body, _LINK.size).get(_STATS, b"")
            if len(told) >= _COUNTERS.size:
                return Traffic(*_COUNTERS.unpack_from(told))
        return Traffic(0, 0, 0, 0, 0, 0, 0, 0)

    def _route(self, index: int, to: Network, kind: tuple[int, int, int], more: bytes = b"") -> None:
        """``kind``: table, scope, type."""
        family = socket.AF_INET if to.version == 4 else socket.AF_INET6
        table, scope, sort = kind
        body = _ROUTE.pack(family, to.prefixlen, 0, 0, table, _BY_BOOT, scope, sort, 0)
        if to.prefixlen:
            body += message.attribute(_TO, to.network_address.packed)
        body += message.attribute(_OUT, struct.pack("=I", index)) + more
        self._tell(_NEW_ROUTE, body, _CREATE | _EXCLUSIVE)

    def _tell(self, kind: int, body: bytes, flags: int = 0) -> None:
        for _ in self._channel.ask(kind, body, message.ACK | flags):
            pass


def _number(kind: int, value: int) -> bytes:
    return message.attribute(kind, struct.pack("=I", value))
