"""``procwire protocols``, ``risks``, ``detectors``, ``columns``, ``interfaces``: what there is to be seen."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from typing import Any

from procwire.cli import arguments as words
from procwire.cli import exit, limits
from procwire.cli.output.choice import writer
from procwire.cli.output.explanation import as_json, as_text
from procwire.engine import api
from procwire.engine.options import EngineError
from procwire.model.catalogue_tables import COLUMNS, PROTOCOLS, RISKS
from procwire.model.columns import Table
from procwire.model.filter import compile_filter
from procwire.model.finding import DETECTORS
from procwire.model.rows import column_rows
from procwire.model.tables import INTERFACES
from procwire.store.views import VIEWS


def add(commands: Any) -> None:
    """Declare the commands."""
    explained = _declare(commands, "protocols", "the protocols that are recognised, and how", protocols)
    words.add_extensions(explained)
    explained.add_argument(
        "--explain",
        metavar="NAME",
        help="how one protocol is recognised, its records, their fields, its limits; NAME may be "
        "what else it is called, or one of its tables: https, grpc",
    )
    _declare(commands, "detectors", "the detectors: what each finds, and what can be set", detectors)
    stated = "the facts that the column `risks` may hold, and who states them"
    words.add_extensions(_declare(commands, "risks", stated, risks))
    columns_parser = _declare(commands, "columns", "every column: name, type, unit, meaning", columns)
    words.add_extensions(columns_parser)
    columns_parser.add_argument("table", nargs="?", help="only the columns of this table")
    _declare(commands, "interfaces", "the interfaces of this host", interfaces)


def _declare(commands: Any, name: str, what: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=what, description=f"List {what}.")
    parser.add_argument("--filter", metavar="EXPR", default="", help="show only what matches")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    form.add_argument("--csv", action="store_true", help="comma separated values with a header line")
    form.add_argument("--table", action="store_true", help="a table for people (default)", dest="as_table")
    parser.set_defaults(run=run)
    return parser


def protocols(arguments: argparse.Namespace) -> int:
    """List the protocols, or explain one."""
    if arguments.explain:
        explanation = limits.explained(arguments.explain)
        if explanation.name != arguments.explain.lower():
            sys.stderr.write(f"procwire: {arguments.explain} is told of by {explanation.name}\n")
        sys.stdout.write(as_json(explanation) if arguments.json else as_text(explanation))
        return exit.OK
    return _list(arguments, PROTOCOLS, api.protocols())


def risks(arguments: argparse.Namespace) -> int:
    """List the names of risks."""
    return _list(arguments, RISKS, api.risks())


def detectors(arguments: argparse.Namespace) -> int:
    """List the detectors."""
    return _list(arguments, DETECTORS, api.detectors())


def interfaces(arguments: argparse.Namespace) -> int:
    """List the interfaces."""
    return _list(arguments, INTERFACES, api.interfaces())


def columns(arguments: argparse.Namespace) -> int:
    """List the columns of all tables, or of one."""
    tables = (*api.tables(), *(view.table for view in VIEWS.values()))
    if arguments.table:
        chosen = tuple(table for table in tables if table.name == arguments.table)
        if not chosen:
            names = ", ".join(sorted({table.name for table in tables}))
            raise EngineError(f"no table is called {arguments.table!r}; there are {names}", exit.USAGE)
        tables = chosen
    return _list(arguments, COLUMNS, column_rows(tables))


def _list(arguments: argparse.Namespace, table: Table, rows: Iterable[Any]) -> int:
    keep = compile_filter(arguments.filter, table, now=time.time_ns()) if arguments.filter else None
    out = writer(arguments, table)
    for row in rows:
        if keep is None or keep.matches(row):
            out.write(row)
    out.finish()
    return exit.OK
