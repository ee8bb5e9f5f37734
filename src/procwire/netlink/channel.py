"""A netlink socket to ask and to listen on.

One Channel belongs to the network namespace its thread was in when it was made, and to one thread.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
import threading
from collections.abc import Iterator

from procwire.netlink import message
from procwire.netlink.message import Message

ROUTE = 0
SOCK_DIAG = 4
NETFILTER = 12

_SOL_NETLINK = 270
_NETLINK_EXT_ACK = 11
_NETLINK_GET_STRICT_CHK = 12
_RECEIVE_BYTES = 1 << 18
_ROOM = threading.local()  # what comes is read into one place a thread: a new one would be mapped each time


class NetlinkError(OSError):
    """The kernel refused a request: ``errno`` and, where it gave one, its own sentence."""


class Channel:
    """A bound netlink socket; a context manager."""

    def __init__(self, protocol: int, *, groups: int = 0, timeout: float = 5.0) -> None:
        self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, protocol)
        try:
            self._socket.setsockopt(_SOL_NETLINK, _NETLINK_EXT_ACK, 1)
            self._socket.bind((0, groups))
        except OSError:
            self._socket.close()
            raise
        # The kernel keeps the time: Python would ask it before each call whether it will not wait.
        span = struct.pack("@ll", int(timeout), int(timeout % 1 * 1e6))
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, span)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, span)
        self._sequence = 0

    def __enter__(self) -> Channel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def fileno(self) -> int:
        """For select and poll."""
        return self._socket.fileno()

    def ask(self, kind: int, body: bytes, flags: int = 0) -> Iterator[Message]:
        """Send a request and yield its answers. Raises NetlinkError; a dump ends with its DONE.

        Raises NetlinkError(EINTR) at the end of a dump that changed under the reader.
        """
        self._sequence = self._sequence + 1 & 0xFFFFFFFF
        self._socket.send(message.pack(kind, message.REQUEST | flags, self._sequence, body))
        torn = False
        while True:
            for answer in message.messages(_received(self._socket)):
                if answer.sequence != self._sequence:
                    continue
                torn = torn or bool(answer.flags & message.DUMP_INTERRUPTED)
                if answer.kind in (message.ERROR, message.DONE):
                    _judge(answer, torn=torn)
                    return
                yield answer
                if not answer.flags & message.MULTI and not flags & message.ACK:
                    return

    def tell(self, kind: int, body: bytes) -> None:
        """Send a message that has no answer."""
        self._sequence = self._sequence + 1 & 0xFFFFFFFF
        self._socket.send(message.pack(kind, 0, self._sequence, body))

    def listen(self, timeout: float | None = 0.0) -> list[Message]:
        """Messages of the joined groups that arrive within ``timeout`` seconds, maybe none."""
        self._socket.settimeout(timeout)
        try:
            return list(message.messages(_received(self._socket)))
        except (BlockingIOError, TimeoutError):
            return []
        finally:
            self._socket.settimeout(None)


def _received(channel: socket.socket) -> bytes:
    if not hasattr(_ROOM, "view"):
        _ROOM.view = memoryview(bytearray(_RECEIVE_BYTES))
    try:
        size = channel.recv_into(_ROOM.view)
    except BlockingIOError:
        if channel.gettimeout() == 0.0:
            raise
        raise TimeoutError(errno.ETIMEDOUT, "the kernel does not answer") from None
    return bytes(_ROOM.view[:size])


def _judge(answer: Message, *, torn: bool) -> None:
    code, words = message.error_of(answer)
    if code:
        raise NetlinkError(code, words or os.strerror(code))
    if torn:
        raise NetlinkError(errno.EINTR, "the dump changed while it was read")
