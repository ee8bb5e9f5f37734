"""``procwire sandbox-test``: tries to get out of the sandbox, from inside it."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from procwire.cli import exit
from procwire.cli.output.choice import writer
from procwire.engine.options import EngineError
from procwire.model.confinement import BLOCKED, NEEDED, TRIALS
from procwire.sandbox import trial
from procwire.sandbox.plan import BEST_EFFORT, MODES
from procwire.sandbox.profile import PROCESSES


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "sandbox-test",
        help="try from inside the sandbox what an intruder would",
        description="Confine a process as the one that parses traffic is confined, and try to get out of it: "
        "read /etc/shadow, connect out, execute, trace, mount, load code into the kernel, take all memory. "
        "Each attempt is made outside of the sandbox as well, so that a refusal means something. Exit code 0 "
        "when every attempt was blocked.",
    )
    parser.add_argument(
        "attempts", nargs="*", metavar="NAME", help="only these attempts or groups (default: all)"
    )
    parser.add_argument(
        "--sandbox", choices=MODES, default=BEST_EFFORT, help="how it is confined (default: best-effort)"
    )
    parser.add_argument(
        "--process", choices=PROCESSES, default="read",
        help="as which process it is confined: read (default), engine or warden of a watch, the one of a "
        "daemon that stays, or shaping's warden; what the last three must be able to do is shown as needed",
    )  # fmt: skip
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    form.add_argument("--csv", action="store_true", help="comma separated values with a header line")
    parser.set_defaults(run=run, table=True)


def run(arguments: argparse.Namespace) -> int:
    """Show each attempt; 1 when one was not blocked."""
    for name in arguments.attempts:
        if name not in trial.names():
            known = ", ".join(sorted(trial.names()))
            raise EngineError(f"no attempt is called {name!r}; there are {known}", exit.USAGE)
    arguments.table = not (arguments.json or arguments.csv)
    out = writer(arguments, TRIALS)
    blocked = through = needed = 0
    for row in trial.attempts(arguments.sandbox, tuple(arguments.attempts), arguments.process):
        out.write(row)
        blocked += row.verdict == BLOCKED
        needed += row.verdict == NEEDED
        through += row.verdict not in (BLOCKED, NEEDED)
    out.finish()
    tried = blocked + through + needed
    if not tried:
        raise EngineError("nothing was tried")
    work = f", {needed} are its work" if needed else ""
    print(f"procwire: {blocked} of {tried} attempts blocked{work}", file=sys.stderr)
    return exit.FAILURE if through else exit.OK
