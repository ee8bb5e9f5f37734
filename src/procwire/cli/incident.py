"""``procwire incident``: what was frozen, as bundles that others can open, check and compare."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from procwire.cli import arguments as words
from procwire.cli import exit
from procwire.engine.options import EngineError
from procwire.model.values import clean, human_size
from procwire.recorder.reason import RecorderError

DESCRIPTION = """\
Incidents are frozen by 'procwire watch --record'. A bundle is one of them, or a capture, with its flows,
owners, findings and hashes: a directory, or one file that ends in .tar.zst.

examples:
  procwire incident list
  procwire incident export 20261126T002246.242Z-signal -o case7.tar.zst
  procwire incident export trace.pcapng -o case8 --filter 'app == dns'
  procwire incident export case8 -o case8-public.tar.zst --redact --dry-run
  procwire incident open case7.tar.zst --json
  procwire incident open case7.tar.zst --processes"""


def add(commands: Any) -> None:
    """Declare the command and its actions."""
    parser = commands.add_parser(
        "incident", help="incidents: list, freeze, arm, disarm, export, verify, open, diff",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    show = _action(actions, "list", "the incidents of this host", _list)
    form = show.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    form.add_argument("--csv", action="store_true", help="comma separated values with a header line")
    _add_place(show)
    for order, what in (
        ("freeze", "have running watches freeze what they recorded"),
        ("arm", "have running watches record on, after a disarm"),
        ("disarm", "have running watches keep what they recorded, and record nothing more"),
    ):
        told = _action(actions, order, what, lambda arguments, order=order: _ask(arguments, order))
        told.add_argument("pid", nargs="*", type=int, help="of a watch (default: all that record)")
    _add_export(actions)
    check = _action(actions, "verify", "check every file of a bundle against its manifest", _verify)
    check.add_argument("bundle", type=Path)
    check.add_argument("--json", action="store_true", help="one JSON object")
    _add_open(actions)
    compare = _action(actions, "diff", "who talked with whom in one bundle and not in the other", _diff)
    compare.add_argument("first", type=Path)
    compare.add_argument("second", type=Path)
    compare.add_argument("--json", action="store_true", help="one JSON object a line")


def _action(actions: Any, name: str, help: str, run: Any) -> Any:
    parser = actions.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
    parser.set_defaults(run=lambda arguments: _said(run, arguments))
    return parser


def _said(run: Any, arguments: argparse.Namespace) -> int:
    try:
        return int(run(arguments))
    except RecorderError as error:
        raise EngineError(clean(str(error)), error.code) from None


def _add_place(parser: Any) -> None:
    where = parser.add_argument(
        "--incidents",
        metavar="DIR",
        default="",
        help="where they are (default: the usual place, and those of watches that record now)",
    )
    where.complete = {"bash": "_shtab_compgen_dirs", "zsh": "_directories", "tcsh": "d"}


def _add_export(actions: Any) -> None:
    from procwire.cli.bundling import export

    parser = _action(
        actions, "export", "make a bundle of an incident, of capture files or of a bundle", export
    )
    parser.add_argument(
        "what", nargs="+", metavar="INCIDENT|FILE", help="name of an incident, or capture files"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        metavar="BUNDLE",
        help="directory, or file that ends in .tar.zst; made anew",
    )
    parser.add_argument(
        "--filter", metavar="EXPR", default="", help="only flows that match, and their packets"
    )
    parser.add_argument("--parquet", action="store_true", help="also the tables as Parquet (needs pyarrow)")
    parser.add_argument(
        "--sha256", action="store_true", help="the SHA-256 of every file beside its BLAKE3, which is faster"
    )
    parser.add_argument(
        "--ledger",
        type=Path,
        metavar="DIR",
        help="record the export in this ledger, add its signed checkpoint",
    )
    hide = parser.add_argument_group("redaction")
    hide.add_argument(
        "--redact",
        action="store_true",
        help="other addresses and names in place of the real ones, no payload",
    )
    hide.add_argument(
        "--redact-key", type=Path, metavar="FILE",
        help="the key of the map, made where there is none (default: one for this bundle that is forgotten)",
    )  # fmt: skip
    hide.add_argument("--dry-run", action="store_true", help="only show what would leave")
    parser.add_argument("--with-keys", action="store_true", help="with the secrets of its connections")
    words.add_keys(parser)
    words.add_sandbox(parser)
    _add_place(parser)
    words.add_flows(parser)
    parser.set_defaults(rules=[], thresholds=[], findings="")


def _add_open(actions: Any) -> None:
    from procwire.cli.bundling import open_bundle

    parser = _action(
        actions, "open", "read a bundle's packets again, with their owners: as procwire read", open_bundle
    )
    parser.add_argument("bundle", type=Path, help="a bundle, an incident, or a bundle of NetWatch")
    words.add_outputs(parser)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--packets", action="store_true", help="one line a packet instead of one a flow")
    what.add_argument("--summary", action="store_true", help="totals, protocols, top talkers, faults")
    what.add_argument(
        "--processes", action="store_true",
        help="whose flows it holds and who started them, as a tree; with --json all that is known of each",
    )  # fmt: skip
    words.add_observations(what)
    words.add_findings(parser, what)
    words.add_keys(parser)
    words.add_sandbox(parser)
    words.add_flows(parser)
    parser.set_defaults(merge=False, lenient=False, progress=None, workers=1, store=None, filters=[])
    parser.set_defaults(no_findings=False)


def _list(arguments: argparse.Namespace) -> int:
    from procwire.cli.output.choice import writer
    from procwire.recorder.listing import INCIDENTS, folders, incidents

    out = writer(arguments, INCIDENTS)
    for row in incidents(*folders(arguments.incidents)):
        out.write(row)
    out.finish()
    return exit.OK


def _ask(arguments: argparse.Namespace, order: str) -> int:
    from procwire.recorder import asking

    pids = arguments.pid or asking.recording()
    if not pids:
        why = "start procwire watch --record (one with --sandbox off is asked by its pid)"
        raise EngineError(f"no watch records here: {why}", exit.FAILURE)
    for pid in pids:
        asking.ask(pid, asking.ORDERS[order])
        print(f"asked {pid} to {order}")
    return exit.OK


def _verify(arguments: argparse.Namespace) -> int:
    from procwire.recorder import manifest
    from procwire.recorder.container import Container

    with Container(arguments.bundle) as container:
        faults = manifest.verify(container)
        told = manifest.read(container)
    if arguments.json:
        found = {"verdict": "changed" if faults else "whole", "complete": told["complete"],
                 "faults": msgspec.to_builtins(faults)}  # fmt: skip
        print(msgspec.json.encode(found).decode())
        return exit.FAILURE if faults else exit.OK
    for fault in faults:
        print(f"{clean(fault.name)} {fault.what}")
    if faults:
        print(f"{arguments.bundle}: not as it was made")
        return exit.FAILURE
    size = sum(file["bytes"] for file in told["files"].values())
    print(f"{arguments.bundle}: whole: {len(told['files'])} files, {human_size(size)}, made {told['made']}")
    for reason in told["reasons"]:
        print(f"  not complete: {clean(reason)}")
    return exit.OK


def _diff(arguments: argparse.Namespace) -> int:
    from procwire.recorder.comparing import differences
    from procwire.recorder.container import Container

    with Container(arguments.first) as first, Container(arguments.second) as second:
        found = differences(first, second)
    signs = {"only-first": "-", "only-second": "+", "changed": "~"}
    for each in found:
        if arguments.json:
            print(
                msgspec.json.encode({"schema": "procwire.difference/1", **msgspec.to_builtins(each)}).decode()
            )
            continue
        before, after = (human_size(size) for size in each.bytes)
        who = f"{each.process} {each.app} {each.peer}:{each.port}" + (
            " (finding)" if each.what == "finding" else ""
        )
        print(
            f"{signs[each.state]} {clean(who)}  {each.flows[0]} > {each.flows[1]} flows, {before} > {after}"
        )
    if not found and not arguments.json:
        print("no difference")
    sys.stdout.flush()
    return exit.OK


def stamp() -> str:
    """A name for what has none."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
