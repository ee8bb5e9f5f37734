"""``procwire shape run -- CMD``: a command on a network of its own, which is as bad as it is told to be."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path as File
from typing import TYPE_CHECKING, Any

from procwire.cli import exit
from procwire.cli.shape import guarded
from procwire.cli.shape_scenario import Beside, add_reports, concluded, load
from procwire.cli.shape_words import add_effects, effect_words, preset_of
from procwire.engine.options import EngineError
from procwire.model.values import clean

if TYPE_CHECKING:
    from procwire.shaping.board import Notice
    from procwire.shaping.emulation.path import PathPlan
    from procwire.shaping.lab.session import Outcome
    from procwire.shaping.lab.wiring import Wiring
    from procwire.shaping.measure.comparison import Figure

NOT_FOUND = 127  # as shells have it
MAX_TRACE_BYTES = 64 << 20

DESCRIPTION = """\
Run CMD in a network namespace of its own, behind an emulated path, with nothing changed on the host. What CMD
talks with, it talks with over that path: procwire opens its TCP connections, datagrams and pings from the
host's namespace, with ordinary sockets, and name servers of the host's own loopback answer it, too. The host
itself is $PROCWIRE_HOST for CMD; with --loopback 127.0.0.1 is the host's, too. With --wire, or --with for
another namespace, the other end is an interface there instead (pwshape0; the kernel takes it away however
this ends): then CMD can be reached from there, and reaches no other hosts. Signals are handed on, and the
exit code is CMD's. Needs root; under sudo CMD runs as its caller."""


def add(actions: Any) -> None:
    """Declare the action."""
    parser = actions.add_parser(
        "run", help="run a command on a bad network, with nothing changed for others",
        description=DESCRIPTION,
        epilog="example:\n  sudo procwire shape run --rtt 200ms --rate 2mbit --loopback -- curl http://127.0.0.1/\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add_effects(parser)
    more = parser.add_argument_group("what only an emulated network does")
    more.add_argument("--trace", metavar="FILE", help="a mahimahi trace is the rate of both directions")
    more.add_argument("--egress-trace", metavar="FILE", help="of what CMD sends")
    more.add_argument("--ingress-trace", metavar="FILE", help="of what CMD receives")
    more.add_argument("--queue-bytes", metavar="SIZE", help="how much may wait at the bottleneck (64kb)")
    more.add_argument("--codel", action="store_true", help="keep the bottleneck's queue short (RFC 8289)")
    more.add_argument(
        "--outage", metavar="SPANS", help="'up=10s down=1s', also 'irregular' (both are means) and 'hold'"
    )
    more.add_argument("--shared-bursts", action="store_true", help="bursts of loss hit all flows together")
    parser.add_argument(
        "--with", dest="other", default="", metavar="NETNS",
        help="the other end: a namespace's name, its path, or pid=N (default: this host)",
    )  # fmt: skip
    parser.add_argument(
        "--loopback", action="store_true", help="127.0.0.0/8 is the other end's, not CMD's own"
    )
    parser.add_argument(
        "--wire", action="store_true", help="an interface on this host, so that CMD can be reached from here"
    )
    parser.add_argument(
        "--scenario", metavar="FILE", help="change the network while CMD runs; 1 where a check fails"
    )
    add_reports(parser)
    parser.add_argument("--report", metavar="FILE", default="", help="what was measured, as JSON")
    parser.add_argument("--quiet", action="store_true", help="say nothing at the end")
    parser.add_argument("program", nargs=argparse.REMAINDER, metavar="CMD", help="the program and its words")
    parser.set_defaults(run=guarded(run))


def run(arguments: argparse.Namespace) -> int:
    """The command's exit code; 127 where it is not to be found."""
    program = arguments.program[1:] if arguments.program[:1] == ["--"] else arguments.program
    if not program:
        raise EngineError("which command? e.g. procwire shape run --rtt 200ms -- curl ...", exit.USAGE)
    plan = plan_of(arguments)
    beside = Beside(load(arguments.scenario, arguments.presets)) if arguments.scenario else None
    if os.geteuid() != 0:
        raise EngineError("namespaces and tunnels need root: sudo procwire shape run ...", exit.PERMISSION)
    if shutil.which(program[0]) is None:
        print(f"procwire: {clean(program[0])}: no such program", file=sys.stderr)
        return NOT_FOUND
    outcome = _live(arguments, plan, program, beside)
    if outcome.fault:
        print(f"procwire: {clean(program[0])}: {outcome.fault}", file=sys.stderr)
        return outcome.code
    figures = figures_of(outcome)
    if beside is not None:  # what was asked for changed meanwhile: the scenario's checks judge it
        figures = [each for each in figures if not each.configured]
    if arguments.report:
        _write(arguments.report, outcome, figures, program)
    if not arguments.quiet:
        sys.stdout.flush()
        print(summary(outcome, figures), file=sys.stderr)
    return _code(outcome, beside, arguments)


def _code(outcome: Outcome, beside: Beside | None, arguments: argparse.Namespace) -> int:
    """The command's, or 1 where that was right and the scenario was not."""
    if beside is None or beside.conductor is None:
        return outcome.code
    beside.conductor.stop(time.monotonic_ns())
    return outcome.code or concluded(beside.conductor, arguments)


def plan_of(arguments: argparse.Namespace) -> PathPlan:
    """The path that the options describe. Raises InvalidError and EngineError."""
    from procwire.shaping.emulation.codel import CodelPlan
    from procwire.shaping.emulation.conditions import Conditions
    from procwire.shaping.emulation.path import PathPlan
    from procwire.shaping.preset import outage
    from procwire.shaping.quantities import size
    from procwire.shaping.selection import selector
    from procwire.shaping.words import effects

    words, preset = effect_words(arguments), preset_of(arguments)
    if arguments.trace or arguments.egress_trace or arguments.ingress_trace:
        words = {name: value for name, value in words.items() if not name.endswith("rate") or preset is None}
    made = effects(words)
    comes_and_goes = outage(arguments.outage) if arguments.outage else preset.outage if preset else None
    queue = size(arguments.queue_bytes, "queue-bytes") if arguments.queue_bytes else 0
    ways: dict[str, Conditions] = {}
    for way in ("egress", "ingress"):
        conditions = Conditions(
            outage=comes_and_goes, queue_bytes=queue,
            trace=_trace(getattr(arguments, f"{way}_trace") or arguments.trace),
            shared=arguments.shared_bursts,
        )  # fmt: skip
        if way in made:
            conditions = replace(conditions, effect=made[way])
        ways[way] = conditions
    if arguments.codel:  # where there is a bottleneck; where there is none at all, that is said
        narrow = [way for way, each in ways.items() if each.trace or each.effect.rate]
        for way in narrow or ways:
            ways[way] = replace(ways[way], codel=CodelPlan(ecn=arguments.ecn))
    return PathPlan(
        **ways,
        selectors=tuple(selector(text) for text in arguments.match),
        exempt=tuple(selector(text) for text in arguments.exempt),
        seed=arguments.seed if arguments.seed is not None else int.from_bytes(os.urandom(4), "big"),
    )


def figures_of(outcome: Outcome) -> list[Figure]:
    """Configured and measured, both directions."""
    from procwire.shaping.measure.comparison import of_link

    found: list[Figure] = []
    for way, link in outcome.path.links.items():
        found += of_link(way, link.conditions, link.counts, link.delays, link.peak)
    return found


def summary(outcome: Outcome, figures: list[Figure]) -> str:
    """For people."""
    lines = [
        f"procwire: on the emulated network for {outcome.duration_ns / 1e9:.1f} s, "
        f"seed {outcome.path.plan.seed}"
    ]
    for way, link in outcome.path.links.items():
        counts = link.counts
        word = "sent" if way == "egress" else "received"
        lines.append(
            f"  {word + ':':10}{counts.offered} packets, {counts.passed} arrived, {counts.gone} did not"
        )
        for each in figures:
            if each.way == way:
                wanted = f"{each.configured or '-'}"
                interval = f"  (99.9%: {each.interval})" if each.interval else ""
                verdict = f"  {each.verdict}" if each.verdict else ""
                lines.append(f"    {each.name:<13}{wanted:<26} measured {each.measured}{interval}{verdict}")
    lines += warnings(outcome)
    return "\n".join(lines)


def warnings(outcome: Outcome) -> list[str]:
    """What the emulation itself did to packets, which nobody had asked for."""
    lines = []
    if outcome.dropped:
        lines.append(
            f"  warning: {outcome.dropped} packets were lost before the emulation, which was too slow"
        )
    if outcome.turned_away:
        lines.append(
            f"  warning: {outcome.turned_away} connections were refused: there were too many at a time"
        )
    if outcome.not_carried:
        lines.append(f"  warning: {outcome.not_carried} packets could not be carried outside")
    if outcome.refused:
        lines.append(f"  {outcome.refused} damaged packets were refused by the kernel")
    if outcome.latest_ns > 5_000_000:
        lines.append(f"  note: a busy machine delivered packets up to {outcome.latest_ns / 1e6:.1f} ms late")
    return lines


def _live(
    arguments: argparse.Namespace, plan: PathPlan, program: list[str], beside: Beside | None
) -> Outcome:
    from procwire.shaping.board import Board
    from procwire.shaping.lab.session import Session, run

    identity = f"run-{os.getpid()}"

    def told(wiring: Wiring) -> None:
        Board().put(_notice(identity, wiring, plan, program, beside))
        if not arguments.quiet:
            there = f"namespace {arguments.other}" if arguments.other else "this host"
            also = ", as 127.0.0.1, too" if arguments.loopback else ""
            print(
                f"procwire: {clean(there)} is {wiring.addresses.far.ip} for the command{also}",
                file=sys.stderr,
            )

    try:
        return run(
            Session(
                words=program, plan=plan, other=arguments.other, wire=arguments.wire,
                loopback=arguments.loopback,
                caller=_caller(), told=told,
                tick=beside.tick if beside is not None else lambda _path, _now: None,
            )
        )  # fmt: skip
    finally:
        Board().take_off(identity)


def _notice(
    identity: str, wiring: Wiring, plan: PathPlan, program: list[str], beside: Beside | None
) -> Notice:
    """For those who watch meanwhile."""
    from procwire.shaping.board import Notice
    from procwire.shaping.scenario.drawing import in_words
    from procwire.shaping.scenario.plan import Effects

    words = in_words(Effects(egress=plan.egress.effect, ingress=plan.ingress.effect)) or "emulated"
    near = wiring.addresses
    return Notice(
        id=identity, target=f"command {File(program[0]).name}", pid=os.getpid(),
        interfaces=(wiring.far.name,) if wiring.is_on_host else (),
        namespace=os.fstat(wiring.namespace).st_ino,
        words=f"scenario {beside.scenario.name}" if beside is not None else words,
        networks=(str(near.near.network), str(near.near6.network)),
    )  # fmt: skip


def _caller() -> Any:
    """Under sudo, the user who called it."""
    from procwire.shaping.lab.command import Caller

    user = os.environ.get("SUDO_UID", "")
    return Caller(int(user), int(os.environ.get("SUDO_GID", user))) if user.isdigit() else None


def _trace(path: str | None) -> tuple[int, ...]:
    from procwire.shaping.emulation.trace import read_trace

    if not path:
        return ()
    with File(path).open("rb") as file:
        data = file.read(MAX_TRACE_BYTES + 1)
    if len(data) > MAX_TRACE_BYTES:
        raise EngineError(f"{path}: larger than {MAX_TRACE_BYTES} bytes", exit.USAGE)
    return read_trace(data.decode("ascii", "replace"), path)


def _write(path: str, outcome: Outcome, figures: list[Figure], program: list[str]) -> None:
    report = {
        "schema": "procwire.shape/1", "command": program, "exit_code": outcome.code,
        "duration": outcome.duration_ns / 1e9, "seed": outcome.path.plan.seed,
        "figures": [each.as_dict() for each in figures],
        "counts": {way: link.counts.as_dict() for way, link in outcome.path.links.items()},
        "lost_before": outcome.dropped, "refused": outcome.refused, "bypassed": outcome.path.bypassed,
        "latest": outcome.latest_ns / 1e9, "turned_away": outcome.turned_away,
        "not_carried": outcome.not_carried,
    }  # fmt: skip
    File(path).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
