"""The other end of the generators' traffic: takes connections and datagrams on many ports, one process.

``python tests/kernel/sinks.py PORT ...``: every port takes TCP (read to the end, then closed), UDP and
UDP-Lite (each first datagram of a sender echoed), of both families; SCTP where the kernel has it. Prints one
line when all are open.
"""

from __future__ import annotations

import selectors
import socket
import sys
from collections.abc import Sequence

BACKLOG = 1024
SCTP, UDPLITE = 132, 136


def opened(port: int, kind: int, proto: int = 0) -> socket.socket | None:
    """A dual-stack socket on a port, None where the kernel has no such protocol."""
    try:
        ours = socket.socket(socket.AF_INET6, kind, proto)
    except OSError:
        return None
    ours.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ours.bind(("::", port))
    if kind == socket.SOCK_STREAM:
        ours.listen(BACKLOG)
    ours.setblocking(False)
    return ours


class Sinks:
    """All ports in one loop."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.selector = selectors.DefaultSelector()
        self.answered: set[tuple[int, str, int]] = set()
        for port in ports:
            for kind, proto in (
                (socket.SOCK_STREAM, 0), (socket.SOCK_DGRAM, 0),
                (socket.SOCK_DGRAM, UDPLITE), (socket.SOCK_STREAM, SCTP),
            ):  # fmt: skip
                ours = opened(port, kind, proto)
                if ours is not None:
                    step = self.accept if kind == socket.SOCK_STREAM else self.answer
                    self.selector.register(ours, selectors.EVENT_READ, step)

    def run(self) -> None:
        """Serve until ended."""
        while True:
            for key, _ in self.selector.select():
                try:
                    key.data(key.fileobj)
                except OSError:
                    continue

    def accept(self, listener: socket.socket) -> None:
        ours, _ = listener.accept()
        ours.setblocking(False)
        self.selector.register(ours, selectors.EVENT_READ, self.read)

    def read(self, ours: socket.socket) -> None:
        try:
            data = ours.recv(1 << 20)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.selector.unregister(ours)
            ours.close()

    def answer(self, ours: socket.socket) -> None:
        data, peer = ours.recvfrom(65536)
        name = (ours.fileno(), peer[0], peer[1])
        if name not in self.answered:
            self.answered.add(name)
            ours.sendto(data, peer)


def main(words: list[str]) -> int:
    """Serve the ports."""
    sinks = Sinks([int(word) for word in words])
    print("ready", flush=True)
    sinks.run()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
