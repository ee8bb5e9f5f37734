"""Which impairments touch a process of this host: by itself, its unit, cgroup, container, or its own network.

An interface of the host's own network is no process's: whose flows it touches is told by the flows.
"""

from __future__ import annotations

import os
from pathlib import Path

from procwire.model.host import HostContext, Task
from procwire.shaping.board import Board, Notice, notices
from procwire.shaping.failure import ShapingError
from procwire.shaping.target import Target, is_meant, target, unit_of


class Touched:
    """Opened before the walls, as the board that it reads; for root, as nobody else shapes the host."""

    def __init__(self, folder: Path | None = None) -> None:
        self._board = Board(folder).open() if os.geteuid() == 0 else -1
        self._own = Path("/proc/self/ns/net").stat().st_ino
        self._found: list[tuple[Target, Notice]] = []

    def close(self) -> None:
        """Read no more."""
        if self._board >= 0:
            os.close(self._board)
            self._board = -1

    def look(self) -> None:
        """What is shaped now; once for a table."""
        told = notices(self._board) if self._board >= 0 else []
        if told is not None:
            self._found = [(whose, each) for each in told if (whose := _whose(each)) is not None]

    def impairment(self, host: HostContext, task: Task) -> str | None:
        """What is done to the process's packets, and to which target; None for nothing."""
        words = [
            f"{each.target} {each.words}"
            for whose, each in self._found
            if self._touches(whose, each, host, task)
        ]
        return "; ".join(dict.fromkeys(words)) or None

    def _touches(self, whose: Target, each: Notice, host: HostContext, task: Task) -> bool:
        if whose.kind == "process":
            return task.pid == whose.pid
        if whose.kind == "unit":
            return host.place(task, "unit") == unit_of(whose.name)
        if whose.kind == "cgroup":
            group = f"{host.place(task, 'cgroup') or ''}/"
            return group.startswith(f"{whose.name.rstrip('/')}/")
        if whose.kind == "container":
            container = host.container(task)
            return container is not None and is_meant(container, whose)
        if each.namespace in (0, self._own):
            return False
        return host.namespace(task, "net") == each.namespace


def _whose(notice: Notice) -> Target | None:
    """None where a notice is not understood: a newer procwire wrote it."""
    try:
        return Target(kind="command") if notice.target.startswith("command") else target(notice.target)
    except ShapingError:
        return None
