"""Values as cells: the words, how wide, on which side, and in which role they stand out.

A role is a word ("bad", "dim"); what it looks like is a theme's business (``palette``). A guess is never
shown as a fact: where the row says that a protocol was guessed from its port, the cell ends in ``?``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.cells import cell_len, set_cell_size

from procwire.model.columns import Column, Kind
from procwire.model.values import human

RIGHT = frozenset({Kind.INTEGER, Kind.NUMBER, Kind.SIZE, Kind.DURATION})
WIDEST = 120  # cells that a column takes, where there is room
UNKNOWN = "unknown"
CONFIDENCE = {"app": "app_confidence", "process": "owner_confidence", "pid": "owner_confidence"}
GUESSED = frozenset({"port-guess"})
UNSURE = frozenset({"recently-closed", "listener"})
SEVERITY = {"critical": "bad", "high": "bad", "medium": "warn", "low": "title", "info": "dim"}
STATUS = {"ok": "good", "degraded": "warn", "missing": "bad", "blocked": "good", "NOT BLOCKED": "bad"}
NOBODY = "-"
EXACT = frozenset({"mtu", "mss_out", "mss_in", "window"})  # sizes that are settings: rounded they say less


def words(column: Column, value: Any) -> str:
    """The value for people; empty where it is not known; a missing owner has a sign of its own."""
    if value is None or value == "":
        return NOBODY if column.name == "process" else ""
    return str(value) if column.name in EXACT else human(column.kind, value)


def mark(column: Column, text: str, row: Mapping[str, Any]) -> str:
    """The words, with a ``?`` where another column of the row says that they are a guess."""
    confidence = row.get(CONFIDENCE.get(column.name, ""))
    return f"{text}?" if text and (confidence in GUESSED or confidence in UNSURE) else text


def role(column: Column, value: Any, row: Mapping[str, Any]) -> str:
    """How a cell stands out; empty for an ordinary one."""
    if value is None or value in ("", UNKNOWN):
        return "dim"
    if column.name in ("severity", "status", "verdict"):
        return (SEVERITY if column.name == "severity" else STATUS).get(str(value), "")
    if column.name in ("bytes_out", "payload_out"):
        return "out"
    if column.name in ("bytes_in", "payload_in"):
        return "in"
    if column.name in ("retransmissions", "dropped", "faults", "unexplained", "errors") and value:
        return "warn"
    confidence = row.get(CONFIDENCE.get(column.name, ""))
    return "dim" if confidence in GUESSED else ""


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Exactly ``width`` cells: cut with an ellipsis, or filled up."""
    size = cell_len(text)
    if size > width:
        return set_cell_size(text, width - 1) + "…" if width > 0 else ""
    room = " " * (width - size)
    return room + text if right else text + room


def is_right(column: Column) -> bool:
    """Numbers stand at the right."""
    return column.kind in RIGHT


def wanted(column: Column, texts: list[str]) -> int:
    """Cells that a column would like: its declared width, its heading, its widest cell."""
    widest = max(map(cell_len, texts), default=0)
    floor = max(cell_len(column.heading) + 1, column.width)  # one more for the mark of the order
    return max(floor, min(widest, WIDEST))
