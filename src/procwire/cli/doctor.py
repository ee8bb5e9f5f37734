"""``procwire doctor``: what this machine allows, what is missing, and how to mend it."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from procwire.cli import exit
from procwire.cli.output.json_lines import JsonLines
from procwire.engine.api import examine
from procwire.model.rows import Check
from procwire.model.tables import CHECKS
from procwire.model.values import clean

MARKS = {"ok": "ok      ", "degraded": "degraded", "missing": "MISSING "}


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "doctor",
        help="what this machine allows, what is missing, how to mend it",
        description="Try what procwire needs of this machine. Exit code 4 when something is missing.",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Show every check; 4 when one is not ok."""
    checks = examine()
    if arguments.json:
        out = JsonLines(sys.stdout.buffer, CHECKS)
        for check in checks:
            out.write(check)
        out.finish()
    else:
        sys.stdout.write("".join(line(check) for check in checks))
    return exit.OK if all(check.status == "ok" for check in checks) else exit.INCOMPLETE


def line(check: Check) -> str:
    """One check for people, with its remedy below."""
    text = f"{MARKS.get(check.status, check.status)}  {check.name:<15} {clean(check.detail)}\n"
    return text + (f"{'':27}mend: {clean(check.remedy)}\n" if check.remedy else "")
