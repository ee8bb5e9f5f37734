"""The API of Docker and Podman on its unix socket: which containers there are, and what happens to them.

A client of its own on http.client, as two requests are all it asks: GET /containers/json and GET /events.
Every answer is bounded in size and time, slow drips included. It changes nothing and starts nothing.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import msgspec

from procwire.model.process import Container
from procwire.processes import container_facts
from procwire.processes.container_facts import ContainerError

MAX_ANSWER = 16 << 20  # bytes of one answer
MAX_LINE = 1 << 16  # bytes of one event
SECONDS = 2.0  # for one answer, from the first byte asked to the last one read
ACTIONS = ("create", "start", "restart", "rename", "update")
EVENTS = "/events?filters=" + quote('{"type":["container"]}')
LIST = "/containers/json?all=true"


class _Connection(http.client.HTTPConnection):
    """HTTP on a unix socket."""

    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class ContainerApi:
    """One runtime's API. Raises ContainerError and OSError, nothing else."""

    def __init__(
        self, path: str, *, seconds: float = SECONDS, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = path
        self._seconds = seconds
        self._clock = clock
        self._stream: socket.socket | None = None

    def containers(self) -> list[Container]:
        """Every container, the stopped ones too: one may be started in a moment."""
        return list(container_facts.listed(self._json(LIST)))

    def events(self) -> Iterator[Container]:
        """Containers as they are made, started and renamed, until the stream ends; ``close`` ends it."""
        connection = _Connection(self.path, self._seconds)
        try:
            with _translated():
                connection.connect()
                self._stream = connection.sock
                answer = self._ask(connection, EVENTS)
                connection.sock.settimeout(None)
            while True:
                with _translated():
                    line = answer.readline(MAX_LINE)
                if not line:
                    return
                if len(line) >= MAX_LINE:
                    raise ContainerError("an event without an end")
                event = _decoded(line) if line.strip() else None
                found = container_facts.told(event)
                if (
                    found is not None
                    and event is not None
                    and str(event.get("Action", "")).startswith(ACTIONS)
                ):
                    yield found
        finally:
            self._stream = None
            connection.close()

    def close(self) -> None:
        """End a stream that another thread reads."""
        stream = self._stream
        if stream is not None:
            with contextlib.suppress(OSError):
                stream.shutdown(socket.SHUT_RDWR)

    def _json(self, where: str) -> Any:
        deadline = self._clock() + self._seconds
        connection = _Connection(self.path, self._seconds)
        try:
            with _translated():
                answer = self._ask(connection, where)
                body = bytearray()
                while part := answer.read1(1 << 16):
                    body += part
                    if len(body) > MAX_ANSWER:
                        raise ContainerError(f"an answer of more than {MAX_ANSWER} bytes")
                    if self._clock() > deadline:
                        raise ContainerError(f"no whole answer within {self._seconds} s")
            return _decoded(bytes(body))
        finally:
            connection.close()

    def _ask(self, connection: _Connection, where: str) -> http.client.HTTPResponse:
        connection.request("GET", where, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise ContainerError(f"{where.partition('?')[0]}: HTTP status {answer.status}")
        return answer


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """What http.client raises on bytes that are no HTTP, as the room's error."""
    try:
        yield
    except (http.client.HTTPException, ValueError) as error:
        if isinstance(error, ContainerError):
            raise
        raise ContainerError(f"no HTTP: {error!r}") from None


def _decoded(body: bytes) -> Any:
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ContainerError(f"no JSON: {error}") from None
