"""How an engine is: one row for each thing that can be counted or said of it."""

from __future__ import annotations

from operator import attrgetter

import msgspec

from procwire.model.columns import Table
from procwire.model.declare import count, text

OK, DEGRADED, FAILED = "ok", "degraded", "failed"


class HealthRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of HEALTH. ``status``: ok, degraded or failed; empty for what is only a number."""

    part: str
    name: str
    amount: int | None = None
    detail: str = ""
    status: str = ""


HEALTH = Table(
    name="health",
    doc="How a running watch is: its capture, flows, owners, store, sandbox and faces.",
    columns=(
        text("part", "What it is about: capture, flows, owners, store, sandbox, faces or process.",
             attrgetter("part"), shown=True),
        text("name", "What is counted or said.", attrgetter("name"), shown=True),
        count("amount", "The number, where it is one.", attrgetter("amount"), shown=True),
        text("status", "ok, degraded or failed; nothing for what is only a number.", attrgetter("status"),
             shown=True),
        text("detail", "In words.", attrgetter("detail"), shown=True),
    ),
)  # fmt: skip
