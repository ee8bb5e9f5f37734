"""Datagrams and pings, handed on."""

from __future__ import annotations

import errno
import select
import socket
from ipaddress import ip_address

import pytest

from procwire.shaping.lab.datagram import ICMP, UDP, Seen, seen
from procwire.shaping.lab.exchange import Exchange, Ping
from tests.shaping.lab.place import needs_lab

NEAR, FAR = ip_address("198.18.0.2").packed, ip_address("127.0.0.1").packed


def bound() -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    made.settimeout(5)
    return made


def readable(end: socket.socket) -> None:
    poll = select.poll()
    poll.register(end, select.POLLIN)
    assert poll.poll(5000)


def test_datagrams_keep_their_bounds_also_empty_ones() -> None:
    command, inner, outer, host = bound(), bound(), bound(), bound()
    with command, host:
        command.connect(inner.getsockname())
        inner.connect(command.getsockname())
        outer.connect(host.getsockname())
        said: list[bytes] = []
        exchange = Exchange(Seen(4, UDP, NEAR, FAR, 1, 2, 20), inner, outer, said.append, NEAR)
        for data in (b"one", b"", b"three"):
            command.send(data)
        readable(inner)
        exchange.serve(inner)
        assert [host.recv(100) for _ in range(3)] == [b"one", b"", b"three"]
        host.sendto(b"back", outer.getsockname())
        readable(outer)
        exchange.serve(outer)
        assert command.recv(100) == b"back"
        exchange.close()
        assert (inner.fileno(), outer.fileno()) == (-1, -1)


@pytest.mark.parametrize("by", ["outer", "inner"])
def test_nobody_at_the_port_is_said(by: str) -> None:
    said: list[bytes] = []
    inner, outer, host = bound(), bound(), bound()
    with inner, outer:
        outer.connect(host.getsockname())
        host.close()
        exchange = Exchange(Seen(4, UDP, NEAR, FAR, 1, 2, 20), inner, outer, said.append, NEAR)
        outer.send(b"anybody?")
        readable(outer)
        if by == "inner":
            bound().sendto(b"again", inner.getsockname())
            readable(inner)
        exchange.serve(outer if by == "outer" else inner)
    (told,) = said
    assert (told[20], told[21], told[12:16]) == (3, 3, FAR)


@needs_lab
def test_a_ping_has_a_number_of_its_own() -> None:
    said: list[bytes] = []
    data = bytes((0x45, 0, 0, 32, 0, 0, 0, 0, 64, ICMP, 0, 0)) + NEAR + FAR + bytes((8, 0, 0, 0, 9, 9, 0, 1))
    packet = seen(data + b"data")
    assert packet is not None
    outer = socket.socket(socket.AF_INET, socket.SOCK_RAW, ICMP)
    outer.connect(("127.0.0.1", 0))
    ping = Ping(packet, outer, 0x1234, said.append, NEAR)
    ping.send(data + b"data")
    while not said:
        readable(outer)
        ping.serve(outer)
    assert said[0][20] == 0
    assert said[0][24:] == b"\x09\x09\0\x01data"
    assert said[0][12:20] == FAR + NEAR
    ping.close()


def test_what_cannot_be_sent_is_said() -> None:
    class Shut:
        def setblocking(self, _: bool) -> None:
            """As it is."""

        def send(self, _: bytes) -> int:
            raise OSError(errno.EHOSTUNREACH, "no route")

    said: list[bytes] = []
    data = bytes((0x45, 0, 0, 28, 0, 0, 0, 0, 64, ICMP, 0, 0)) + NEAR + FAR + bytes((8, 0, 0, 0, 9, 9, 0, 1))
    packet = seen(data)
    assert packet is not None
    Ping(packet, Shut(), 1, said.append, NEAR).send(data)  # type: ignore[arg-type]
    assert (said[0][20], said[0][21], said[0][28:]) == (3, 1, data)
