"""How far a long reading is, on standard error: a bar on a terminal, nothing elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any

PATIENCE_SECONDS = 1.0  # a reading that is done by then needs no bar
STEP_SECONDS = 0.1


class Progress:
    """``wanted``: True, False, or None for "if there is a terminal and it takes long"."""

    def __init__(self, wanted: bool | None = None) -> None:
        self.patience = 0.0 if wanted else PATIENCE_SECONDS
        self.quiet = wanted is False or (wanted is None and not sys.stderr.isatty())
        self.started = time.monotonic()
        self.next = self.started + self.patience
        self.bar: Any = None
        self.task: Any = None

    def show(self, done: int, total: int | None) -> None:
        """``done`` of ``total`` bytes; a total of None is not known."""
        if self.quiet or time.monotonic() < self.next:
            return
        self.next = time.monotonic() + STEP_SECONDS
        if self.bar is None:
            self.bar, self.task = _bar(total)
            self.bar.start()
        self.bar.update(self.task, completed=done, total=total)

    def close(self) -> None:
        """Take the bar away."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


def _bar(total: int | None) -> tuple[Any, Any]:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn, TransferSpeedColumn

    bar = Progress(
        BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn(),
        console=Console(stderr=True), transient=True,
    )  # fmt: skip
    return bar, bar.add_task("reading", total=total)
