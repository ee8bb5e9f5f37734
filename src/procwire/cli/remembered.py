"""``procwire flow``: all that was stored of one flow, with its observations."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Any

from procwire.cli.arguments import add_extensions
from procwire.cli.history import add_place, tables, told
from procwire.cli.output.json_lines import JsonLines
from procwire.engine.options import EngineError
from procwire.model.columns import Column, Kind, Table
from procwire.model.observed import BESIDE
from procwire.model.plain import fields, readers
from procwire.model.tables import CORE, FLOWS
from procwire.model.values import clean, human, time_text
from procwire.store.place import store_file
from procwire.store.reader import Reader, Window, stored
from procwire.store.reason import StoreError

_CORE = frozenset(table.name for table in CORE)
_BESIDE = frozenset((*BESIDE, "time", "side"))


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "flow",
        help="all that was stored of one flow",
        description="Show everything that was stored of one flow: each column that is known, then the "
        "observations that were made in it, in order. Its conversation: procwire follow.",
    )
    parser.add_argument(
        "flow", metavar="FLOW", help="flow_id or community_id, as history and watch show them"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line: flow, then observations")
    add_place(parser)
    add_extensions(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show; 1 when there is no such flow, 4 when rows around it were lost."""
    known = tables()
    name = "community_id" if ":" in arguments.flow else "flow_id"
    show = _as_json if arguments.json else _as_text
    missing: list[str] = []
    try:
        with Reader(store_file(arguments.store)) as reader:
            flows = list(reader.rows(FLOWS, where=[(name, arguments.flow.strip())]))
            for flow in flows:
                seen, span = _observations(reader, known, flow)
                show(flow, seen)
                missing += [one for one in reader.missing(span, list(known)) if one not in missing]
    except StoreError as error:
        raise EngineError(str(error)) from None
    if not flows:
        raise EngineError(f"no flow {clean(arguments.flow)} is stored: a flow is when it has ended")
    return told(missing)


Seen = list[tuple[int, Table, Any]]  # time, table, row


def _observations(reader: Reader, known: dict[str, Table], flow: Any) -> tuple[Seen, Window]:
    """What was seen in the flow while it lasted, in order of time."""
    table = stored(FLOWS)
    flow_id = table.column("flow_id").get(flow)
    span = Window(since=table.column("start").get(flow), until=table.column("last").get(flow))
    found: Seen = []
    for name in reader.names():
        if name in known and name not in _CORE:
            own = stored(known[name])
            rows = reader.rows(known[name], window=span, where=[("flow_id", flow_id)])
            found += [(own.column("time").get(row), own, row) for row in rows]
    return sorted(found, key=lambda one: one[0]), span


def _as_json(flow: Any, seen: Seen) -> None:
    lines = JsonLines(sys.stdout.buffer, stored(FLOWS))
    lines.write(flow)
    for _, table, row in seen:
        lines.record(fields(row, readers(table), {"schema": table.schema}))
    lines.finish()


def _as_text(flow: Any, seen: Seen) -> None:
    table = stored(FLOWS)
    known = [(column, column.get(flow)) for column in table]
    wide = max(len(column.name) for column in table)
    for column, value in known:
        if value is not None:
            print(f"{column.name:<{wide}}  {_exact(column, value)}")
    if seen:
        print()
    for moment, of, row in seen:
        side = of.column("side").get(row)
        print(f"{time_text(moment)}  {side:<3}  {of.name}  {' '.join(_said(of, row))}")
    sys.stdout.flush()


def _exact(column: Column, value: Any) -> str:
    return time_text(value) if column.kind is Kind.TIME else human(column.kind, value)


def _said(table: Table, row: Any) -> Iterator[str]:
    for column in table:
        value = None if column.name in _BESIDE else column.get(row)
        if value is not None and value is not False:
            yield f"{column.name}={human(column.kind, value)}"
