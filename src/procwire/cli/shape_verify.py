"""``procwire shape verify``: what a target's network really does, beside what it was asked to do."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from procwire.cli import arguments as spans
from procwire.cli import exit
from procwire.cli.shape import guarded
from procwire.cli.shape_words import add_effects, effect_words
from procwire.engine.options import EngineError
from procwire.model.values import clean

if TYPE_CHECKING:
    from procwire.shaping.impairment import Effect
    from procwire.shaping.measure.comparison import Figure
    from procwire.shaping.measure.probing import Endpoint

USUAL_NS = 5 * 10**9
STREAM_SECONDS = 3.0

DESCRIPTION = """\
Send probes both ways and compare what arrives with what was asked for, each with its 99.9% interval. With
--from and --to between two namespaces of this host, on whose wire an impairment is (what was asked for is
taken from the words given, or from what stands for --target). With neither, words or a preset are emulated
and held against themselves. With --target alone the counters of its queueing disciplines are shown. Exit
code 1 where something differs."""


def add(actions: Any) -> None:
    """Declare the action."""
    parser = actions.add_parser(
        "verify", help="measure what a target does, beside what was asked of it", description=DESCRIPTION,
        epilog="examples:\n  procwire shape verify --preset lte --for 10s\n"
        "  procwire shape verify --from blue --to green --to-address 10.0.0.2 --target namespace:blue\n",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    add_effects(parser)
    where = parser.add_argument_group("where")
    where.add_argument("--target", metavar="TARGET", help="what stands for this target is what was asked for")
    where.add_argument("--from", dest="near", default="", metavar="NETNS", help="the end that sends egress")
    where.add_argument("--to", dest="far", default="", metavar="NETNS", help="the other end")
    where.add_argument("--from-address", default="", metavar="ADDRESS", help="of the first end")
    where.add_argument("--to-address", default="", metavar="ADDRESS", help="of the second end")
    parser.add_argument("--for", dest="span", type=spans.duration, default=USUAL_NS, metavar="SPAN",
                        help="how long probes are sent (default 5s)")  # fmt: skip
    parser.add_argument("--no-stream", action="store_true", help="send no TCP stream")
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.set_defaults(run=guarded(run))


def run(arguments: argparse.Namespace) -> int:
    """1 where something differs."""
    if os.geteuid() != 0:
        raise EngineError("namespaces are entered by root alone", exit.PERMISSION)
    if bool(arguments.near) != bool(arguments.far):
        raise EngineError("probes go between two namespaces: give --from and --to", exit.USAGE)
    if arguments.target and not arguments.near:
        return _counters(arguments)
    effects = _asked(arguments)
    figures, told = _between(arguments, effects) if arguments.near else _emulated(arguments, effects)
    return show(figures, told, as_json=arguments.json)


def show(figures: list[Figure], told: list[str], *, as_json: bool) -> int:
    """Print them; 1 where one differs."""
    differs = any(each.verdict == "differs" for each in figures)
    if as_json:
        rows = [each.as_dict() for each in figures]
        print(
            json.dumps(
                {"schema": "procwire.verify/1", "agrees": not differs, "figures": rows, "warnings": told}
            )
        )
        return exit.FAILURE if differs else exit.OK
    for each in figures:
        interval = f"  (99.9%: {each.interval})" if each.interval else ""
        wanted = each.configured or "-"
        line = f"{each.way:<8} {each.name:<13} {wanted:<26} measured {each.measured}{interval}"
        print(f"{line}  {each.verdict}".rstrip())
    for line in told:
        print(f"warning: {clean(line)}", file=sys.stderr)
    return exit.FAILURE if differs else exit.OK


def _asked(arguments: argparse.Namespace) -> dict[str, Effect]:
    """Of each direction, what was asked for. Raises InvalidError."""
    from procwire.shaping.impairment import Effect
    from procwire.shaping.words import effects

    words = effect_words(arguments)
    if not words and arguments.target:
        from procwire.shaping.document import impairment
        from procwire.shaping.session import Shaper

        with Shaper() as shaper:
            for entry in shaper.entries():
                if entry.document.get("target") == arguments.target:
                    return {"egress": Effect(), "ingress": Effect()} | impairment(entry.document).effects
        raise EngineError(f"{arguments.target} is not shaped: see procwire shape show", exit.USAGE)
    return {"egress": Effect(), "ingress": Effect()} | effects(words)


def _emulated(arguments: argparse.Namespace, effects: dict[str, Effect]) -> tuple[list[Figure], list[str]]:
    from procwire.shaping.emulation.conditions import Conditions
    from procwire.shaping.emulation.path import PathPlan
    from procwire.shaping.lab.verifying import through

    plan = PathPlan(
        egress=Conditions(effect=effects["egress"]), ingress=Conditions(effect=effects["ingress"]),
        seed=arguments.seed if arguments.seed is not None else int.from_bytes(os.urandom(4), "big"),
    )  # fmt: skip
    figures, _ = through(plan, lambda near, far: _measured(arguments, effects, near, far))
    return figures, []


def _between(arguments: argparse.Namespace, effects: dict[str, Effect]) -> tuple[list[Figure], list[str]]:
    from procwire.shaping.lab import namespaces
    from procwire.shaping.measure.judging import warnings
    from procwire.shaping.measure.probing import Endpoint

    with _opened(arguments.near) as near, _opened(arguments.far) as far:
        target, source = arguments.to_address, arguments.from_address
        if not target:
            raise EngineError("probes need to know where to: give --to-address", exit.USAGE)
        source = source or namespaces.inside(near, lambda: _source(target))
        found = namespaces.inside(near, _offloads)
        figures = _measured(arguments, effects, Endpoint(near, source), Endpoint(far, target))
    told = dict.fromkeys(line for effect in effects.values() for line in warnings(effect, offloads=found))
    return figures, list(told)


def _measured(
    arguments: argparse.Namespace, effects: dict[str, Effect], near: Endpoint, far: Endpoint
) -> list[Figure]:
    from procwire.shaping.measure.judging import interval_for, of_probes, of_stream
    from procwire.shaping.measure.probing import SMALLEST, ProbePlan, goodput, probe

    interval = interval_for(list(effects.values()), SMALLEST)
    longest = sum(
        each.latency_ns + 4 * (each.delay.jitter_ns if each.delay else 0) for each in effects.values()
    )
    plan = ProbePlan(
        count=max(1, arguments.span // interval), interval_ns=interval, size=SMALLEST, wait_ns=longest + 10**9
    )
    found = probe(near, far, plan)
    figures: list[Figure] = []
    for way, one in found.items():
        figures += of_probes(way, effects[way], one.sent, one.arrived)
    if not arguments.no_stream and any(effect.rate is not None for effect in effects.values()):
        figures.append(of_stream("egress", effects["egress"], *goodput(near, far, STREAM_SECONDS)))
        figures.append(of_stream("ingress", effects["ingress"], *goodput(far, near, STREAM_SECONDS)))
    return figures


def _counters(arguments: argparse.Namespace) -> int:
    """What the queueing disciplines have counted; they cannot say how long a packet waited."""
    from procwire.shaping.document import impairment
    from procwire.shaping.impairment import Effect
    from procwire.shaping.loss import Loss
    from procwire.shaping.measure.comparison import Figure, loss_figure
    from procwire.shaping.measure.judging import warnings
    from procwire.shaping.session import Shaper

    figures: list[Figure] = []
    told: list[str] = []
    with Shaper() as shaper:
        for entry in shaper.entries():
            if entry.document.get("target") != arguments.target:
                continue
            effects = impairment(entry.document).effects
            for one in shaper.counted(entry):
                effect = effects.get(one["side"], Effect())
                told += warnings(effect)
                if not one["there"]:
                    told.append(f"{one['interface']}: what was put there is gone")
                    continue
                tried = one["packets"] + one["drops"]
                if effect.rate is None:
                    figures.append(loss_figure(one["side"], effect.loss or Loss(0.0), one["drops"], tried))
                else:  # a full queue drops, too: no figure of the loss alone
                    figures.append(
                        Figure(
                            way=one["side"],
                            name="drops",
                            configured="",
                            measured=f"{one['drops']} of {tried}",
                        )
                    )
    if not figures and not told:
        raise EngineError(f"{arguments.target} is not shaped: see procwire shape show", exit.USAGE)
    told.append("counters alone: for delays and order give --from, --to and --to-address")
    return show(figures, list(dict.fromkeys(told)), as_json=arguments.json)


@contextlib.contextmanager
def _opened(name: str) -> Iterator[int]:
    from procwire.shaping.lab import namespaces

    made = namespaces.opened(name)
    try:
        yield made
    finally:
        os.close(made)


def _source(target: str) -> str:
    """The address that would be sent from."""
    import socket

    with socket.socket(socket.AF_INET6 if ":" in target else socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.connect((target, 9))
        return str(asking.getsockname()[0])


def _offloads() -> list[str]:
    """Those that are on at any interface here."""
    import socket

    from procwire.shaping.measure.offloads import offloads

    return sorted({each for _, name in socket.if_nameindex() if name != "lo" for each in offloads(name)})
