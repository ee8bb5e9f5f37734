"""``procwire ps``: the processes of this host."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from procwire.cli import arguments as words
from procwire.cli import exit
from procwire.cli.far import add_attach, daemon_for, shown
from procwire.cli.output.choice import writer
from procwire.cli.output.tree import grown, with_ancestors
from procwire.cli.rows import add_outputs, columns_of, ordered
from procwire.cli.stopping import on_signal
from procwire.cli.storing import add_store, storing
from procwire.engine.api import EngineError, Processes, lives
from procwire.model.columns import Table
from procwire.model.filter import Filter, compile_filter
from procwire.model.host import ProcessRow
from procwire.model.host_tables import PROCESSES
from procwire.model.lives import LIVES
from procwire.shaping.touching import Touched


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
    parser.add_argument(
        "--events",
        action="store_true",
        help="instead: every fork, exec and exit as it happens, until stopped",
    )
    parser.add_argument(
        "--for", type=words.seconds, dest="seconds", metavar="SPAN", help="stop --events after SPAN"
    )
    add_attach(parser)
    add_store(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the table, or what happens."""
    if arguments.events:
        return _events(arguments)
    if arguments.seconds is not None:
        raise EngineError("--for is for --events", exit.USAGE)
    if arguments.store is not None:
        raise EngineError("--store is for --events: processes are looked at as they are now", exit.USAGE)
    if arguments.tree and (arguments.json or arguments.csv or arguments.sort):
        raise EngineError("--tree is an order of its own, and for a table", exit.USAGE)
    path = daemon_for(arguments, own=arguments.hash)
    if path:
        return _far(arguments, path)
    with Processes(hashes=arguments.hash, impaired=Touched()) as processes:
        rows = processes.take()
        for problem in processes.problems:
            print(f"procwire: {problem}", file=sys.stderr)
        _show(arguments, PROCESSES, rows)
    return exit.OK


def _far(arguments: argparse.Namespace, path: str) -> int:
    """As a daemon has them; 4 where that is not all."""
    if arguments.hash:
        raise EngineError("--hash does not go with a daemon's processes: it looks at none", exit.USAGE)
    return shown(path, PROCESSES, "procwire ps", lambda table, rows: _show(arguments, table, rows))


def _show(arguments: argparse.Namespace, table: Table, rows: list[Any]) -> None:
    """The rows that match, as they are wanted."""
    keep = compile_filter(arguments.filter, table, now=time.time_ns()) if arguments.filter else None
    names = columns_of(arguments.columns, table)
    sort = columns_of(arguments.sort, table)
    out = writer(arguments, table, names=names)
    for row in _tree(table, rows, keep) if arguments.tree else ordered(rows, keep, table, sort):
        out.write(row)
    out.finish()


def _events(arguments: argparse.Namespace) -> int:
    """Lines as things happen; 4 when some were lost."""
    if arguments.attach or arguments.socket:
        raise EngineError("--events are heard here, not through a daemon", exit.USAGE)
    if arguments.tree or arguments.sort or arguments.hash:
        raise EngineError("--events come in their own order, one line each, without hashes", exit.USAGE)
    keep = compile_filter(arguments.filter, LIVES, now=time.time_ns()) if arguments.filter else None
    out = writer(arguments, LIVES, names=columns_of(arguments.columns, LIVES))
    feed = lives()
    with feed, on_signal(feed.stop), storing(arguments, source="process events", live=True) as keeper:
        for problem in feed.problems:
            print(f"procwire: {problem}", file=sys.stderr)
        for rows in feed.batches(arguments.seconds):
            if keeper is not None:
                keeper.keep(LIVES.name, rows)
            wanted = [row for row in rows if keep is None or keep.matches(row)]
            for row in wanted:
                out.write(row)
            if wanted:
                out.flush()
        out.finish()
        lost = feed.lost
    if lost:
        print(f"procwire: {lost} events were too much at once, and are not shown", file=sys.stderr)
    return exit.INCOMPLETE if lost or arguments.store_lost else exit.OK


def _tree(table: Table, rows: list[Any], keep: Filter | None) -> list[Any]:
    pid, ppid = table.column("pid").get, table.column("ppid").get
    if keep is not None:
        rows = with_ancestors(rows, keep.matches, pid, ppid)
    grow = list(grown(rows, pid, ppid))
    for row, branch in grow:
        if isinstance(row, ProcessRow):
            row.branch = branch
        else:
            row["process"] = branch + (row.get("process") or "")
    return [row for row, _ in grow]
