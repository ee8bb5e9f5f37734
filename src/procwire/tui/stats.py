"""What many rows of one table come to: latency percentiles, errors, the most frequent names. Pure.

Percentiles are of the rows that were looked at, by nearest rank; how many these were is always said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from procwire.model.columns import Kind, Table
from procwire.tui.grouping import counted

SHARES = (0.5, 0.9, 0.95, 0.99)
LATENCIES = ("latency", "duration", "handshake", "waited")
OUTCOMES = ("status", "rcode", "code", "result", "error", "outcome", "reply", "reason", "alert", "state")
NAMES = ("host", "query", "name", "server_name", "target", "topic", "path", "uri", "url", "command", "method",
         "user", "software", "version", "key", "database", "table", "file", "qtype")  # fmt: skip
MOST = 8


class Stats(msgspec.Struct, frozen=True, kw_only=True):
    """Sums of some rows. ``measured``: rows that have a latency."""

    rows: int = 0
    measured: int = 0
    latency: str = ""  # the column
    percentiles: tuple[tuple[float, int], ...] = ()
    outcomes: tuple[tuple[str, tuple[tuple[Any, int], ...]], ...] = ()
    names: tuple[tuple[str, tuple[tuple[Any, int], ...]], ...] = ()


def percentile(values: Sequence[int], share: float) -> int:
    """The value that ``share`` of them do not exceed, by nearest rank; ``values`` in order, at least one."""
    return values[max(0, math.ceil(share * len(values)) - 1)]


def columns_for(table: Table) -> tuple[str, ...]:
    """The columns that ``of`` looks at."""
    names = {column.name for column in table}
    return tuple(name for name in (*LATENCIES[:1], *LATENCIES[1:], *OUTCOMES, *NAMES) if name in names)


def of(table: Table, rows: Sequence[Mapping[str, Any]]) -> Stats:
    """What these rows come to."""
    kinds = {column.name: column.kind for column in table}
    latency = next((name for name in LATENCIES if kinds.get(name) is Kind.DURATION), "")
    values = sorted(row[latency] for row in rows if row.get(latency) is not None) if latency else []
    outcomes = [(name, counted([row.get(name) for row in rows], MOST)) for name in OUTCOMES if name in kinds]
    names = [(name, counted([row.get(name) for row in rows], MOST)) for name in NAMES if name in kinds]
    return Stats(
        rows=len(rows),
        measured=len(values),
        latency=latency,
        percentiles=tuple((share, percentile(values, share)) for share in SHARES) if values else (),
        outcomes=tuple((name, tuple(found)) for name, found in outcomes if found)[:2],
        names=tuple((name, tuple(found)) for name, found in names if found)[:3],
    )
