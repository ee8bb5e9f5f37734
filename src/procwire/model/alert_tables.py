"""The tables of alerts: what stands in the outbox, and each delivery of it."""

from __future__ import annotations

from operator import attrgetter

import msgspec

from procwire.model.columns import Column, Free, Kind, Table
from procwire.model.declare import column as _c
from procwire.model.declare import count as _count
from procwire.model.declare import items as _list
from procwire.model.declare import text as _text
from procwire.model.finding import FINDINGS

_SHOWN = ("severity", "detector", "source", "target", "process", "detail")
_TAKEN = ("count", "time")  # names that mean something else of an alert


def _of_finding(column: Column) -> Column:
    """A column of its finding, read through the alert."""
    get = column.get
    name = f"finding_{column.name}" if column.name in _TAKEN else column.name
    return msgspec.structs.replace(
        column, name=name, get=lambda row: get(row.alert.finding), shown=column.name in _SHOWN
    )


ALERTS = Table(
    name="alert",
    doc="Alerts of the outbox: findings that are told, and what became of each.",
    columns=(
        _text("id", "Id of the alert, the same wherever it is told.", attrgetter("alert.id"),
              free=Free.PREFIX, shown=True, width=8),
        _c("time", Kind.TIME, "When it was put into the outbox.", attrgetter("made"), shown=True, width=15),
        _c("updated", Kind.TIME, "When the same was last found.", attrgetter("updated")),
        _text("state", "new, delivered, acknowledged, suppressed, held or dead.", attrgetter("state"),
              shown=True),
        _text("why", "Why it is held or suppressed, or what was noted.", lambda row: row.why or None),
        _count("count", "How often the same was found in its window.", attrgetter("alert.count"), shown=True,
               width=5),
        _list("told", "Sinks that have it.", attrgetter("told"), shown=True),
        _text("host", "Host that found it.", lambda row: row.alert.host or None),
        *(_of_finding(column) for column in FINDINGS),
    ),
    moment="time",
)  # fmt: skip

DELIVERIES = Table(
    name="delivery",
    doc="Deliveries of alerts, one for each sink and each time of telling.",
    columns=(
        _text("alert_id", "Id of the alert.", attrgetter("alert_id"), shown=True),
        _text("detector", "Detector or rule that found it.", attrgetter("detector"), shown=True),
        _text("sink", "Where it goes.", attrgetter("sink"), shown=True),
        _count("round", "0 when it is first told, then 1, 2, ... when it is told again with its count.",
               attrgetter("round")),
        _text("state", "waiting, delivered or dead.", attrgetter("state"), shown=True),
        _count("attempts", "How often it was tried.", attrgetter("attempts"), shown=True),
        _c("since", Kind.TIME, "Since when it waits or waited.", attrgetter("since"), shown=True, width=15),
        _c("due", Kind.TIME, "When it is tried next, or was to be tried last.", attrgetter("due")),
        _c("done", Kind.TIME, "When it was delivered or given up.", lambda row: row.done or None),
        _text("error", "What went wrong last.", lambda row: row.error or None, shown=True),
    ),
)  # fmt: skip
