"""Where observations go: JSON lines of each table, or one table for people or CSV.

One kind alone has its own columns; several have one column that says what each says.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from typing import Any

from procwire.cli import exit
from procwire.cli.output.choice import RowWriter, shape_of, writer
from procwire.cli.output.json_lines import JsonLines
from procwire.engine import api
from procwire.engine.options import EngineError
from procwire.model.columns import Table
from procwire.model.filter import Filter, compile_filter
from procwire.model.observed import ObservationRow, anything, mixed, observed
from procwire.model.plain import fields, readers
from procwire.model.tables import CORE
from procwire.recorder.shapes import Shape

CORE_NAMES = frozenset(table.name for table in CORE)


def chosen(names: str) -> list[Table]:
    """The tables of observations that are named, comma separated; all for none."""
    known = {table.name: table for table in api.tables() if table.name not in CORE_NAMES}
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name not in known:
            raise EngineError(
                f"no table of observations is called {name!r} (files come before --observations); there are "
                + ", ".join(sorted(known)),
                exit.USAGE,
            )
    return [known[name] for name in wanted] or list(known.values())


class Observations:
    """Takes observations of the chosen tables that match the filter."""

    def __init__(self, arguments: argparse.Namespace, now: int) -> None:
        tables = chosen(arguments.observations)
        self.names = frozenset(table.name for table in tables)
        self.keep: Filter | None = None
        if arguments.filter:
            self.keep = compile_filter(arguments.filter, anything(tables), now=now)
        self.out: RowWriter = _writer(arguments, tables)

    def take(self, row: ObservationRow) -> None:
        """One observation, written where it is wanted."""
        if row.seen.TABLE in self.names and (self.keep is None or self.keep.matches(row)):
            self.out.write(row)


def _writer(arguments: argparse.Namespace, tables: list[Table]) -> RowWriter:
    if arguments.json:
        return Lines(tables, shape_of(arguments))
    return writer(arguments, observed(tables[0]) if len(tables) == 1 else mixed(tables))


class Lines:
    """JSON lines, each with the schema and the columns of its own table."""

    def __init__(self, tables: Iterable[Table], shape: Shape | None = None) -> None:
        self.how = {table.name: (table.schema, readers(observed(table))) for table in tables}
        self.lines = JsonLines(sys.stdout.buffer, next(iter(tables)), shape=shape)

    def write(self, row: Any, event: str = "") -> None:  # noqa: ARG002
        """See RowWriter."""
        schema, how = self.how[row.seen.TABLE]
        self.lines.record(fields(row, how, {"schema": schema}))

    def flush(self) -> None:
        """See RowWriter."""
        self.lines.flush()

    def finish(self) -> None:
        """See RowWriter."""
        self.lines.finish()
