"""Only the configured hosts are looked up and connected to."""

from __future__ import annotations

import socket

import pytest

from procwire.courier import hosts
from procwire.courier.hosts import Hosts
from tests.courier.servers import HOST, Listener, free_port


def test_nobody_else() -> None:
    made = Hosts([("localhost", 514), (HOST, 25)])
    assert made.named
    assert made.ports == (25, 514)
    assert not Hosts([(HOST, 25)]).named
    for host, port in (("example.org", 514), ("localhost", 25), (HOST, 26)):
        with pytest.raises(PermissionError, match="no configured sink"):
            made.resolve(host, port)
        with pytest.raises(PermissionError):
            made.connect(host, port, 1.0)


def test_addresses_are_not_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def told(*_: object, flags: int = 0, **__: object) -> list[object]:
        asked.append(flags)
        return [(socket.AF_INET, 0, 0, "", (HOST, 25))]

    monkeypatch.setattr(socket, "getaddrinfo", told)
    made = Hosts([(HOST, 25), ("name", 25)])
    made.resolve(HOST, 25)
    made.resolve("name", 25)
    made.resolve("name", 25)
    assert asked == [socket.AI_NUMERICHOST, 0]


def test_connects_or_says_why_not() -> None:
    with Listener() as listener:
        made = Hosts([("localhost", listener.port)]).connect("localhost", listener.port, 5.0)
        assert made.getpeername()[1] == listener.port
        hosts.shut(made)
        hosts.shut(None)
    port = free_port()
    with pytest.raises(ConnectionRefusedError):
        Hosts([(HOST, port)]).connect(HOST, port, 5.0)
