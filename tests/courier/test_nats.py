"""NATS: a real server, and ones that make no sense."""

from __future__ import annotations

import contextlib
import shutil
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.courier.hosts import Hosts, tls_context
from procwire.courier.nats import Nats
from procwire.model.sink import LATER, OK, REFUSED, Sink
from tests.courier.servers import HOST, free_port, item, program

needs_server = pytest.mark.skipif(shutil.which("nats-server") is None, reason="needs nats-server")


def sink(port: int, **fields: str) -> Sink:
    return Sink(name="n", kind="nats", host=HOST, port=port, **fields)  # type: ignore[arg-type]


class Subscriber:
    """Reads what is published."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection((HOST, port), timeout=10)
        self.file = self.socket.makefile("rb")
        self.file.readline()
        self.socket.sendall(b'CONNECT {"verbose":false,"headers":true}\r\nSUB procwire.> 1\r\nPING\r\n')
        assert self.file.readline() == b"PONG\r\n"

    def message(self) -> tuple[bytes, bytes, bytes]:
        """Subject, headers, payload."""
        words = self.file.readline().split()
        head, whole = int(words[-2]), int(words[-1])
        data = self.file.read(whole + 2)
        return words[1], data[:head], data[head:-2]

    def close(self) -> None:
        self.file.close()
        self.socket.close()


@needs_server
def test_published_with_a_key_that_tells_doubles_apart() -> None:
    port = free_port()
    with program("nats-server", "-a", HOST, "-p", str(port), port=port):
        reader = Subscriber(port)
        nats = Nats(Hosts([(HOST, port)]), sink(port), "", None)
        assert nats.carry([item(1, b"one"), item(2, b"two")]) == [OK, OK]
        big = item(3, b"x" * (1 << 20))
        assert [one.state for one in nats.carry([big])] == [REFUSED]
        told = [reader.message() for _ in range(2)]
        reader.close()
        nats.abort()
        again = Nats(Hosts([(HOST, port)]), sink(port, subject="procwire.x"), "", None)
        assert again.carry([item(4)]) == [OK]
        again.abort()
    assert told[0] == (b"procwire.alerts", b"NATS/1.0\r\nNats-Msg-Id: key-1\r\n\r\n", b"one")
    assert told[1][2] == b"two"


@needs_server
def test_token_and_tls(pair: tuple[Path, Path]) -> None:
    port = free_port()
    words = ("nats-server", "-a", HOST, "-p", str(port), "--auth", "t0ken", "--tls", "--tlscert",
             str(pair[0]), "--tlskey", str(pair[1]))  # fmt: skip
    with program(*words, port=port):
        hosts, context = Hosts([(HOST, port)]), tls_context(str(pair[0]))
        nats = Nats(hosts, sink(port, transport="tls"), "t0ken", context)
        assert nats.carry([item(1)]) == [OK]
        nats.abort()
        (wrong,) = Nats(hosts, sink(port), "wrong", context).carry([item(1)])
        assert (wrong.state, wrong.reason) == (LATER, "Authorization Violation")
        (plain,) = Nats(hosts, sink(port), "t0ken", None).carry([item(1)])
        assert "wants TLS" in plain.reason


@pytest.fixture
def odd() -> Iterator[tuple[socket.socket, int]]:
    server = socket.create_server((HOST, 0))
    yield server, server.getsockname()[1]
    server.close()


@pytest.mark.parametrize(
    ("said", "reason"),
    [(b"HTTP/1.1 400\r\n", "does not begin with INFO"), (b"INFO [\r\n", "does not begin with INFO"),
     (b"", "closed the connection"), (b"INFO {}\r\n" + b"+OK\r\n" * 200, "no PONG in 100 lines"),
     (b"x" * 70000, "a line of more than")],
)  # fmt: skip
def test_servers_that_make_no_sense(odd: tuple[socket.socket, int], said: bytes, reason: str) -> None:
    server, port = odd

    def speak() -> None:
        peer, _ = server.accept()
        with peer, contextlib.suppress(OSError):  # it may have seen enough, and be gone, before all is said
            peer.sendall(said)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(4096):
                pass

    thread = threading.Thread(target=speak)
    thread.start()
    nats = Nats(Hosts([(HOST, port)]), sink(port), "", None)
    (result,) = nats.carry([item(1)])
    thread.join()
    assert result.state == LATER
    assert reason in result.reason
