"""Asking one namespace's kernel for its sockets: one exactly, those on a port, or all.

Says what the kernel said; who holds a socket is ``holders``'s part. Ping sockets have no sock_diag handler
(as of Linux 6.18) and are not known here.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Iterator

from procwire.netlink import message
from procwire.netlink.channel import Channel, NetlinkError
from procwire.processes import sockdiag
from procwire.processes._names import ALL_STATES, CONNECTED, LISTEN, RAW
from procwire.processes.keys import Key
from procwire.processes.sockdiag import SOCK_DIAG_BY_FAMILY, SockDiagError, Socket

FAMILIES = (socket.AF_INET, socket.AF_INET6)
_ABSENT = frozenset({errno.ENOENT, errno.ESTALE, errno.EINVAL, errno.EOPNOTSUPP, errno.ENODEV})
MAX_DUMP = 1 << 20  # sockets taken from one dump


def exact(channel: Channel, key: Key, *, interface: int = 0) -> Socket | None:
    """The socket whose own end is ``key.src``; for TCP and UDP maybe the unconnected one that would serve.

    None when there is none, or the kernel has no handler for the protocol. Raises NetlinkError otherwise.
    """
    proto = key.proto if key.proto in CONNECTED else RAW
    try:
        for answer in channel.ask(SOCK_DIAG_BY_FAMILY, sockdiag.exact(proto, key, interface=interface)):
            found = sockdiag.decode(answer.body)
            return found if fits(found, key) else None
    except SockDiagError:
        return None
    except NetlinkError as error:
        if error.errno not in _ABSENT:
            raise
    return None


def fits(found: Socket, key: Key) -> bool:
    """Whether a socket can be the one at ``key.src``: the kernel's answer is not taken on trust."""
    if key.proto not in CONNECTED:
        return True
    if found.sport != key.sport or (any(found.src) and found.src != key.src):
        return False
    return found.dport == 0 or (found.dport == key.dport and found.dst == key.dst)


def is_connected(found: Socket) -> bool:
    """Whether the socket has another end of its own."""
    return found.state != LISTEN and found.dport != 0


def listener(channel: Channel, key: Key, *, interface: int = 0) -> Socket | None:
    """The listening socket that takes connections to ``key.src``."""
    found = exact(channel, key._replace(dst=bytes(len(key.dst)), dport=0), interface=interface)
    return found if found is not None and found.state == LISTEN else None


def dump(channel: Channel, proto: int, states: int = ALL_STATES, *, extensions: int = 0) -> Iterator[Socket]:
    """All sockets of a protocol in ``states``, both families; a changing table may lack or repeat some."""
    for family in FAMILIES:
        yield from _dump(channel, sockdiag.request(proto, family, states, extensions=extensions))


def on_port(channel: Channel, proto: int, port: int) -> list[Socket]:
    """The unconnected sockets on a local port, both families."""
    found = (held for family in FAMILIES for held in _dump(channel, sockdiag.on_port(proto, family, port)))
    return [held for held in found if not is_connected(held)]


def _dump(channel: Channel, body: bytes) -> Iterator[Socket]:
    try:
        for number, answer in enumerate(channel.ask(SOCK_DIAG_BY_FAMILY, body, message.DUMP)):
            if number >= MAX_DUMP:
                return
            try:
                yield sockdiag.decode(answer.body)
            except SockDiagError:
                continue
    except NetlinkError as error:
        if error.errno not in _ABSENT and error.errno != errno.EINTR:
            raise
