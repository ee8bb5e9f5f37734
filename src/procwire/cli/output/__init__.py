"""Rows of any declared table as JSON lines, CSV, a plain table, groups, or a table that refreshes.

Each output is one module, imported only when it is asked for: ``rich`` is loaded for the live table alone.
Outputs raise what their stream raises (a broken pipe is for the caller to end on).
"""

from __future__ import annotations

from typing import Any, Protocol


class Output(Protocol):
    """Where rows go. ``event`` is open, update or end where the command has such events, else empty."""

    def write(self, row: Any, event: str = "") -> None:
        """One row."""

    def finish(self) -> None:
        """Write what is still held back; the stream stays open."""
