"""The tables of this host: its processes and sockets. Wiring only: the room ``processes`` reads them."""

from __future__ import annotations

from procwire.dpi.guess import PORT_GUESS, UNKNOWN
from procwire.dpi.registry import registry
from procwire.engine.options import EngineError
from procwire.model.host import ProcessRow
from procwire.model.socket import SocketRow
from procwire.processes.census import Census
from procwire.processes.socktable import SocketTable

_NUMBERS = {"tcp": 6, "udp": 17, "sctp": 132, "udplite": 136}


class Processes:
    """The process table, each time it is taken; a context manager.

    ``source`` says where the numbers are from.
    """

    def __init__(self, *, hashes: bool = False) -> None:
        self._census = Census(hashes=hashes)

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self._census.close()

    @property
    def source(self) -> str:
        """bpf-iterator or proc."""
        return self._census.source

    @property
    def problems(self) -> list[str]:
        """What is not as it should be, each in one line: read from /proc alone, a runtime that is silent."""
        found = [f"processes from /proc: {self._census.problem}"] if self._census.problem else []
        return found + [f"container names: {path}: {why}" for path, why in self._census.silent.items()]

    def take(self) -> list[ProcessRow]:
        """Every process now, in order of pids. Raises EngineError."""
        try:
            found = self._census.take()
        except OSError as error:
            raise EngineError(f"processes: {error.strerror or error}") from None
        return [ProcessRow(task, self._census) for task in sorted(found, key=lambda task: task.pid)]


class Sockets:
    """The sockets of every network namespace, each time they are taken; a context manager."""

    def __init__(self, *, hashes: bool = False) -> None:
        try:
            self._table = SocketTable(census=Census(hashes=hashes))
        except OSError as error:
            raise EngineError(f"sockets: {error.strerror or error}") from None

    def __enter__(self) -> Sockets:
        return self

    def __exit__(self, *_: object) -> None:
        self._table.close()

    @property
    def problems(self) -> list[str]:
        """What is not as it should be, each in one line."""
        found = [f"holders from /proc: {self._table.problem}"] if self._table.problem else []
        closed = self._table.problems()
        if closed:
            found.append(f"{len(closed)} network namespaces left out: {next(iter(closed.values()))}")
        return found

    def take(self, *, unix: bool = False) -> list[SocketRow]:
        """Every socket now. Raises EngineError."""
        try:
            rows = self._table.take(unix=unix)
        except OSError as error:
            raise EngineError(f"sockets: {error.strerror or error}") from None
        for row in rows:
            if row.proto in _NUMBERS:
                hinted = registry().hinted(_NUMBERS[row.proto], row.src_port, row.dst_port)
                row.app, row.app_confidence = (hinted[0].name, PORT_GUESS) if hinted else (UNKNOWN, UNKNOWN)
        return rows
