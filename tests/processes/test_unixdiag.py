from __future__ import annotations

import os
import socket
import struct
from pathlib import Path

import pytest

from procwire.netlink import message
from procwire.netlink.channel import SOCK_DIAG, Channel
from procwire.processes import unixdiag
from procwire.processes._names import ESTABLISHED, LISTEN
from procwire.processes.sockdiag import SOCK_DIAG_BY_FAMILY
from procwire.processes.unixdiag import UnixSocket


def found() -> dict[int, UnixSocket]:
    with Channel(SOCK_DIAG) as channel:
        answers = channel.ask(SOCK_DIAG_BY_FAMILY, unixdiag.request(), message.DUMP)
        return {one.inode: one for one in (unixdiag.decode(answer.body) for answer in answers)}


def inode(ours: socket.socket) -> int:
    return os.fstat(ours.fileno()).st_ino


def test_real_sockets(tmp_path: Path) -> None:
    path = str(tmp_path / "here")
    left, right = socket.socketpair()
    with left, right, socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX, 5) as hidden:
        server.bind(path)
        server.listen(7)
        hidden.bind("\0procwire-\1test")
        left.send(b"abc")
        seen = found()
        assert (seen[inode(left)].peer, seen[inode(left)].state) == (inode(right), ESTABLISHED)
        assert seen[inode(right)].receive_queue > 0
        listening = seen[inode(server)]
        assert (listening.kind, listening.state, listening.path) == ("stream", LISTEN, path)
        assert (listening.send_queue, listening.uid) == (7, os.getuid())
        assert (seen[inode(hidden)].kind, seen[inode(hidden)].path) == ("seqpacket", r"@procwire-\x01test")


@pytest.mark.parametrize("body", [b"", b"\1" * 15, b"\2" * 16])
def test_what_is_no_answer(body: bytes) -> None:
    with pytest.raises(unixdiag.UnixDiagError):
        unixdiag.decode(body)


def test_attributes_that_are_missing_or_short_are_not_known() -> None:
    body = struct.pack("=BBBBIQ", socket.AF_UNIX, 99, 7, 0, 5, 6) + message.attribute(7, b"\1")
    assert unixdiag.decode(body) == UnixSocket("type-99", 7, 5, 6, "", 0, 0, 0, -1)
