"""``procwire shape``: bad networks on purpose. One file for each action (``shape_*``)."""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Any

from procwire.cli import exit
from procwire.engine.options import EngineError

ACTIONS = ("shape_run", "shape_set", "shape_show", "shape_presets", "shape_scenario", "shape_verify")

EPILOG = """\
examples:
  procwire shape run --loss 3% --rtt 200ms --loopback -- curl http://127.0.0.1:8000/
  procwire shape run --preset lte -- pytest
  procwire shape set eth0 --loss 3% --rtt 200ms --confirm 30s
  procwire shape show
  procwire shape clear --all
"""


def add(commands: Any) -> None:
    """Declare the command and its actions."""
    parser = commands.add_parser(
        "shape",
        help="make a network bad on purpose: delay, loss, rate, outages",
        description="Make a network as bad as another one is, for a command of one's own, and measure it.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--management", action="append", default=[], metavar="CIDR",
        help="a network that is never shaped, wherever this host's interfaces are (before the action)",
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    for name in ACTIONS:
        import_module(f"procwire.cli.{name}").add(actions)


def guarded(run: Any) -> Any:
    """An action's ``run``; what cannot be is told as every command tells it."""

    def told(arguments: argparse.Namespace) -> int:
        from procwire.shaping.failure import InvalidError, ShapingError

        try:
            code: int = run(arguments)
        except InvalidError as error:
            raise EngineError(str(error), exit.USAGE) from None
        except ShapingError as error:
            raise EngineError(str(error), exit.FAILURE) from None
        return code

    return told
