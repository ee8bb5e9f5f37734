"""memcached with clients in Python: text, binary and UDP, hits and misses, an error."""

from __future__ import annotations

import socket
import struct

from tests.vectors.scene import SERVER, Scene


def lines(scene: Scene, *sent: bytes) -> None:
    """Text commands on one connection, each answered before the next."""
    connection = scene.client.socket()
    connection.settimeout(5)
    connection.connect((SERVER, 11211))
    for one in sent:
        connection.sendall(one)
        connection.recv(65536)
    connection.close()


def header(opcode: int, key: bytes = b"", extras: bytes = b"", value: bytes = b"", opaque: int = 1) -> bytes:
    """A binary request."""
    total = len(key) + len(extras) + len(value)
    head = struct.pack("!BBHBBHIIQ", 0x80, opcode, len(key), len(extras), 0, 0, total, opaque, 0)
    return head + extras + key + value


def session(scene: Scene) -> None:
    """Text, then binary, then UDP."""
    scene.serve(11211, "memcached", "-u", "nobody", "-l", SERVER, "-U", "11211")
    lines(scene, b"set pet 0 60 3\r\ncat\r\n", b"get pet none\r\n", b"gets pet\r\n", b"incr pet 1\r\n",
          b"delete none\r\n", b"nonsense\r\n", b"mg pet v t\r\n", b"version\r\n",
          b"stats slabs\r\n")  # fmt: skip
    lines(scene, header(1, b"pet", bytes(8), b"emu"), header(0, b"pet", opaque=2), header(0, b"none",
    opaque=3),
          header(0x0B, opaque=4), header(0x0A, opaque=5))  # fmt: skip
    datagram = scene.client.socket(kind=socket.SOCK_DGRAM)
    datagram.settimeout(5)
    for number, text in enumerate((b"get pet\r\n", b"stats\r\n"), 1):
        datagram.sendto(struct.pack("!HHHH", number, 0, 1, 0) + text, (SERVER, 11211))
        parts = datagram.recv(65536)[5]
        for _ in range(parts - 1):
            datagram.recv(65536)
    datagram.close()


SCENARIOS = {"session": session}
