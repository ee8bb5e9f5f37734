"""A small server for protocols whose real servers cannot be had here: real clients talk to it."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

from tests.vectors.scene import SERVER, Scene

Answer = Callable[[bytes], bytes]


@contextlib.contextmanager
def answering(
    scene: Scene, port: int, maker: Callable[[], Answer], framing: Callable[[bytes], int] | None = None
) -> Iterator[None]:
    """Serve connections on ``port``: each whole message (``framing`` tells its size) is answered.

    ``maker`` makes the function that answers, one a connection; without ``framing`` its ``size`` tells that.
    """
    listener = scene.server.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((SERVER, port))
    listener.listen()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                made: Any = maker()
                words = (connection, made, framing or made.size)
                threading.Thread(target=_talk, args=words, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield
    finally:
        listener.close()


def _talk(connection: socket.socket, answer: Answer, framing: Callable[[bytes], int]) -> None:
    held = b""
    with contextlib.suppress(OSError), connection:
        while data := connection.recv(65536):
            held += data
            while (size := framing(held)) and len(held) >= size:
                if reply := answer(held[:size]):
                    connection.sendall(reply)
                held = held[size:]


def serving(scene: Scene, port: int, script: str, *, udp: bool = False) -> None:
    """Run a server written in Python on the server's host, and wait until it listens."""
    scene.serve(port, sys.executable, "-c", script, udp=udp)


def python(scene: Scene, script: str) -> None:
    """Run a client written in Python on the client's host; what it prints does not matter."""
    scene.client.run(sys.executable, "-c", script, check=False)
