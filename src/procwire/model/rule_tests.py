"""What rules find when they are tried on what was stored, or on a recording; and its table."""

from __future__ import annotations

from operator import attrgetter

import msgspec

from procwire.model.columns import Kind, Table
from procwire.model.declare import column, count, text
from procwire.model.getters import known


class TrialRow(msgspec.Struct, kw_only=True):
    """One row of RULE_TESTS."""

    rule: str
    severity: str = ""
    state: str = ""
    table: str = ""
    found: int = 0
    first: int = 0
    last: int = 0
    example: str = ""
    problem: str = ""


RULE_TESTS = Table(
    name="rule_test",
    doc="What a rule finds in stored rows or in a recording.",
    columns=(
        text("rule", "The rule.", attrgetter("rule"), shown=True),
        text("severity", "How much its findings may matter.", attrgetter("severity"), shown=True),
        text("state", "Whether enabled, disabled or test.", attrgetter("state"), shown=True),
        text("table", "Tables that it looks at.", attrgetter("table")),
        count("found", "How often it finds something.", attrgetter("found"), shown=True),
        column("first", Kind.TIME, "When it first does.", known("first"), shown=True),
        column("last", Kind.TIME, "When it last does.", known("last"), shown=True),
        text("example", "What it found first.", lambda row: row.example or None, shown=True),
        text("problem", "Why it could not look at everything.", lambda row: row.problem or None, shown=True),
    ),
)  # fmt: skip
