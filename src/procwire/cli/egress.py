"""``procwire egress``: who goes where: a policy that is learned, shown, held against traffic and changed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from procwire.cli import egress_seen as seen
from procwire.cli import exit
from procwire.cli.arguments import add_sandbox, duration
from procwire.cli.history import add_place, add_window, dated
from procwire.cli.operating import recorded
from procwire.cli.output.choice import RowWriter, writer
from procwire.cli.settling import written
from procwire.egress import file as policies
from procwire.egress.drift import Drift
from procwire.egress.learning import BY, Learner
from procwire.egress.policy import Policy, merged
from procwire.egress.reason import EgressError
from procwire.egress.verdict import ALLOWED, Judge
from procwire.engine.options import EngineError
from procwire.model.egress_tables import EGRESS
from procwire.store.place import state_directory

DESCRIPTION = """\
Who may talk to where. What was seen is learned as a baseline, the baseline is promoted to the policy, and
from then on what is seen is held against it: by 'egress check' and 'egress diff', and by a watch, whose
detector egress-drift tells of all that the policy does not let pass.

  procwire egress learn --since 7d        a baseline of what this host did in a week (watch --store)
  procwire egress promote                 put it in force: /etc/procwire/egress.yaml
  procwire egress check --since 1h        1 where something went elsewhere
  procwire egress promote 3f2a91c0        let that pass from now on"""
BASELINE_HELP = "the baseline (default: egress-baseline.yaml in /var/lib/procwire)"

Command = Callable[[argparse.Namespace], int]


def add(commands: Any) -> None:
    """Declare the command and its actions."""
    parser = commands.add_parser(
        "egress", help="who may talk to where: learn, show, diff, promote, check", description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    actions = parser.add_subparsers(dest="action", metavar="ACTION", title="actions", required=True)
    learn = _action(actions, "learn", "write down who went where, as a baseline", _learn)
    _sources(learn)
    learn.add_argument("--baseline", metavar="FILE", default="", help=BASELINE_HELP)
    learn.add_argument("--add", action="store_true", help="add to the baseline instead of replacing it")
    learn.add_argument(
        "--pin", action="store_true",
        help="pin entries to the SHA-256 of the program's file, where it was hashed (--hash)",
    )  # fmt: skip
    show = _action(actions, "show", "the policy, as a table or as lines", _show)
    show.add_argument("--baseline", metavar="FILE", nargs="?", const="", help="of the baseline instead")
    diff = _action(actions, "diff", "what was seen and is not in the policy, and what is and was not", _diff)
    _sources(diff)
    promote = _action(actions, "promote", "make the baseline the policy, or let some drift pass", _promote)
    promote.add_argument("id", nargs="*", metavar="ID", help="rows of diff or check (default: the baseline)")
    promote.add_argument("--all", action="store_true", help="all that diff shows as new")
    promote.add_argument("--baseline", metavar="FILE", default="", help=BASELINE_HELP)
    _sources(promote)
    check = _action(actions, "check", "what the policy does not let pass; 1 where there is something", _check)
    check.add_argument("files", nargs="*", metavar="FILE", help="capture files (default: what was stored)")
    check.add_argument("--all", action="store_true", help="also what it lets pass")
    _sources(check, files=False)


def _action(actions: Any, name: str, words: str, run: Command) -> Any:
    parser = actions.add_parser(name, help=words, description=f"{words[0].upper()}{words[1:]}.")
    parser.add_argument(
        "--policy", metavar="FILE", default="", help="the policy (default: /etc/procwire/egress.yaml)"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="one JSON object a line")
    form.add_argument("--csv", action="store_true", help="comma separated values with a header line")
    parser.set_defaults(run=lambda arguments: _said(run, arguments))
    return parser


def _sources(parser: Any, *, files: bool = True) -> None:
    """Where to look, and how to tell things apart."""
    if files:
        parser.add_argument(
            "--file", action="append", default=[], metavar="CAPTURE", dest="files",
            help="over this recording instead of the store (again for more)",
        )  # fmt: skip
    parser.add_argument(
        "--live", type=duration, metavar="SPAN", help="over what this host does from now on, for so long"
    )
    parser.add_argument("-i", "--interface", action="append", default=[], metavar="IF", help="with --live")
    add_window(parser)
    add_place(parser)
    parser.add_argument(
        "--by", choices=BY, default="exe",
        help="what programs are known by, where they have it: exe (default), unit or container",
    )  # fmt: skip
    parser.add_argument(
        "--broad", action="store_true",
        help="registered domains in place of names, autonomous systems or networks in place of addresses",
    )  # fmt: skip
    parser.set_defaults(pin=False)
    add_sandbox(parser)


def _said(run: Command, arguments: argparse.Namespace) -> int:
    try:
        return run(arguments)
    except EgressError as error:
        raise EngineError(f"egress: {error}") from None


def _look(arguments: argparse.Namespace, take: seen.Take) -> list[str]:
    """Tell every contact there is; what is missing."""
    if arguments.live:
        return seen.of_host(arguments, take)
    if arguments.files:
        return seen.of_files(arguments.files, arguments.sandbox, take)
    return seen.of_store(arguments.store, seen.span(arguments), take)


def _missing(reasons: list[str], dropped: int) -> int:
    if dropped:
        reasons = [*reasons, f"{dropped} flows would have been lines too many: see --broad"]
    for reason in reasons:
        print(f"procwire: incomplete: {reason}", file=sys.stderr)
    return exit.INCOMPLETE if reasons else exit.OK


def _policy_path(arguments: argparse.Namespace) -> Path:
    return Path(arguments.policy or written(arguments, "egress.policy") or policies.usual())


def _baseline_path(arguments: argparse.Namespace) -> Path:
    return Path(arguments.baseline or state_directory() / policies.BASELINE)


def _out(arguments: argparse.Namespace) -> RowWriter:
    return writer(arguments, EGRESS if arguments.json or arguments.csv else dated(EGRESS))


def _learn(arguments: argparse.Namespace) -> int:
    path, learner = _baseline_path(arguments), Learner(
        by=arguments.by, broad=arguments.broad, pin=arguments.pin
    )  # fmt: skip
    reasons = _look(arguments, learner.see)
    learned = learner.policy()
    if not learned.size:
        raise EngineError("nothing went out in what was looked at: nothing is written")
    if arguments.add and path.exists():
        learned = merged(policies.load(path), learned.entries)
    policies.save(path, learned)
    print(
        f"{path}: {len(learned.entries)} programs, {learned.size} destinations, of {learner.contacts} flows; "
        "'procwire egress promote' puts it in force"
    )
    return _missing(reasons, learner.dropped)


def _show(arguments: argparse.Namespace) -> int:
    path = _policy_path(arguments) if arguments.baseline is None else _baseline_path(arguments)
    policy = policies.load(path)
    out = _out(arguments)
    for row in _rows(policy):
        out.write(row)
    out.finish()
    sys.stdout.flush()
    what = f"{len(policy.entries)} programs, {policy.size} destinations"
    print(f"procwire: {path}: {what}; others: {policy.unlisted}", file=sys.stderr)
    return exit.OK


def _rows(policy: Policy) -> list[Any]:
    from procwire.egress.drift import row_of

    return [row_of(ALLOWED, entry.who, line) for entry in policy.entries for line in entry.to]


def _diff(arguments: argparse.Namespace) -> int:
    drift, reasons = _drifted(arguments)
    out = _out(arguments)
    for row in (*drift.rows(), *drift.unused()):
        out.write(row)
    out.finish()
    return _missing(reasons, drift.dropped)


def _check(arguments: argparse.Namespace) -> int:
    drift, reasons = _drifted(arguments)
    out = _out(arguments)
    for row in drift.rows(all_of_it=arguments.all):
        out.write(row)
    out.finish()
    sys.stdout.flush()
    print(f"procwire: {drift.allowed} flows may pass, {drift.found} may not", file=sys.stderr)
    incomplete = _missing(reasons, drift.dropped)
    return exit.FAILURE if drift.found else incomplete


def _drifted(arguments: argparse.Namespace) -> tuple[Drift, list[str]]:
    drift = Drift(Judge(policies.load(_policy_path(arguments))), by=arguments.by, broad=arguments.broad)
    return drift, _look(arguments, drift.see)


def _promote(arguments: argparse.Namespace) -> int:
    path = _policy_path(arguments)
    if not (arguments.id or arguments.all):
        taken = policies.load(_baseline_path(arguments))
        policies.save(path, taken)
        told, code, names = f"{len(taken.entries)} programs, {taken.size} destinations", exit.OK, ["baseline"]
        added = taken.size
    else:
        drift, reasons = _drifted(arguments)
        entries, missing = drift.chosen(set(arguments.id))
        if missing:
            raise EngineError(f"no drift is called {', '.join(sorted(missing))}: see procwire egress diff")
        before = policies.load(path)
        after = merged(before, entries)
        policies.save(path, after)
        added, names = after.size - before.size, arguments.id or ["all"]
        told, code = f"{added} destinations more", _missing(reasons, drift.dropped)
    print(f"{path}: {told}; a watch that goes on takes it over on SIGHUP")
    recorded(arguments, "configuration", {"egress": str(path), "promoted": names, "lines": added})
    return code
