"""What became of a rule that was taken over from elsewhere, and its table."""

from __future__ import annotations

from operator import attrgetter

import msgspec

from procwire.model.columns import Table
from procwire.model.declare import text


class ImportRow(msgspec.Struct, frozen=True, kw_only=True):
    """One row of IMPORTS."""

    file: str
    title: str = ""
    outcome: str = ""
    rule: str = ""
    table: str = ""
    kind: str = ""
    reason: str = ""


IMPORTED, PARTLY, REFUSED = "imported", "partly", "refused"

IMPORTS = Table(
    name="rule_import",
    doc="Rules that were taken over from elsewhere, and those that cannot run here, each with the reason.",
    columns=(
        text("outcome", "Whether imported, partly (less is looked for than it says), or refused.",
             attrgetter("outcome"), shown=True),
        text("file", "File that it stands in.", attrgetter("file"), shown=True),
        text("title", "Its title.", attrgetter("title")),
        text("rule", "Name of the rule that it became.", lambda row: row.rule or None),
        text("table", "Tables that it looks at.", lambda row: row.table or None),
        text("kind", "Why it is refused, in the same words for all that are refused for one reason.",
             lambda row: row.kind or None),
        text("reason", "Why it is refused, or what of it is not looked for.", lambda row: row.reason or None,
             shown=True),
    ),
)  # fmt: skip
