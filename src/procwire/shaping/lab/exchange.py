"""Datagrams and pings of one flow, carried by a socket in the host's namespace.

A datagram comes out of a socket that the gateway's kernel delivers it to, so that fragments are put together
there, and the answers are cut up again. A ping has a raw socket, which hears its own number alone.
"""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

from procwire.shaping.lab.datagram import (
    ECHO_REPLY,
    HOST,
    NET,
    PORT,
    PROHIBITED,
    Seen,
    echo,
    echo_reply,
    of_udp,
    unreachable,
)

MOST = 65535
BATCH = 64  # datagrams of one side before others have their turn
REASONS = {
    errno.ECONNREFUSED: PORT, errno.ENETUNREACH: NET, errno.EHOSTUNREACH: HOST, errno.EHOSTDOWN: HOST,
    errno.EACCES: PROHIBITED, errno.EPERM: PROHIBITED,
}  # fmt: skip
Answer = Callable[[bytes], None]


class Exchange:
    """UDP: ``inner`` talks with the command, ``outer`` with the other host."""

    def __init__(
        self, packet: Seen, inner: socket.socket, outer: socket.socket, answer: Answer, gateway: bytes
    ) -> None:
        self.ends = (inner, outer)
        self.used = 0.0
        self._packet = packet
        self._answer = answer
        self._gateway = gateway
        for each in self.ends:
            each.setblocking(False)

    def serve(self, end: socket.socket) -> None:
        """Hand on what came."""
        other = self.ends[1] if end is self.ends[0] else self.ends[0]
        for _ in range(BATCH):
            try:
                other.send(end.recv(MOST))
            except BlockingIOError:
                return
            except OSError as error:
                why = REASONS.get(error.errno or 0)
                if why is None or (end is self.ends[1] and error.errno != errno.ECONNREFUSED):
                    return
                self._answer(unreachable(of_udp(self._packet), self._packet, why, self._gateway))
                return

    def close(self) -> None:
        """Let go of both."""
        for each in self.ends:
            each.close()


class Ping:
    """ICMP echo: requests go out by a raw socket with a number of their own."""

    def __init__(
        self, packet: Seen, outer: socket.socket, number: int, answer: Answer, gateway: bytes
    ) -> None:
        self.ends = (outer,)
        self.used = 0.0
        self._packet = packet
        self._number = number.to_bytes(2, "big")
        self._answer = answer
        self._gateway = gateway
        self._last = b""
        outer.setblocking(False)

    def send(self, data: bytes) -> None:
        """One request."""
        self._last = data
        try:
            self.ends[0].send(echo(self._packet, data, int.from_bytes(self._number, "big")))
        except BlockingIOError:
            return  # lost, as on any full queue
        except OSError as error:
            self._refuse(error)

    def serve(self, end: socket.socket) -> None:
        """Hand the replies on."""
        for _ in range(BATCH):
            try:
                told = end.recv(MOST)
            except BlockingIOError:
                return
            except OSError as error:
                self._refuse(error)
                return
            if self._packet.version == 4:  # with its header (raw(7))
                told = told[(told[0] & 0x0F) * 4 :] if told else b""
            if len(told) >= 8 and told[0] == ECHO_REPLY[self._packet.version] and told[4:6] == self._number:
                self._answer(echo_reply(self._packet, told[6:]))

    def close(self) -> None:
        """Let go."""
        self.ends[0].close()

    def _refuse(self, error: OSError) -> None:
        why = REASONS.get(error.errno or 0)
        if why is not None and self._last:
            self._answer(unreachable(self._last, self._packet, why, self._gateway))
