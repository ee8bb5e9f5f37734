"""Tables of a host as a running daemon has them, for commands that else look themselves.

Who may not look at the whole host gets them without asking, where a daemon lets this user see all of it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from procwire.api.client import ApiError, Client
from procwire.api.messages import MAX_ROWS, SOCKET
from procwire.api.remote import of_dicts, read
from procwire.cli import exit
from procwire.cli.attached import failure
from procwire.model.columns import Table

Row = dict[str, Any]


class Far(NamedTuple):
    """A table whose rows are dicts, its rows, and why they may not be all there is."""

    table: Table
    rows: list[Row]
    problems: list[str]


def add_attach(parser: argparse.ArgumentParser) -> None:
    """--attach and --socket."""
    parser.add_argument(
        "--attach", action="store_true",
        help="as a running daemon sees it (for others than root, where it lets them see all, that is what "
        "happens anyway)",
    )  # fmt: skip
    parser.add_argument(
        "--socket", metavar="PATH", default="", help=f"as the daemon at PATH sees it (default {SOCKET})"
    )


def daemon_for(arguments: argparse.Namespace, *, own: bool) -> str:
    """The socket of the daemon that is to be asked; empty where this process looks itself.

    ``own``: what is wanted only who looks itself can have.
    """
    if arguments.attach or arguments.socket:
        return arguments.socket or SOCKET
    return SOCKET if os.geteuid() != 0 and not own and sees_all(SOCKET, "procwire") else ""


def sees_all(path: str, program: str) -> bool:
    """Whether a daemon answers there, and lets this user see everything."""
    if not os.access(path, os.W_OK):
        return False
    try:
        with Client(path, program=program) as client:
            return client.welcome.sees == "all"
    except ApiError:
        return False


def ask(path: str, table: Table, program: str, *, for_all: bool = False) -> Far:
    """The rows of a table as of now. Raises ApiError. ``for_all``: everybody sees all of its rows."""
    with Client(path, program=program) as client:
        answer = client.rows(table.name, limit=MAX_ROWS)
    problems = list(answer.reasons)
    if answer.total > len(answer.rows):
        problems.append(f"only {len(answer.rows)} of {answer.total} rows of {table.name} were asked for")
    if client.welcome.sees != "all" and not for_all:
        problems.append(f"{table.name}: of your own processes alone")
    return Far(of_dicts(table), [read(table, answer.columns, row) for row in answer.rows], problems)


def shown(path: str, table: Table, program: str, show: Callable[[Table, list[Row]], None]) -> int:
    """A table as a daemon has it, shown; the exit code, 4 where that is not all. Raises EngineError."""
    try:
        found = ask(path, table, program)
    except ApiError as error:
        raise failure(error) from None
    say(path, found.problems)
    show(found.table, found.rows)
    return exit.INCOMPLETE if found.problems else exit.OK


def say(path: str, problems: list[str]) -> None:
    """Whose eyes these are, and what they did not see, on standard error."""
    print(f"procwire: through {path}", file=sys.stderr)
    for problem in problems:
        print(f"procwire: {problem}", file=sys.stderr)
