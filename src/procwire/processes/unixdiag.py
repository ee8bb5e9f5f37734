"""sock_diag requests and answers for unix sockets as bytes (include/uapi/linux/unix_diag.h). Pure."""

from __future__ import annotations

import socket
import struct
from typing import NamedTuple

from procwire.netlink import message
from procwire.processes import procfs

_REQUEST = struct.Struct("=BBHIIIQ")  # family, protocol, pad, states, inode, show, cookie
_ANSWER = struct.Struct("=BBBBIQ")  # family, type, state, pad, inode, cookie
_WORD = struct.Struct("=I")
_QUEUES = struct.Struct("=II")
_SHOW = 0x01 | 0x04 | 0x10 | 0x40  # name, peer, queue lengths, uid (since Linux 5.3)
_NAME, _PEER, _RQLEN, _UID = 0, 2, 4, 7
_KINDS = {socket.SOCK_STREAM: "stream", socket.SOCK_DGRAM: "dgram", socket.SOCK_SEQPACKET: "seqpacket"}
NO_COOKIE = (1 << 64) - 1


class UnixDiagError(ValueError):
    """Bytes that are not a unix_diag message."""


class UnixSocket(NamedTuple):
    """One unix socket as the kernel describes it. States are those of TCP."""

    kind: str  # stream, dgram or seqpacket
    state: int
    inode: int
    cookie: int
    path: str  # "@" begins an abstract name; empty for none
    peer: int  # inode, 0 for none
    receive_queue: int
    send_queue: int
    uid: int  # of the creator, -1 for not known


def request() -> bytes:
    """For a dump of all."""
    return _REQUEST.pack(socket.AF_UNIX, 0, 0, 0xFFFFFFFF, 0, _SHOW, NO_COOKIE)


def decode(body: bytes) -> UnixSocket:
    """struct unix_diag_msg and its attributes. Raises UnixDiagError."""
    if len(body) < _ANSWER.size or body[0] != socket.AF_UNIX:
        raise UnixDiagError(f"{len(body)} bytes are no unix_diag_msg")
    _, kind, state, _, inode, cookie = _ANSWER.unpack_from(body)
    parts = message.attributes(body, _ANSWER.size)
    queues = parts.get(_RQLEN, b"")
    received, sent = _QUEUES.unpack_from(queues) if len(queues) >= _QUEUES.size else (0, 0)
    return UnixSocket(
        kind=_KINDS.get(kind, f"type-{kind}"),
        state=state,
        inode=inode,
        cookie=cookie,
        path=_path(parts.get(_NAME, b"")),
        peer=_number(parts.get(_PEER, b""), 0),
        receive_queue=received,
        send_queue=sent,
        uid=_number(parts.get(_UID, b""), -1),
    )


def _path(name: bytes) -> str:
    """A name that begins with a zero is abstract, and its zeros are part of it (unix(7))."""
    if name.startswith(b"\0"):
        return "@" + procfs.text(name[1:])
    return procfs.text(name.partition(b"\0")[0])


def _number(part: bytes, absent: int) -> int:
    return int(_WORD.unpack_from(part)[0]) if len(part) >= 4 else absent
