"""The interfaces of this network namespace, by rtnetlink: what they are, their addresses and counters.

Refuses to change any of them, and to read text under /proc or /sys.
"""

from __future__ import annotations

import errno
import ipaddress
import struct
from collections.abc import Iterable

import msgspec

from procwire.capture import arphrd_names
from procwire.netlink import message
from procwire.netlink.channel import ROUTE, Channel, NetlinkError
from procwire.netlink.message import Message

_RTM_NEWLINK, _RTM_GETLINK = 16, 18
_RTM_NEWADDR, _RTM_GETADDR = 20, 22
_GROUPS = 0x1 | 0x10 | 0x100  # RTMGRP_LINK, RTMGRP_IPV4_IFADDR, RTMGRP_IPV6_IFADDR
_IFF_UP = 0x1

_LINK = struct.Struct("=BxHiII")  # ifinfomsg: family, hardware type, index, flags, change
_ADDRESS = struct.Struct("=BBBBI")  # ifaddrmsg: family, prefix length, flags, scope, index
_COUNTERS = struct.Struct("=8Q")  # the head of rtnl_link_stats64

_IFLA_ADDRESS, _IFLA_IFNAME, _IFLA_MTU, _IFLA_LINK = 1, 3, 4, 5
_IFLA_MASTER, _IFLA_OPERSTATE, _IFLA_LINKINFO, _IFLA_STATS64 = 10, 16, 18, 23
_IFLA_PROMISCUITY, _IFLA_LINK_NETNSID = 30, 37
_IFLA_INFO_KIND = 1
_IFA_ADDRESS, _IFA_LOCAL = 1, 2

# RFC 2863 section 3.1.14, numbered as in include/uapi/linux/if.h.
_STATES = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")

# A dump that changed under the reader is asked for again, so many times.
DUMP_ATTEMPTS = 5
# Datagrams of news read at one go; more of them are waiting for the next call.
NEWS_AT_ONCE = 64


class Counters(msgspec.Struct, frozen=True):
    """IFLA_STATS64 since the interface was made: packets and bytes as its driver counts them."""

    rx_packets: int = 0
    tx_packets: int = 0
    rx_bytes: int = 0
    tx_bytes: int = 0
    rx_errors: int = 0
    tx_errors: int = 0
    rx_dropped: int = 0
    tx_dropped: int = 0


class LinkState(msgspec.Struct, frozen=True, kw_only=True):
    """One interface as the kernel described it.

    index        the kernel's number; never used again within a boot
    kind         what the driver calls itself (``veth``, ``bridge``, ``vlan``, ``wireguard``), else a word
                 for its hardware type (``ethernet``, ``loopback``)
    hardware     ARPHRD_* value;  ``linktype``: the LINKTYPE_* a capture has
    state        operational state, RFC 2863 (``up``, ``down``, ``unknown``, ...)
    up           whether it is administratively up
    promiscuous  whether anyone made it so: IFF_PROMISC would not tell of packet sockets
    mac          link layer address in hexadecimal with colons, empty if it has none
    addresses    ``10.0.0.1/24``, ``fe80::1/64``: in the kernel's order
    master       name of the bridge or bond it is part of, or empty
    peer         name of the interface it is stacked on or paired with, or empty (it may be elsewhere)
    """

    index: int
    name: str
    kind: str = ""
    hardware: int = 0
    linktype: int = 0
    mtu: int = 0
    state: str = "unknown"
    up: bool = False
    promiscuous: bool = False
    mac: str = ""
    addresses: tuple[str, ...] = ()
    counters: Counters = Counters()
    master: str = ""
    peer: str = ""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """News of one interface. ``event`` is ``new``, ``gone``, ``renamed`` or ``changed``."""

    event: str
    link: LinkState
    before: LinkState | None = None


def interfaces() -> list[LinkState]:
    """Every interface of the calling thread's network namespace, by index. Raises NetlinkError."""
    with Channel(ROUTE) as channel:
        return _snapshot(channel)


def local_addresses(links: Iterable[LinkState] | None = None) -> frozenset[tuple[int, int, int]]:
    """This namespace's own addresses as (family, high 64 bits, low 64 bits)."""
    found = set()
    for link in interfaces() if links is None else links:
        for text in link.addresses:
            address = ipaddress.ip_address(text.partition("/")[0])
            found.add((address.version, int(address) >> 64, int(address) & (1 << 64) - 1))
    return frozenset(found)


class Watcher:
    """Tells of interfaces and addresses that come, go or change. Belongs to one thread; a context manager.

    The kernel's news only wakes it: the truth is read anew and compared, so that news that was lost
    (ENOBUFS) or that came in a burst costs nothing.
    """

    def __init__(self) -> None:
        # Joined before the first look, so that nothing falls between the two.
        self._news = Channel(ROUTE, groups=_GROUPS)
        try:
            self._channel = Channel(ROUTE)
        except OSError:
            self._news.close()
            raise
        self.links = {link.index: link for link in _snapshot(self._channel)}
        self._stale = False  # news was heard and the new state could not be read

    def __enter__(self) -> Watcher:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close both sockets; may be called twice."""
        self._news.close()
        self._channel.close()

    def fileno(self) -> int:
        """For select and poll: readable when there is news."""
        return self._news.fileno()

    def changes(self, timeout: float | None = 0.0) -> list[Change]:
        """What differs from the last call, after waiting up to ``timeout`` seconds for news.

        Counters alone are no news. Gone come first, so that a name is free before it is taken again.
        Raises NetlinkError; nothing is lost then, the next call tells it.
        """
        self._stale = self._heard(timeout) or self._stale
        if not self._stale:
            return []
        before, self.links = self.links, {link.index: link for link in _snapshot(self._channel)}
        self._stale = False
        gone = [Change(event="gone", link=link) for index, link in before.items() if index not in self.links]
        return gone + [change for link in self.links.values() if (change := _compare(before, link))]

    def _heard(self, timeout: float | None) -> bool:
        heard = False
        for _ in range(NEWS_AT_ONCE):
            try:
                if not self._news.listen(0.0 if heard else timeout):
                    break
            except OSError as error:
                if error.errno != errno.ENOBUFS:
                    raise
            heard = True
        return heard


def _compare(before: dict[int, LinkState], link: LinkState) -> Change | None:
    old = before.get(link.index)
    if old is None:
        return Change(event="new", link=link)
    if old.name != link.name:
        return Change(event="renamed", link=link, before=old)
    if msgspec.structs.replace(old, counters=link.counters) != link:
        return Change(event="changed", link=link, before=old)
    return None


def _snapshot(channel: Channel) -> list[LinkState]:
    links = _dump(channel, _RTM_GETLINK, _LINK.pack(0, 0, 0, 0, 0))
    addresses = _dump(channel, _RTM_GETADDR, _ADDRESS.pack(0, 0, 0, 0, 0))
    owned: dict[int, list[str]] = {}
    for answer in addresses:
        if answer.kind == _RTM_NEWADDR and (found := _address_of(answer.body)):
            owned.setdefault(found[0], []).append(found[1])
    bodies = [answer.body for answer in links if answer.kind == _RTM_NEWLINK]
    names = {
        _LINK.unpack_from(body)[2]: _text(message.attributes(body, _LINK.size), _IFLA_IFNAME)
        for body in bodies
    }
    states = [_link_of(body, names, owned) for body in bodies]
    return sorted(states, key=lambda link: link.index)


def _dump(channel: Channel, kind: int, body: bytes) -> list[Message]:
    for _ in range(DUMP_ATTEMPTS - 1):
        try:
            return list(channel.ask(kind, body, message.DUMP))
        except NetlinkError as error:
            if error.errno != errno.EINTR:
                raise
    return list(channel.ask(kind, body, message.DUMP))


def _link_of(body: bytes, names: dict[int, str], owned: dict[int, list[str]]) -> LinkState:
    _, hardware, index, flags, _ = _LINK.unpack_from(body)
    found = message.attributes(body, _LINK.size)
    kind = _text(message.attributes(found.get(_IFLA_LINKINFO, b"")), _IFLA_INFO_KIND)
    # With a namespace id the index is one of another namespace, and no name here is its name.
    peer = 0 if _IFLA_LINK_NETNSID in found else _number(found, _IFLA_LINK)
    state = found.get(_IFLA_OPERSTATE, b"\0")[0]
    return LinkState(
        index=index,
        name=names[index],
        kind=kind or arphrd_names.name(hardware),
        hardware=hardware,
        linktype=arphrd_names.linktype(hardware),
        mtu=_number(found, _IFLA_MTU),
        state=_STATES[state] if state < len(_STATES) else "unknown",
        up=bool(flags & _IFF_UP),
        promiscuous=bool(_number(found, _IFLA_PROMISCUITY)),
        mac=found.get(_IFLA_ADDRESS, b"").hex(":") if hardware != arphrd_names.LOOPBACK else "",
        addresses=tuple(owned.get(index, ())),
        counters=_counters_of(found.get(_IFLA_STATS64, b"")),
        master=names.get(_number(found, _IFLA_MASTER), ""),
        peer=names.get(peer, "") if peer != index else "",
    )


def _address_of(body: bytes) -> tuple[int, str] | None:
    """Index and ``address/prefix``; IFA_LOCAL is ours where a link is point to point."""
    _, prefix, _, _, index = _ADDRESS.unpack_from(body)
    found = message.attributes(body, _ADDRESS.size)
    packed = found.get(_IFA_LOCAL) or found.get(_IFA_ADDRESS, b"")
    if len(packed) not in (4, 16):
        return None
    return index, f"{ipaddress.ip_address(packed)}/{prefix}"


def _counters_of(data: bytes) -> Counters:
    return Counters(*_COUNTERS.unpack_from(data)) if len(data) >= _COUNTERS.size else Counters()


def _text(found: dict[int, bytes], kind: int) -> str:
    return found.get(kind, b"").rstrip(b"\0").decode("utf-8", "replace")


def _number(found: dict[int, bytes], kind: int) -> int:
    data = found.get(kind, b"")
    return int(struct.unpack_from("=I", data)[0]) if len(data) >= 4 else 0
