# cython: language_level=3
"""JSON lines: one object a row, ``schema`` first, then ``event`` where there is one, then the columns.

What is not known is left out: a key that is absent means "not known", never zero or empty. Times are RFC 3339
in UTC with nanoseconds, durations seconds. Each line is safe to print: whatever a terminal could act on is
escaped, and reads back as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, BinaryIO

from procwire.model.columns import Table
from procwire.model.lines import fields, line_of, readers, safe

__all__ = ["HELD", "JsonLines", "fields", "readers", "safe"]

HELD = 1 << 16  # bytes written at once


class JsonLines:
    """Writes rows of ``table`` to a binary stream. ``finish`` (or ``flush``) writes what is held back."""

    def __init__(
        self,
        stream: BinaryIO,
        table: Table,
        *,
        names: Iterable[str] | None = None,
        shape: Callable[[dict[str, Any]], dict[str, Any]] | None = None,
    ) -> None:
        """``shape`` makes each line one in others' words."""
        self.stream = stream
        self.schema = table.schema
        wanted = [table.column(name) for name in names] if names is not None else table.columns
        self.readers = readers(wanted)
        self.held = bytearray()
        self.shape = shape

    def write(self, row: Any, event: str = "") -> None:
        """One line."""
        head = {"schema": self.schema, "event": event} if event else {"schema": self.schema}
        self.record(fields(row, self.readers, head))

    def record(self, ready: dict[str, Any]) -> None:
        """A line of ready fields, for records that are not rows (an error, a summary)."""
        self.held += line_of(ready if self.shape is None else self.shape(ready))
        if len(self.held) >= HELD:
            self.flush()

    def flush(self) -> None:
        """Write what is held back; call it after each batch of a live source."""
        if self.held:
            held, self.held = self.held, bytearray()
            self.stream.write(held)
        self.stream.flush()

    finish = flush
