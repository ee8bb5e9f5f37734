"""The writer that the command line asks for."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any, Protocol

from procwire.cli import exit
from procwire.cli.output.csv_rows import Csv
from procwire.cli.output.json_lines import JsonLines
from procwire.cli.output.text_table import TextTable
from procwire.engine.options import EngineError
from procwire.model.columns import Table
from procwire.model.tables import FLOWS
from procwire.recorder.shapes import OWN, Shape, shape


class RowWriter(Protocol):
    """Takes rows of one table as they come."""

    def write(self, row: Any, event: str = "") -> None:
        """One row."""

    def flush(self) -> None:
        """Let everything so far be seen."""

    def finish(self) -> None:
        """No more rows."""


def shape_of(arguments: argparse.Namespace, table: Table | None = None) -> Shape | None:
    """What --json-shape asks for; of no ``table``: of observations. Raises EngineError for other tables."""
    name = getattr(arguments, "json_shape", OWN)
    if name != OWN and table is not None and table is not FLOWS:
        raise EngineError(f"--json-shape {name} is for flows and observations", exit.USAGE)
    return shape(name)


class NoRows:
    """A RowWriter for what shows no rows."""

    def write(self, row: Any, event: str = "") -> None:
        """See RowWriter."""

    def flush(self) -> None:
        """See RowWriter."""

    def finish(self) -> None:
        """See RowWriter."""


def width() -> int:
    """Cells of the terminal on standard output; 0 where it is none, and nothing is to be cut."""
    if not sys.stdout.isatty():
        return 0
    try:
        return int(os.environ.get("COLUMNS", "")) or os.get_terminal_size(sys.stdout.fileno()).columns
    except (ValueError, OSError):
        return 80


def writer(
    arguments: argparse.Namespace,
    table: Table,
    *,
    events: bool = False,
    names: Sequence[str] | None = None,
    stream: Any = None,
) -> RowWriter:
    """JSON lines, CSV or a table on standard output, or on ``stream``; ``events`` where rows carry one.

    ``names``: only these columns, in this order; None for all that the form shows by itself.
    """
    out = stream or sys.stdout
    if arguments.json:
        return JsonLines(out.buffer, table, names=names, shape=shape_of(arguments, table))
    if arguments.csv:
        return Csv(out, table, events=events, names=names)
    return TextTable(out, table, width=width() if out is sys.stdout else 0, events=events, names=names)
