"""Syslog: UDP (RFC 5426), TCP with octet counting (RFC 6587 section 3.4.1), TLS (RFC 5425).

Syslog answers nothing. Over TCP a message counts as delivered once the peer's kernel has acknowledged all of
it; over UDP once it was sent, which is why UDP is the last choice.
"""

from __future__ import annotations

import array
import fcntl
import socket
import ssl
import time
from collections.abc import Sequence

from procwire.courier.hosts import Hosts, secured, shut
from procwire.model.sink import OK, REFUSED, Item, Result

MAX_DATAGRAM = 65_000  # with room for headers
UNSENT = 0x5411  # SIOCOUTQ (tcp(7)): bytes that the peer has not acknowledged
STEP_SECONDS = 0.002


class Datagrams:
    """Over UDP. See Carrier."""

    def __init__(self, hosts: Hosts, host: str, port: int) -> None:
        self._hosts = hosts
        self._end = (host, port)

    def carry(self, items: Sequence[Item]) -> list[Result]:
        """See Carrier."""
        family, address = self._hosts.resolve(*self._end, socket.SOCK_DGRAM)[0]
        found = []
        with socket.socket(family, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as made:
            made.connect(address)
            for item in items:
                if len(item.body) > MAX_DATAGRAM:
                    found.append(Result(REFUSED, f"{len(item.body)} bytes do not fit into a datagram"))
                    continue
                made.send(item.body)
                found.append(OK)
        return found

    def abort(self) -> None:
        """Nothing takes long here."""


class Stream:
    """Over TCP, or TLS where there is a context. See Carrier."""

    def __init__(
        self, hosts: Hosts, end: tuple[str, int], context: ssl.SSLContext | None, timeout: float
    ) -> None:
        self._hosts = hosts
        self._end = end
        self._context = context
        self._timeout = timeout
        self._socket: socket.socket | None = None

    def carry(self, items: Sequence[Item]) -> list[Result]:
        """See Carrier."""
        try:
            made = self._open()
            made.sendall(b"".join(b"%d %s" % (len(item.body), item.body) for item in items))
            self._acknowledged(made)
        except OSError:
            self._drop()
            raise
        return [OK] * len(items)

    def abort(self) -> None:
        """See Carrier."""
        shut(self._socket)

    def _drop(self) -> None:
        shut(self._socket)
        self._socket = None

    def _open(self) -> socket.socket:
        if self._socket is not None and gone(self._socket):
            self._drop()
        if self._socket is None:
            made = self._hosts.connect(*self._end, self._timeout)
            if self._context is not None:
                made = secured(made, self._context, self._end[0])
            self._socket = made
        return self._socket

    def _acknowledged(self, made: socket.socket) -> None:
        """Wait until the peer's kernel has all of it."""
        end = time.monotonic() + self._timeout
        left = array.array("i", [0])
        while True:
            fcntl.ioctl(made.fileno(), UNSENT, left)
            if not left[0]:
                break
            if time.monotonic() > end:
                raise TimeoutError(0, f"{left[0]} bytes were not acknowledged")
            time.sleep(STEP_SECONDS)
        if gone(made):
            raise ConnectionResetError(0, "the other side has closed")


def gone(made: socket.socket) -> bool:
    """Whether the other side has closed or reset: nothing else would be readable, syslog says nothing."""
    timeout = made.gettimeout()
    made.setblocking(False)
    try:
        return made.recv(1) == b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True
    finally:
        made.settimeout(timeout)
