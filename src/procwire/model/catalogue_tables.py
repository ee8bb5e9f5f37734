"""What procwire says of itself as tables: protocols, risks, the doctor's checks, the columns themselves."""

from __future__ import annotations

from operator import attrgetter

from procwire.model.columns import Table
from procwire.model.declare import items, text

PROTOCOLS = Table(
    name="protocol",
    doc="One application protocol that procwire reads.",
    columns=(
        text("name", "Its name, as in the column `app`.", attrgetter("name"), shown=True),
        items("transports", "What carries it.", attrgetter("transports"), shown=True),
        items("ports", "Ports that hint at it; content decides.", attrgetter("ports"), shown=True),
        items("tables", "Tables that its observations fill.", attrgetter("tables"), shown=True),
        text("doc", "What it is and how it is recognised.", attrgetter("doc"), shown=True),
    ),
)

RISKS = Table(
    name="risk",
    doc="One name that the column `risks` of a flow may hold: a fact, not a verdict.",
    columns=(
        text("name", "Its name in the column `risks`.", attrgetter("name"), shown=True),
        text("doc", "What is true of the flow.", attrgetter("doc"), shown=True),
        items("protocols", "Protocols whose records state it; none where it is of any flow.",
              attrgetter("protocols"), shown=True),
    ),
)  # fmt: skip

CHECKS = Table(
    name="check",
    doc="One answer of the doctor: what this machine allows.",
    columns=(
        text("name", "What was looked at.", attrgetter("name"), shown=True),
        text("status", "ok, degraded or missing.", attrgetter("status"), shown=True),
        text("detail", "What was found.", attrgetter("detail"), shown=True),
        text("remedy", "How to mend it.", attrgetter("remedy"), shown=True),
    ),
)

COLUMNS = Table(
    name="column",
    doc="One declared column: the catalogue of all tables.",
    columns=(
        text("table", "Table that it belongs to.", attrgetter("table.name"), shown=True),
        text("name", "Its name in JSON, CSV and filters.", attrgetter("column.name"), shown=True),
        text("kind", "What its values are.", lambda row: str(row.column.kind), shown=True),
        text("unit", "Unit of its values in JSON and CSV.", attrgetter("column.unit"), shown=True),
        text("doc", "What it says.", attrgetter("column.doc"), shown=True),
    ),
)
