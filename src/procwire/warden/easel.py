"""Pictures of the host's tables, made a few rows at a time between an engine's questions about owners."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from procwire.warden.line import Line
from procwire.warden.messages import MessageError, Pictured, pack

ROWS = 16  # read at once: owners are not kept waiting for more
MAX_WAITING = 4  # tables that are asked for; what is more is not begun

Painter = Callable[[str], Iterator[list[Any]]]


class Easel:
    """Sends what it has made on ``line``, and never waits for who does not take it."""

    def __init__(self, line: Line, painter: Painter | None) -> None:
        self._line = line
        self._painter = painter
        self._waiting: deque[str] = deque()
        self._rows: Iterator[list[Any]] | None = None
        self._out: deque[bytes] = deque()

    @property
    def busy(self) -> bool:
        """Whether there is something to do."""
        return bool(self._waiting or self._out)

    def begin(self, table: str) -> None:
        """A table is asked for."""
        if table not in self._waiting and len(self._waiting) < MAX_WAITING:
            self._waiting.append(table)

    def work(self) -> None:
        """Send what is ready, or make a part."""
        if not self._out and self._waiting:
            self._paint(self._waiting[0])
        try:
            while self._out:
                self._line.give(self._out[0], wait=False)
                self._out.popleft()
        except BlockingIOError:
            return
        except OSError:
            self._out.clear()  # nobody is there any more: whoever takes requests notices

    def _paint(self, table: str) -> None:
        problem, part = "", []
        try:
            if self._rows is None:
                if self._painter is None:
                    raise OSError(0, "the host is not looked at")
                self._rows = self._painter(table)
            part = list(itertools.islice(self._rows, ROWS))
        except (OSError, ImportError) as error:
            problem = getattr(error, "strerror", "") or str(error)
        over = len(part) < ROWS
        self._say(table, part, problem, last=over)
        if over:
            self._rows = None
            self._waiting.popleft()

    def _say(self, table: str, part: list[list[Any]], problem: str, *, last: bool) -> None:
        try:
            self._out.append(pack(Pictured(table, part, last, problem)))
            return
        except MessageError:
            pass
        for row in part:  # together too long, or one of them cannot be said
            try:
                self._out.append(pack(Pictured(table, [row])))
            except MessageError as error:
                problem = f"a row cannot be told: {error}"
        self._out.append(pack(Pictured(table, [], last, problem)))
