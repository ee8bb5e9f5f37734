"""``procwire history``: what was stored, in order of time."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from typing import Any

import msgspec

from procwire.cli import exit
from procwire.cli.arguments import FILTER_HELP, add_extensions, whole
from procwire.cli.output.choice import writer
from procwire.cli.rows import columns_of
from procwire.engine import api
from procwire.engine.options import EngineError
from procwire.model.columns import Column, Kind, Table
from procwire.model.filter import compile_filter
from procwire.model.filter.fault import nearest
from procwire.model.values import ValueTextError, parse_duration, parse_time, time_text
from procwire.store.contents import contents
from procwire.store.place import store_file
from procwire.store.reader import Reader, Window, stored
from procwire.store.reason import StoreError


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "history",
        help="what was stored: flows, or another table, of a span of time",
        description="List what watch --store and read --store kept, oldest first: flows, or the rows of "
        "TABLE (dns, http, process, ...). The filter is the one of watch and read, and takes the same rows.",
    )
    parser.add_argument("table", nargs="?", default="flow", metavar="TABLE", help="default: flow")
    add_window(parser)
    parser.add_argument("--filter", metavar="EXPR", default="", help=FILTER_HELP)
    parser.add_argument("--limit", type=whole(1, 1 << 62), metavar="N", help="only the first N rows")
    add_forms(parser)
    parser.add_argument(
        "--columns", metavar="NAMES", default="", help="only these columns, in this order, e.g. start,process"
    )
    add_place(parser)
    add_extensions(parser)
    parser.set_defaults(run=run)


def add_window(parser: argparse.ArgumentParser) -> None:
    """--since and --until."""
    parser.add_argument(
        "--since", metavar="TIME", default="", help="from then on: 2h (ago), 2026-01-31T12:00:00Z, 2026-01-31"
    )
    parser.add_argument("--until", metavar="TIME", default="", help="up to then, written the same way")


def add_forms(parser: argparse.ArgumentParser) -> None:
    """--json, --csv and --table."""
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    form.add_argument("--csv", action="store_true", help="comma separated values with a header line")
    form.add_argument("--table", action="store_true", help="a table for people (default)", dest="as_table")


def add_place(parser: argparse.ArgumentParser) -> None:
    """--store."""
    place = parser.add_argument(
        "--store", metavar="DIR", default="",
        help="where it was stored (default /var/lib/procwire, for others than root ~/.local/state/procwire)",
    )  # fmt: skip
    place.complete = {"bash": "_shtab_compgen_dirs", "zsh": "_directories", "tcsh": "d"}  # type: ignore[attr-defined]


def moment(text: str, now: int) -> int | None:
    """``2h`` ago, or a time; None for no text. Raises EngineError."""
    if not text:
        return None
    try:
        return now - abs(parse_duration(text))
    except ValueTextError:
        pass
    try:
        return parse_time(text, now=now)
    except ValueTextError as error:
        raise EngineError(f"{text!r} is no time: {error}", exit.USAGE) from None


def window(arguments: argparse.Namespace, now: int) -> Window:
    """The span of time that was asked for. Raises EngineError."""
    since, until = moment(arguments.since, now), moment(arguments.until, now)
    if since is not None and until is not None and until < since:
        raise EngineError("--until lies before --since", exit.USAGE)
    return Window(since=since, until=until)


def tables() -> dict[str, Table]:
    """What can be stored, by name."""
    return {table.name: table for table in contents(api.tables())}


def dated(table: Table) -> Table:
    """For people: times with their date, and first of all the one that the rows are in order of."""
    columns = [_dated(column) if column.kind is Kind.TIME else column for column in table]
    if not table.moment:
        return msgspec.structs.replace(table, columns=tuple(columns))
    first = next(column for column in columns if column.name == table.moment)
    rest = [column for column in columns if column is not first]
    some = any(column.shown for column in columns)  # else all are
    first = msgspec.structs.replace(first, shown=some, rank=0)
    return msgspec.structs.replace(table, columns=(first, *rest))


def _dated(column: Column) -> Column:
    get = column.get

    def read(row: Any) -> str | None:
        value = get(row)
        return None if value is None else time_text(value)[:19].replace("T", " ")

    return msgspec.structs.replace(column, kind=Kind.TEXT, get=read, width=19)


def run(arguments: argparse.Namespace) -> int:
    """List; 4 when some of it was not stored, or more rows match than were asked for."""
    known = tables()
    if arguments.table not in known:
        hint = nearest(arguments.table, known) or f"there are {', '.join(sorted(known))}"
        raise EngineError(f"no table {arguments.table!r} is stored: {hint}", exit.USAGE)
    table, now = known[arguments.table], time.time_ns()
    keep = compile_filter(arguments.filter, table, now=now) if arguments.filter else None
    names, span = columns_of(arguments.columns, table), window(arguments, now)
    shown = stored(table) if arguments.json or arguments.csv else dated(stored(table))
    out = writer(arguments, shown, names=names)
    try:
        with Reader(store_file(arguments.store)) as reader:
            more = 0 if arguments.limit is None else arguments.limit + 1
            rows = reader.rows(table, window=span, keep=keep, limit=more or None)
            cut = False
            for number, row in enumerate(rows, 1):
                cut = number == more
                if not cut:
                    out.write(row)
            out.finish()
            missing = reader.missing(span, [table.name])
    except StoreError as error:
        raise EngineError(str(error)) from None
    if cut:
        missing.append(f"more rows match than the {arguments.limit} shown (--limit)")
    return told(missing)


def told(missing: Sequence[str]) -> int:
    """Say on standard error what is missing; the exit code."""
    sys.stdout.flush()
    for reason in missing:
        print(f"procwire: incomplete: {reason}", file=sys.stderr)
    return exit.INCOMPLETE if missing else exit.OK
