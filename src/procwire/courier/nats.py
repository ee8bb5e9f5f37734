"""NATS, spoken here: its protocol is lines of text (docs.nats.io, client protocol).

Each alert is published with ``Nats-Msg-Id``, by which JetStream drops what comes twice; a PING follows,
and the server's PONG says that it has taken them all.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Sequence
from typing import Any

import msgspec

from procwire.courier.hosts import Hosts, secured, shut
from procwire.model.sink import LATER, OK, REFUSED, Item, Result, Sink
from procwire.model.values import SECOND

SUBJECT = "procwire.alerts"
MAX_LINE = 1 << 16  # INFO is one long line
MAX_LINES = 100  # until the answer that is waited for


class NatsError(OSError):
    """The server says no, or what makes no sense."""


class Nats:
    """See Carrier."""

    def __init__(self, hosts: Hosts, sink: Sink, secret: str, context: ssl.SSLContext | None) -> None:
        self._hosts = hosts
        self._sink = sink
        self._secret = secret
        self._context = context
        self._socket: socket.socket | None = None
        self._read = bytearray()
        self._headers = False
        self._most = 1 << 20

    def carry(self, items: Sequence[Item]) -> list[Result]:
        """See Carrier."""
        try:
            made = self._open()
            fitting = [item for item in items if len(item.body) <= self._most]
            made.sendall(b"".join(map(self._published, fitting)) + b"PING\r\n")
            self._until(b"PONG")
        except NatsError as error:
            self._drop()
            return [Result(LATER, str(error.strerror))] * len(items)
        except OSError:
            self._drop()
            raise
        too_long = Result(REFUSED, f"longer than the {self._most} bytes that the server takes")
        return [OK if len(item.body) <= self._most else too_long for item in items]

    def abort(self) -> None:
        """See Carrier."""
        shut(self._socket)

    def _drop(self) -> None:
        shut(self._socket)
        self._socket = None
        self._read.clear()

    def _open(self) -> socket.socket:
        if self._socket is not None:
            return self._socket
        self._socket = self._hosts.connect(self._sink.host, self._sink.port, self._sink.timeout_ns / SECOND)
        info = self._info()
        if self._context is not None:
            self._socket = secured(self._socket, self._context, self._sink.host)
        elif info.get("tls_required"):
            raise NatsError(0, 'the server wants TLS: transport = "tls"')
        self._headers = bool(info.get("headers"))
        most = info.get("max_payload")
        self._most = most - 1024 if isinstance(most, int) and most > 2048 else self._most
        hello: dict[str, Any] = {
            "verbose": False, "pedantic": False, "lang": "python", "name": "procwire", "version": "1",
            "protocol": 1, "headers": self._headers, "no_responders": False, "echo": False,
        }  # fmt: skip
        if self._sink.user:
            hello |= {"user": self._sink.user, "pass": self._secret}
        elif self._secret:
            hello["auth_token"] = self._secret
        self._socket.sendall(b"CONNECT " + msgspec.json.encode(hello) + b"\r\nPING\r\n")
        self._until(b"PONG")
        return self._socket

    def _info(self) -> dict[str, Any]:
        line = self._line()
        try:
            told = msgspec.json.decode(line[5:]) if line[:5].upper() == b"INFO " else None
        except msgspec.DecodeError:
            told = None
        if not isinstance(told, dict):
            raise NatsError(0, "no NATS server: it does not begin with INFO")
        return told

    def _published(self, item: Item) -> bytes:
        subject = (self._sink.subject or SUBJECT).encode()
        if not self._headers:
            return b"PUB %s %d\r\n%s\r\n" % (subject, len(item.body), item.body)
        head = b"NATS/1.0\r\nNats-Msg-Id: %s\r\n\r\n" % item.key.encode()
        sizes = (len(head), len(head) + len(item.body))
        return b"HPUB %s %d %d\r\n%s%s\r\n" % (subject, *sizes, head, item.body)

    def _until(self, wanted: bytes) -> None:
        for _ in range(MAX_LINES):
            line = self._line()
            if line == wanted:
                return
            if line.startswith(b"-ERR"):
                raise NatsError(0, line[4:].decode("utf-8", "replace").strip(" '"))
            if line == b"PING" and self._socket is not None:
                self._socket.sendall(b"PONG\r\n")
        raise NatsError(0, f"no {wanted.decode()} in {MAX_LINES} lines")

    def _line(self) -> bytes:
        while b"\r\n" not in self._read:
            if len(self._read) > MAX_LINE or self._socket is None:
                raise NatsError(0, f"a line of more than {MAX_LINE} bytes")
            told = self._socket.recv(4096)
            if not told:
                raise NatsError(0, "the server has closed the connection")
            self._read += told
        line, _, rest = bytes(self._read).partition(b"\r\n")
        self._read[:] = rest
        return line
