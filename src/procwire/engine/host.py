"""The tables of this host: its processes. Wiring only: who reads what is decided in ``processes``."""

from __future__ import annotations

from procwire.engine.options import EngineError
from procwire.model.host import ProcessRow
from procwire.processes.census import Census


class Processes:
    """The process table, each time it is taken; a context manager.

    ``source`` says where the numbers are from, ``problem`` why it is not the kernel's iterators.
    """

    def __init__(self) -> None:
        self._census = Census()

    def __enter__(self) -> Processes:
        return self

    def __exit__(self, *_: object) -> None:
        self._census.close()

    @property
    def source(self) -> str:
        """bpf-iterator or proc."""
        return self._census.source

    @property
    def problem(self) -> str:
        """Why the source is /proc, in one line; empty when it is not."""
        return self._census.problem

    def take(self) -> list[ProcessRow]:
        """Every process now, in order of pids. Raises EngineError."""
        try:
            found = self._census.take()
        except OSError as error:
            raise EngineError(f"processes: {error.strerror or error}") from None
        return [ProcessRow(task, self._census) for task in sorted(found, key=lambda task: task.pid)]
