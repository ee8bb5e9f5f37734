"""Write docs/reference/columns.md from the column declarations: ``python tools/reference.py [--check]``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from procwire.model.columns import Column, Table
from procwire.model.tables import CORE

PAGE = Path(__file__).parents[1] / "docs" / "reference" / "columns.md"
HEAD = """# Tables and columns

Made from the declarations in `src/procwire/model/tables.py` by `make docs`; do not edit. `procwire columns`
shows the same, with the tables of every protocol.

- JSON: one object a line; `schema` first (`procwire.flow/1`), then `event` (`open`, `update` or `end`) where
  the command has such events, then the columns in this order. **What is not known is left out**: an absent
  key means "not known", never zero or empty. Times are RFC 3339 in UTC with nanoseconds, durations seconds,
  sizes bytes, lists arrays of text.
- CSV: a header line, then every column; empty for what is not known; lists joined by commas; control
  characters as `\\xNN`, so that a row is one line. Cells that start with `=`, `+`, `-` or `@` are left as
  they are: import such columns into a spreadsheet as text.
- Filters: see [filter.md](filter.md)."""


def page(tables: Iterable[Table]) -> str:
    """The whole page."""
    return "\n".join([HEAD, *(line for table in tables for line in _table(table))]) + "\n"


def _table(table: Table) -> Iterator[str]:
    yield from ("", f"## {table.name}", "", f"{table.doc} Schema `{table.schema}`.", "")
    yield "| column | kind | unit | what it says |"
    yield "|---|---|---|---|"
    yield from map(_column, table)
    if table.also:
        yield ""
        names = (f"`{name}` ({' or '.join(to)})" for name, to in sorted(table.also.items()))
        yield f"Further names in filters: {', '.join(names)}."


def _column(column: Column) -> str:
    words = column.doc.replace("|", "\\|")
    return f"| `{column.name}` | {column.kind.value} | {column.unit} | {words} |"


def main(arguments: list[str]) -> int:
    """Write the page, or with --check say whether it is as it should be."""
    wanted = page(CORE)
    if "--check" in arguments:
        return 0 if PAGE.read_text(encoding="utf-8") == wanted else 1
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
