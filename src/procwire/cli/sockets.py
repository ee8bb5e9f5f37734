"""``procwire sockets``: the sockets of this host, with who has each."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

from procwire.cli import exit
from procwire.cli.arguments import add_extensions
from procwire.cli.far import add_attach, daemon_for, shown
from procwire.cli.output.choice import writer
from procwire.cli.rows import add_outputs, columns_of, ordered
from procwire.engine import api
from procwire.engine.api import EngineError
from procwire.model.columns import Table
from procwire.model.filter import compile_filter
from procwire.model.socket_tables import SOCKETS

# What waits for somebody first, what is over last.
_ORDER = {"listen": 0, "unconnected": 1, "time-wait": 3}


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "sockets",
        help="the sockets of this host, with who has each",
        description="List the TCP, UDP and other internet sockets of every network namespace, with their "
        "owner, how sure that is, and the kernel's own measurements. As root it sees all of them.",
    )
    add_outputs(parser)
    add_extensions(parser)
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--listening", action="store_true", help="only those that wait for others to begin")
    which.add_argument("--connected", action="store_true", help="only those that have another end")
    parser.add_argument("--unix", action="store_true", help="unix sockets too")
    add_attach(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the table; 4 when some namespaces could not be entered."""
    path = daemon_for(arguments, own=arguments.hash or arguments.unix)
    if path:
        return _far(arguments, path)
    with api.sockets(hashes=arguments.hash) as table:
        rows = table.take(unix=arguments.unix)
        problems = table.problems
        for problem in problems:
            print(f"procwire: {problem}", file=sys.stderr)
        _show(arguments, SOCKETS, rows)
    return exit.INCOMPLETE if any("left out" in problem for problem in problems) else exit.OK


def _far(arguments: argparse.Namespace, path: str) -> int:
    """As a daemon has them; 4 where that is not all."""
    if arguments.hash or arguments.unix:
        raise EngineError("--hash and --unix do not go with a daemon's sockets: it has neither", exit.USAGE)
    return shown(path, SOCKETS, "procwire sockets", lambda table, rows: _show(arguments, table, rows))


def _show(arguments: argparse.Namespace, table: Table, rows: Iterable[Any]) -> None:
    """The rows that are wanted, as they are wanted."""
    keep = compile_filter(arguments.filter, table, now=time.time_ns()) if arguments.filter else None
    names, sort = columns_of(arguments.columns, table), columns_of(arguments.sort, table)
    wanted, usual = _wanted(arguments, table), _usual(table)
    out = writer(arguments, table, names=names)
    for row in ordered(sorted(filter(wanted, rows), key=usual), keep, table, sort):
        out.write(row)
    out.finish()


def _wanted(arguments: argparse.Namespace, table: Table) -> Callable[[Any], bool]:
    state = table.column("state").get
    if arguments.listening:
        return lambda row: state(row) in ("listen", "unconnected")
    if arguments.connected:
        return lambda row: state(row) not in ("listen", "unconnected")
    return lambda _: True


def _usual(table: Table) -> Callable[[Any], tuple[Any, ...]]:
    """What waits for somebody first, what is over last; then by address."""
    state, netns, *rest = (table.column(name).get for name in ("state", "netns", "proto", "src_port", "src"))

    def key(row: Any) -> tuple[Any, ...]:
        proto, port, src = (get(row) for get in rest)
        return _ORDER.get(state(row), 2), netns(row) or 0, proto or "", port or 0, str(src or "")

    return key
