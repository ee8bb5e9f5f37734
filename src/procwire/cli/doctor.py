"""``procwire doctor``: what this machine allows, what is missing, and how to mend it."""

from __future__ import annotations

import argparse
import signal
import sys
from typing import Any

from procwire.cli import arguments as words
from procwire.cli import exit
from procwire.cli.output.json_lines import JsonLines
from procwire.cli.output.text_table import TextTable
from procwire.cli.storing import add_store, storing
from procwire.engine.api import examine, settle
from procwire.model.accounting import ACCOUNTING
from procwire.model.catalogue_tables import CHECKS
from procwire.model.rows import Check
from procwire.model.values import clean

MARKS = {"ok": "ok      ", "degraded": "degraded", "missing": "MISSING "}


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "doctor",
        help="what this machine allows, what is missing, how to mend it",
        description="Try what procwire needs of this machine. Exit code 4 when something is missing.",
    )
    parser.add_argument(
        "--accounting", type=words.seconds, metavar="SPAN",
        help="count for SPAN, and show of each interface who answers for its packets",
    )  # fmt: skip
    add_store(parser)
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show every check; 4 when one is not ok, or a packet unexplained."""
    if arguments.accounting:
        return _account(arguments)
    checks = examine()
    if arguments.json:
        out = JsonLines(sys.stdout.buffer, CHECKS)
        for check in checks:
            out.write(check)
        out.finish()
    else:
        sys.stdout.write("".join(line(check) for check in checks))
    return exit.OK if all(check.status == "ok" for check in checks) else exit.INCOMPLETE


def _account(arguments: argparse.Namespace) -> int:
    """The accounting identity; ended early by a signal, it is of the time until then."""
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: stopped.append(number))
    with storing(arguments, source="accounting") as keeper:
        rows = settle(arguments.accounting, lambda: bool(stopped))
        if keeper is not None:
            keeper.keep(ACCOUNTING.name, rows)
    out = JsonLines(sys.stdout.buffer, ACCOUNTING) if arguments.json else TextTable(sys.stdout, ACCOUNTING)
    for row in rows:
        out.write(row)
    out.finish()
    lost = any(row.unexplained for row in rows) or arguments.store_lost
    return exit.INCOMPLETE if lost else exit.OK


def line(check: Check) -> str:
    """One check for people, with its remedy below."""
    text = f"{MARKS.get(check.status, check.status)}  {check.name:<15} {clean(check.detail)}\n"
    return text + (f"{'':27}mend: {clean(check.remedy)}\n" if check.remedy else "")
