"""What is told of a finding: it, who says so, how often it came, and facts of the flow it was seen in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from procwire.model.finding import Finding

# Columns of a flow that an alert may carry beside its finding.
FACTS = (
    "flow_id", "community_id", "direction", "proto", "app", "src", "src_port", "dst", "dst_port",
    "server_name", "interface", "bytes_out", "bytes_in", "packets_out", "packets_in", "exe_sha256",
    "unit", "src_country", "src_city", "src_asn", "src_as_name", "dst_country", "dst_city", "dst_asn",
    "dst_as_name",
)  # fmt: skip
Fact = str | int | float | tuple[str, ...]


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One alert, as it is told once. ``count``: how often the same was found in its window until then."""

    id: str  # 32 hex digits
    finding: Finding
    host: str = ""
    version: str = ""  # of procwire
    count: int = 1
    again: bool = False  # told before: this time with how often it came since
    facts: dict[str, Fact] = {}


def facts_of(row: Any, columns: Mapping[str, Any]) -> dict[str, Fact]:
    """What is known of a flow's row, by ``columns`` (name -> Column)."""
    found: dict[str, Fact] = {}
    for name in FACTS:
        column = columns.get(name)
        value = None if column is None else column.get(row)
        if value is not None and value not in ("", ()):
            found[name] = value if isinstance(value, str | int | float | tuple) else str(value)
    return found


class AlertRow(msgspec.Struct, frozen=True, kw_only=True):
    """One alert of the outbox, and what became of it."""

    alert: Alert
    made: int
    updated: int
    state: str
    why: str = ""
    told: tuple[str, ...] = ()  # sinks that have it


class DeliveryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One delivery of an alert to one sink."""

    alert_id: str
    detector: str
    sink: str
    round: int
    state: str
    attempts: int
    since: int
    due: int
    done: int
    error: str
