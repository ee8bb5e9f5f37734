"""One end of the line between engine and warden: whole messages, and descriptors in one direction alone."""

from __future__ import annotations

import array
import contextlib
import os
import socket

from procwire.warden.messages import MAX_BYTES, MessageError

_DESCRIPTORS = 4  # for which there is room; more than one is an error, but none may be left behind


class Line:
    """A SOCK_SEQPACKET socket. ``take`` gives one message and the descriptor that came with it, or -1."""

    def __init__(self, made: socket.socket) -> None:
        self._socket = made

    def fileno(self) -> int:
        """For poll."""
        return self._socket.fileno()

    def give(self, data: bytes, descriptor: int = -1, *, wait: bool = True) -> None:
        """Send one message. Raises OSError where nobody is there any more, BlockingIOError for not now."""
        ancillary = []
        if descriptor >= 0:
            ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
        flags = socket.MSG_NOSIGNAL | (0 if wait else socket.MSG_DONTWAIT)
        self._socket.sendmsg([data], ancillary, flags)

    def offer(self, data: bytes) -> None:
        """Send one message, or raise BlockingIOError where there is no room for it now."""
        self._socket.sendmsg([data], [], socket.MSG_NOSIGNAL | socket.MSG_DONTWAIT)

    def take(self, *, wait: bool = True) -> tuple[bytes, int]:
        """The next message; empty where the other end is gone. Raises MessageError, BlockingIOError."""
        data, ancillary, flags, _ = self._socket.recvmsg(
            MAX_BYTES + 1,
            socket.CMSG_SPACE(_DESCRIPTORS * 4),
            socket.MSG_CMSG_CLOEXEC | (0 if wait else socket.MSG_DONTWAIT),
        )
        found = _descriptors(ancillary)
        if flags & (socket.MSG_TRUNC | socket.MSG_CTRUNC) or len(found) > 1:
            close_all(found)
            raise MessageError("longer than a message may be")
        return data, found[0] if found else -1

    def close(self) -> None:
        """Leave; the other end notices, also where a filter keeps the descriptor open."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


def pair() -> tuple[socket.socket, socket.socket]:
    """Two ends."""
    return socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)


def close_all(descriptors: list[int]) -> None:
    """Let go of what nobody asked for."""
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            os.close(descriptor)


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return list(found)
