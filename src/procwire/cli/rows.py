"""What the commands that list a host's tables share: their words, the choice and the order of rows."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from typing import Any

from procwire.cli import exit
from procwire.cli.arguments import FILTER_HELP
from procwire.engine.options import EngineError
from procwire.model.columns import Table
from procwire.model.filter import Filter


def add_outputs(parser: argparse.ArgumentParser) -> None:
    """--filter, --json, --csv, --table, --columns and --sort."""
    parser.add_argument("--filter", metavar="EXPR", default="", help=FILTER_HELP)
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    form.add_argument("--csv", action="store_true", help="comma separated values with a header line")
    form.add_argument("--table", action="store_true", help="a table for people (default)")
    parser.add_argument(
        "--hash", action="store_true", help="SHA-256 and BLAKE3 of each program that is shown: reads its file"
    )
    parser.add_argument(
        "--columns", metavar="NAMES", default="", help="only these columns, in this order, e.g. pid,process"
    )
    parser.add_argument(
        "--sort",
        metavar="COLUMN",
        default="",
        help="in the order of a column: numbers from the largest, text from A",
    )


def columns_of(words: str, table: Table) -> list[str] | None:
    """Names of columns from ``a,b``; None for none named. Raises EngineError for one that is not there."""
    names = [name.strip() for name in words.split(",") if name.strip()]
    known = {column.name for column in table}
    for name in names:
        if name not in known:
            raise EngineError(
                f"{name} is not a column of {table.name}: see procwire columns {table.name}", exit.USAGE
            )
    return names or None


def ordered(rows: Iterable[Any], keep: Filter | None, table: Table, sort: Sequence[str] | None) -> list[Any]:
    """The rows that match, in the wanted order; what is not known comes last."""
    kept = [row for row in rows if keep is None or keep.matches(row)]
    for name in reversed(sort or ()):
        get = table.column(name).get
        known = [(value, row) for row in kept if (value := get(row)) is not None]
        rest = [row for row in kept if get(row) is None]
        largest_first = bool(known) and not isinstance(known[0][0], str | tuple | list)
        known.sort(key=lambda pair: pair[0], reverse=largest_first)
        kept = [row for _, row in known] + rest
    return kept
