"""sock_diag requests and answers for internet sockets as bytes (sock_diag(7), linux/inet_diag.h). Pure.

Covers TCP, UDP, UDP-Lite, SCTP and raw sockets of both families. Asking the kernel is ``sockets``'s part.
Attributes are kept as they came in ``Socket.attributes``; INET_DIAG_INFO (tcp_info) is one of them, and is
decoded by whoever asks for it with ``extensions``.
"""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

from procwire.netlink import message
from procwire.processes._names import ALL_STATES, DATAGRAM, RAW
from procwire.processes.keys import Key, plain

SOCK_DIAG_BY_FAMILY = 20

# idiag_ext is a mask of 1 << (attribute - 1).
INET_DIAG_MEMINFO = 1
INET_DIAG_INFO = 2  # struct tcp_info
INET_DIAG_CONG = 4
INET_DIAG_SKMEMINFO = 7
INET_DIAG_SHUTDOWN = 8
INET_DIAG_MARK = 15
INET_DIAG_CGROUP_ID = 21  # since Linux 5.8

NO_COOKIE = (1 << 64) - 1
_REQ_BYTECODE = 1  # INET_DIAG_REQ_BYTECODE
_S_GE, _S_LE = 2, 3  # INET_DIAG_BC_S_GE, INET_DIAG_BC_S_LE

_REQUEST = struct.Struct("=BBBBI")  # family, protocol, ext, pad or raw protocol, states
_PORTS = struct.Struct("!HH")
_TAIL = struct.Struct("=IQ")  # interface, cookie
_HEAD = struct.Struct("=BBBB")  # family, state, timer, retransmits
_NUMBERS = struct.Struct("=IIIII")  # expires, rqueue, wqueue, uid, inode
_OPERATION = struct.Struct("=BBH")  # code, yes, no

MESSAGE_BYTES = 72
_ADDRESSES = 8
_AFTER_ID = 52


class SockDiagError(ValueError):
    """Bytes that are not an inet_diag message."""


class Socket(NamedTuple):
    """One socket as the kernel describes it. Addresses are 4 bytes for IPv4 and v4-mapped, else 16."""

    family: int  # AF_INET or AF_INET6, of the socket itself
    state: int  # _names.STATES; UDP sockets are ESTABLISHED (connected) or CLOSE
    src: bytes
    sport: int
    dst: bytes
    dport: int
    interface: int  # bound to this interface index; 0 for none
    cookie: int
    uid: int  # of the creator
    inode: int  # 0: no descriptor stands for it (not yet accepted, or closed)
    receive_queue: int
    send_queue: int
    attributes: dict[int, bytes]


def request(
    proto: int,
    family: int,
    states: int = ALL_STATES,
    *,
    identity: bytes = b"",
    extensions: int = 0,
    raw_protocol: int = 0,
) -> bytes:
    """struct inet_diag_req_v2; without ``identity`` it is for a dump of ``states`` (a mask of 1 << state)."""
    head = _REQUEST.pack(family, proto, extensions, raw_protocol, states)
    return head + (identity or bytes(36) + _TAIL.pack(0, NO_COOKIE))


def exact(proto: int, local: Key, *, interface: int = 0, extensions: int = 0) -> bytes:
    """A request for the one socket whose own end is ``local.src``, by hash look-up and not by dump.

    For TCP the kernel answers with the connection, else with the listener that would take it. For UDP it
    takes the addresses as an arriving packet has them, so they are turned (net/ipv4/udp_diag.c: "src and dst
    are swapped for historical reasons").
    """
    family = socket.AF_INET if len(local.src) == 4 else socket.AF_INET6
    seen = local.turned() if proto in DATAGRAM else local
    ports = _PORTS.pack(seen.sport, seen.dport)
    identity = (
        ports + seen.src.ljust(16, b"\0") + seen.dst.ljust(16, b"\0") + _TAIL.pack(interface, NO_COOKIE)
    )
    raw = local.proto if proto == RAW else 0
    return request(proto, family, identity=identity, extensions=extensions, raw_protocol=raw)


def on_port(proto: int, family: int, port: int, states: int = ALL_STATES) -> bytes:
    """A dump request whose filter keeps sockets bound to a local port (bytecode: port >= p and port <= p)."""
    code = b"".join(
        _OPERATION.pack(operation, 8, rest + 4) + _OPERATION.pack(0, 0, port)
        for operation, rest in ((_S_GE, 16), (_S_LE, 8))
    )
    return request(proto, family, states) + message.attribute(_REQ_BYTECODE, code)


def decode(body: bytes) -> Socket:
    """struct inet_diag_msg and its attributes. Raises SockDiagError when it is cut short or of no family."""
    if len(body) < MESSAGE_BYTES:
        raise SockDiagError(f"{len(body)} bytes are too few for an inet_diag_msg")
    family, state, _, _ = _HEAD.unpack_from(body)
    if family not in (socket.AF_INET, socket.AF_INET6):
        raise SockDiagError(f"address family {family} is not an internet family")
    size = 4 if family == socket.AF_INET else 16
    sport, dport = _PORTS.unpack_from(body, 4)
    interface, cookie = _TAIL.unpack_from(body, 40)
    _, receive_queue, send_queue, uid, inode = _NUMBERS.unpack_from(body, _AFTER_ID)
    return Socket(
        family=family,
        state=state,
        src=plain(body[_ADDRESSES : _ADDRESSES + size]),
        sport=sport,
        dst=plain(body[_ADDRESSES + 16 : _ADDRESSES + 16 + size]),
        dport=dport,
        interface=interface,
        cookie=cookie,
        uid=uid,
        inode=inode,
        receive_queue=receive_queue,
        send_queue=send_queue,
        attributes=message.attributes(body, MESSAGE_BYTES) if len(body) > MESSAGE_BYTES else {},
    )


def encode(found: Socket) -> bytes:
    """The inverse of ``decode``, for tests and recordings; v4-mapped cover is put back on for AF_INET6."""
    cover = bytes(10) + b"\xff\xff"
    src, dst = (
        cover + part if found.family == socket.AF_INET6 and len(part) == 4 else part
        for part in (found.src, found.dst)
    )
    head = _HEAD.pack(found.family, found.state, 0, 0) + _PORTS.pack(found.sport, found.dport)
    ends = src.ljust(16, b"\0") + dst.ljust(16, b"\0") + _TAIL.pack(found.interface, found.cookie)
    numbers = _NUMBERS.pack(0, found.receive_queue, found.send_queue, found.uid, found.inode)
    tail = b"".join(message.attribute(kind, payload) for kind, payload in found.attributes.items())
    return head + ends + numbers + tail
