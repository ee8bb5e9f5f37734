"""``procwire sockets``: the sockets of this host, with who has each."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

from procwire.cli import exit
from procwire.cli.arguments import add_extensions
from procwire.cli.output.choice import writer
from procwire.cli.rows import add_outputs, columns_of, ordered
from procwire.engine import api
from procwire.model.filter import compile_filter
from procwire.model.socket import SocketRow
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
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show the table; 4 when some namespaces could not be entered."""
    keep = compile_filter(arguments.filter, SOCKETS, now=time.time_ns()) if arguments.filter else None
    names, sort = columns_of(arguments.columns, SOCKETS), columns_of(arguments.sort, SOCKETS)
    wanted = _wanted(arguments)
    with api.sockets(hashes=arguments.hash) as table:
        rows = [row for row in table.take(unix=arguments.unix) if wanted(row)]
        problems = table.problems
        for problem in problems:
            print(f"procwire: {problem}", file=sys.stderr)
        out = writer(arguments, SOCKETS, names=names)
        for row in ordered(sorted(rows, key=_usual), keep, SOCKETS, sort):
            out.write(row)
        out.finish()
    return exit.INCOMPLETE if any("left out" in problem for problem in problems) else exit.OK


def _wanted(arguments: argparse.Namespace) -> Callable[[SocketRow], bool]:
    if arguments.listening:
        return lambda row: row.state in ("listen", "unconnected")
    if arguments.connected:
        return lambda row: row.state not in ("listen", "unconnected")
    return lambda _: True


def _usual(row: SocketRow) -> tuple[int, int, str, int, str]:
    return _ORDER.get(row.state, 2), row.netns, row.proto, row.src_port, row.src
