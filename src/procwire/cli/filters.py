"""``procwire filters``: whether a file of filters is right, and which entry decides for a flow, and why."""

from __future__ import annotations

import argparse
from typing import Any

from procwire.cli import exit
from procwire.cli.history import add_place
from procwire.cli.verdicts import watchlist
from procwire.engine.options import EngineError
from procwire.model.tables import FLOWS
from procwire.model.values import clean
from procwire.store.place import store_file
from procwire.store.reader import Reader, stored
from procwire.store.reason import StoreError

EPILOG = """\
The first entry that fits a flow decides; an entry fits where all that it names does:

  default: monitor
  filters:
    - {process: /usr/bin/docker, action: ignore}
    - {container_id: abc123, action: record}
    - {user: www-data, dst: [10.0.0.0/8, "fd00::/8"], action: monitor}
    - {unit: nginx, action: monitor}
    - {expression: "app == tls and not dst_port == 443", action: alert, name: tls elsewhere}

monitor: shown and stored; ignore: neither; record: stored only; alert: shown, stored and told of.
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "filters",
        help="filters of what is watched: check a file, or explain what it says of a flow",
        description="check: whether a file of filters is right, with the line of each fault. explain: which "
        "entry decides for a flow of the store, and why those before it do not.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("action", choices=("check", "explain"), help="what to do")
    parser.add_argument(
        "what", nargs="?", default="", metavar="WHAT", help="check: the file; explain: the flow, by its id"
    )
    file = parser.add_argument(
        "--filters", metavar="FILE", default="", help="the file (default: watch.filters of the configuration)"
    )
    file.complete = {"bash": "_shtab_compgen_files", "zsh": "_files", "tcsh": "f"}
    add_place(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Check or explain; 2 where the file is wrong."""
    if arguments.action == "check":
        return _check(arguments.what or arguments.filters)
    return _explain(arguments)


def _check(path: str) -> int:
    if not path:
        raise EngineError("which file? procwire filters check FILE", exit.USAGE)
    found = watchlist(path)
    for entry in found.entries:
        print(clean(f"{entry.action:<8} {entry}"))
    print(f"{found.default:<8} everything else")
    return exit.OK


def _explain(arguments: argparse.Namespace) -> int:
    if not arguments.what or not arguments.filters:
        raise EngineError("procwire filters explain FLOW --filters FILE", exit.USAGE)
    found = watchlist(arguments.filters, stored(FLOWS))
    name = "community_id" if ":" in arguments.what else "flow_id"
    try:
        with Reader(store_file(arguments.store)) as reader:
            flows = list(reader.rows(FLOWS, where=[(name, arguments.what)]))
    except StoreError as error:
        raise EngineError(str(error)) from None
    if not flows:
        raise EngineError(f"no flow {clean(arguments.what)} is stored")
    for flow in flows:
        print("\n".join(clean(line) for line in found.explain(flow)))
    return exit.OK
