"""A table with a column of every kind, rows for it, and files to keep them in."""

from __future__ import annotations

from operator import itemgetter
from typing import Any

from procwire.model.columns import Column, Free, Kind, Table

KINDS = {
    "name": Kind.TEXT,
    "count": Kind.INTEGER,
    "ratio": Kind.NUMBER,
    "sure": Kind.BOOLEAN,
    "when": Kind.TIME,
    "took": Kind.DURATION,
    "size": Kind.SIZE,
    "here": Kind.ADDRESS,
    "there": Kind.ADDRESS,
    "tags": Kind.LIST,
    "port_a": Kind.INTEGER,
    "port_b": Kind.INTEGER,
}
EXACT = {"port_a", "port_b"}
NOTHING: dict[str, Any] = dict.fromkeys(KINDS)


def column(name: str, kind: Kind) -> Column:
    return Column(
        name=name, kind=kind, doc="A.", get=itemgetter(name), free=Free.EQUALS if name in EXACT else None
    )


PROBE = Table(
    name="probe",
    doc="A row of every kind.",
    columns=tuple(column(name, kind) for name, kind in KINDS.items()),
    also={"port": ("port_a", "port_b"), "host": ("here", "there", "name")},
    moment="when",
)
KEYED = Table(name="keyed", doc="Rows with names.", columns=PROBE.columns, key=("name",), moment="when")


def row(**values: Any) -> dict[str, Any]:
    return NOTHING | values
