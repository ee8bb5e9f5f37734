"""What the lab's tests share: a reason why they cannot run, an echo server, the tunnels that are there."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Iterator

import pytest

from tests import lab

needs_lab = pytest.mark.skipif(bool(lab.why_not()), reason=lab.why_not() or "-")

ASK = """
import os, socket, sys
name, port, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
host = os.environ["PROCWIRE_HOST"] if name == "host" else name
asking = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
asking.settimeout(5)
for number in range(count):
    asking.sendto(b"%d" % number, (host, port))
for number in range(count):
    asking.recv(100)
"""


def asking(name: str, port: int, count: int = 1) -> list[str]:
    """The words of a program that sends datagrams to an echo server and waits for as many."""
    return [sys.executable, "-c", ASK, name, str(port), str(count)]


@contextlib.contextmanager
def echo(server: socket.socket, address: str) -> Iterator[int]:
    """Send every datagram back, on a thread; the port."""
    server.bind((address, 0))
    server.settimeout(0.05)
    stop = threading.Event()

    def serve() -> None:
        while not stop.is_set():
            with contextlib.suppress(TimeoutError):
                data, peer = server.recvfrom(2000)
                server.sendto(data, peer)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield server.getsockname()[1]
    finally:
        stop.set()
        thread.join()
        server.close()


def tunnels() -> set[str]:
    """Names of the interfaces of this namespace that labs made."""
    return {name for _, name in socket.if_nameindex() if name.startswith("pwshape")}
