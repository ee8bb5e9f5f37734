"""``procwire ps``: the processes of this host."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from procwire.cli import exit
from procwire.cli.output.choice import writer
from procwire.cli.output.tree import grown, with_ancestors
from procwire.cli.rows import add_outputs, columns_of, ordered
from procwire.engine.api import EngineError, Processes
from procwire.model.filter import Filter, compile_filter
from procwire.model.host import ProcessRow
from procwire.model.host_tables import PROCESSES


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "ps",
        help="the processes of this host, in one reading",
        description="List the processes of this host: who they are, what they use, where they live. Read in "
        "one go from the kernel where its iterators may run (as root), else from /proc.",
    )
    add_outputs(parser)
    parser.add_argument(
        "--tree",
        action="store_true",
        help="under their parents; with a filter, what matches and all above it",
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the table."""
    if arguments.tree and (arguments.json or arguments.csv or arguments.sort):
        raise EngineError("--tree is an order of its own, and for a table", exit.USAGE)
    keep = compile_filter(arguments.filter, PROCESSES, now=time.time_ns()) if arguments.filter else None
    names = columns_of(arguments.columns, PROCESSES)
    sort = columns_of(arguments.sort, PROCESSES)
    with Processes(hashes=arguments.hash) as processes:
        rows = processes.take()
        for problem in processes.problems:
            print(f"procwire: {problem}", file=sys.stderr)
        out = writer(arguments, PROCESSES, names=names)
        for row in _tree(rows, keep) if arguments.tree else ordered(rows, keep, PROCESSES, sort):
            out.write(row)
        out.finish()
    return exit.OK


def _tree(rows: list[ProcessRow], keep: Filter | None) -> list[ProcessRow]:
    if keep is not None:
        rows = with_ancestors(rows, keep.matches, _pid, _ppid)
    grow = list(grown(rows, _pid, _ppid))
    for row, branch in grow:
        row.branch = branch
    return [row for row, _ in grow]


def _pid(row: ProcessRow) -> int:
    return row.task.pid


def _ppid(row: ProcessRow) -> int:
    return row.task.ppid
