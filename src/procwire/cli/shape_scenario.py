"""``procwire shape scenario``: networks that change: checked, drawn, run, steered."""

from __future__ import annotations

import argparse
import json
import select
import signal
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from procwire.cli import exit
from procwire.cli.shape import guarded
from procwire.model.values import clean

if TYPE_CHECKING:
    from procwire.shaping.scenario.conducting import Conductor
    from procwire.shaping.scenario.plan import Scenario

LONGEST_SLEEP = 1.0  # seconds
ORDERS = {"pause": "pause", "resume": "resume", "stop": "stop", "status": "status"}

DESCRIPTION = """\
A scenario is a file (TOML or JSON5, also tcgui's) with tracks of steps: what a target's network does, for
how long, at once or by a ramp. At its end, or when it is stopped, everything is as it was. A scenario for
one command is run with 'procwire shape run --scenario FILE -- CMD'."""


def add(actions: Any) -> None:
    """Declare the action and what can be done."""
    parser = actions.add_parser(
        "scenario", help="networks that change: check, run, pause, resume, stop, status",
        description=DESCRIPTION,
        epilog="example:\n  procwire shape scenario run --dry-run train.toml\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    tasks = parser.add_subparsers(dest="task", metavar="TASK", title="tasks", required=True)
    checked = _task(tasks, "check", "whether scenario files are right; 1 where one is not", _check)
    checked.add_argument("files", nargs="+", metavar="FILE")
    ran = _task(tasks, "run", "run a scenario on its targets; 1 where a check failed", _run)
    ran.add_argument("file", metavar="FILE")
    ran.add_argument("--dry-run", action="store_true", help="draw it as a timeline and do nothing")
    add_reports(ran)
    for name, text in (
        ("pause", "stop the time of a scenario"), ("resume", "let it go on"), ("stop", "end it and restore"),
        ("status", "where it is, or all that run"),
    ):  # fmt: skip
        order = _task(tasks, name, text, _order)
        order.add_argument("name", nargs="?" if name == "status" else None, metavar="NAME")
        if name == "pause":
            order.add_argument("--restore", action="store_true", help="everything is as it was meanwhile")
        order.add_argument("--json", action="store_true", help="as JSON")
    for each in (checked, ran):
        each.add_argument(
            "--presets", action="append", default=[], metavar="DIR", help="also the presets in DIR"
        )
        each.add_argument(
            "--target", metavar="TARGET", help="of tracks that name none (eth0, namespace:blue, ...)"
        )


def add_reports(parser: Any) -> None:
    """Where to write what came of it."""
    parser.add_argument("--scenario-report", metavar="FILE", default="", help="what came of it, as JSON")
    parser.add_argument("--junit", metavar="FILE", default="", help="the same as JUnit's XML")


def load(path: str, presets: list[str], target: str | None = None) -> Scenario:
    """A scenario of a file. Raises ShapingError, with the line."""
    from procwire.shaping.library import Library, read
    from procwire.shaping.scenario.plan import Step
    from procwire.shaping.scenario.reading import COMMAND, Reader
    from procwire.shaping.scenario.replay import steps
    from procwire.shaping.target import target as named

    library: list[Library] = []

    def words(name: str) -> Any:
        if not library:
            library.append(Library(presets))
        return library[0].named(name).words

    def trace(name: str) -> list[Step]:
        place = Path(path).parent / name
        return steps(place.read_text(encoding="utf-8", errors="replace"), str(place))

    return Reader(words, trace, named(target) if target else COMMAND).read(read(Path(path)))


def _task(tasks: Any, name: str, help: str, run: Any) -> Any:
    parser = tasks.add_parser(name, help=help, description=f"{help[0].upper()}{help[1:]}.")
    parser.set_defaults(run=guarded(run))
    return parser


def _check(arguments: argparse.Namespace) -> int:
    from procwire.shaping.failure import ShapingError
    from procwire.shaping.quantities import show_span

    wrong = 0
    for path in arguments.files:
        try:
            made = load(path, arguments.presets, arguments.target)
        except ShapingError as error:
            wrong += 1
            print(f"procwire: {clean(str(error))}", file=sys.stderr)
        else:
            steps = sum(len(track.steps) for track in made.tracks)
            print(
                f"{clean(path)}: {len(made.tracks)} tracks, {steps} steps, {show_span(made.span_ns)}: right"
            )
            for note in made.notes:
                print(f"  {clean(note)}")
    return exit.FAILURE if wrong else exit.OK


def _run(arguments: argparse.Namespace) -> int:
    scenario = load(arguments.file, arguments.presets, arguments.target)
    if arguments.dry_run:
        from procwire.shaping.scenario.drawing import drawn

        print(drawn(scenario))
        return exit.OK
    from procwire.shaping.scenario.conducting import Conductor
    from procwire.shaping.scenario.kernel import Kernels

    with Kernels() as kernels:
        kernels.able(scenario)
        conductor = Conductor(scenario, kernels, kernels, now=time.monotonic_ns())
        conduct(conductor)
    return concluded(conductor, arguments)


def conduct(conductor: Conductor) -> None:
    """Until it is over, or a signal comes; restored in any case."""
    from procwire.shaping.scenario.control import Control

    stopped: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: stopped.append(number))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    try:
        with Control(
            conductor.scenario.name, lambda word: conductor.order(word, time.monotonic_ns())
        ) as control:
            print(
                f"procwire: scenario {control.name} runs (procwire shape scenario stop {control.name})",
                file=sys.stderr,
            )
            while not conductor.over and not stopped:
                due = conductor.tick(time.monotonic_ns())
                wait = LONGEST_SLEEP if due is None else (due - time.monotonic_ns()) / 1e9
                if conductor.over:
                    break
                if select.select([control], (), (), max(0.0, min(wait, LONGEST_SLEEP)))[0]:
                    control.serve()
    finally:
        conductor.stop(time.monotonic_ns())
        for number, handler in before.items():
            signal.signal(number, handler)


def concluded(conductor: Conductor, arguments: argparse.Namespace) -> int:
    """Write the reports, say what came of it; 1 where something failed."""
    from procwire.shaping.scenario.reporting import junit, report, title

    now = time.monotonic_ns()
    if arguments.scenario_report:
        Path(arguments.scenario_report).write_text(
            json.dumps(report(conductor, now), indent=2) + "\n", encoding="utf-8"
        )
    if arguments.junit:
        Path(arguments.junit).write_text(junit(conductor, now), encoding="utf-8")
    for verdict in conductor.verdicts:
        word = "holds" if verdict.passed else "FAILED"
        print(f"  check {title(verdict)}: {word}, measured {verdict.measured}", file=sys.stderr)
    for fault in conductor.faults:
        print(f"procwire: {clean(fault)}", file=sys.stderr)
    told = conductor.status(now)
    print(
        f"procwire: scenario {clean(told['name'])} {told['state']} after {told['elapsed']:.1f} s",
        file=sys.stderr,
    )
    return exit.OK if conductor.passed else exit.FAILURE


def _order(arguments: argparse.Namespace) -> int:
    from procwire.shaping.scenario.control import ask, running

    word = ORDERS[arguments.task]
    if getattr(arguments, "restore", False):
        word = "pause-restore"
    names = [arguments.name] if arguments.name else running()
    for name in names:
        told = ask(name, word)
        print(json.dumps(told) if arguments.json else _line(told))
    if not names:
        print("no scenario runs", file=sys.stderr)
    return exit.OK


def _line(told: dict[str, Any]) -> str:
    rounds = f"round {told['round']}" + (f" of {told['rounds']}" if told["rounds"] else "")
    tracks = ", ".join(
        f"{_whose(each['target'])} step {each['step']} of {each['steps']}" for each in told["tracks"]
    )
    return clean(f"{told['name']}: {told['state']}, {rounds}, {told['elapsed']:.1f} s; {tracks}")


def _whose(target: str) -> str:
    return "the command" if target == "command:" else target


class Beside:
    """A scenario of a command's own path, while the command runs."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.conductor: Conductor | None = None

    def tick(self, path: Any, now: int) -> int | None:
        """See lab.session.Session."""
        if self.conductor is None:
            from procwire.shaping.scenario.conducting import Conductor
            from procwire.shaping.scenario.emulated import Emulated

            own = Emulated(path)
            self.conductor = Conductor(self.scenario, own, own, now=now)
        return self.conductor.tick(now)
