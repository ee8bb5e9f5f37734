"""Scenarios on a real interface: each step in the kernel, everything back at the end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from procwire.shaping.failure import ShapingError
from procwire.shaping.impairment import Effect, Rate
from procwire.shaping.scenario.checking import Sample
from procwire.shaping.scenario.conducting import Conductor
from procwire.shaping.scenario.kernel import Kernels
from procwire.shaping.scenario.plan import NOTHING, Effects, Scenario, Step, Track
from procwire.shaping.selection import Selector, selector
from procwire.shaping.session import Shaper
from procwire.shaping.target import Target
from tests.lab import Host, pair
from tests.shaping.scenario.scenes import COMMAND, SECOND, both, of
from tests.shaping.stage import HERE, end_watchdog, needs_lab, shown

pytestmark = [pytest.mark.kernel, needs_lab]


@pytest.fixture(scope="module")
def left() -> Iterator[Host]:
    with pair() as (_, left, _right):
        yield left


@pytest.fixture
def kernels(tmp_path: Path, left: Host) -> Iterator[Kernels]:
    with Kernels(Shaper(tmp_path / "shaping", able=HERE)) as made:
        yield made
    end_watchdog(tmp_path / "shaping")


def rates(host: Host) -> set[int]:
    found = shown(host, "qdisc", "show")
    return {each["options"]["rate"] * 8 for each in found if each["kind"] == "tbf"}


def sending(bits: int) -> Effects:
    return Effects(egress=Effect(rate=Rate(bits=bits)))


def test_steps_ramps_and_the_end(kernels: Kernels, left: Host) -> None:
    whose = Target(kind="namespace", name=left.name, interface="eth0")
    steps = (
        Step(span_ns=SECOND, effects=sending(8_000_000)),
        Step(span_ns=SECOND, effects=sending(80_000_000), ramp="exponential"),
        Step(span_ns=SECOND, effects=NOTHING),
        Step(span_ns=SECOND, effects=sending(4_000_000)),
    )
    made = of(*steps, whose=whose)
    kernels.able(made)
    conductor = Conductor(made, kernels, kernels, now=0)
    seen = {}
    for tenths in (0, 10, 15, 19, 20, 30, 40):
        conductor.tick(tenths * SECOND // 10)
        seen[tenths] = rates(left)
        if tenths in (0, 30):
            assert isinstance(kernels.sample(whose, 5), Sample)
    assert seen[0] == {8_000_000}
    assert seen[19] == {80_000_000}
    assert 8_000_000 < min(seen[10]) < min(seen[15]) < 80_000_000
    assert (seen[20], seen[30], seen[40]) == (set(), {4_000_000}, set())
    assert conductor.passed, conductor.faults
    assert kernels.sample(whose, 9) is None


def test_a_stop_restores(kernels: Kernels, left: Host) -> None:
    whose = Target(kind="namespace", name=left.name)
    both_ways = Effects(egress=Effect(rate=Rate(bits=8_000_000)), ingress=Effect(rate=Rate(bits=8_000_000)))
    made = of(Step(span_ns=SECOND, effects=both_ways), whose=whose)
    kernels.able(made)
    conductor = Conductor(made, kernels, kernels, now=0)
    conductor.tick(0)
    assert rates(left)
    conductor.stop(5)
    assert {each["kind"] for each in shown(left, "qdisc", "show")} == {"noqueue"}


def test_tracks_of_one_interface_run_beside_each_other(kernels: Kernels, left: Host) -> None:
    """Two networks and all the rest, in steps of their own; a check adds them up."""
    whose = Target(kind="namespace", name=left.name, interface="eth0")
    four, six = (selector(text) for text in ("peer=10.0.0.0/8", "peer=fd00::/8"))

    def track(*steps: Step, selectors: tuple[Selector, ...] = ()) -> Track:
        return Track(target=whose, steps=steps, selectors=selectors)

    slow, quick = (Step(span_ns=SECOND, effects=sending(bits)) for bits in (8_000_000, 80_000_000))
    tracks = (track(slow, slow, slow), track(slow, quick, selectors=(four,)), track(quick, selectors=(six,)))
    made = Scenario(name="beside", tracks=tracks)
    kernels.able(made)
    conductor = Conductor(made, kernels, kernels, now=0)
    counts = []
    for second in range(4):
        conductor.tick(second * SECOND)
        counts.append(left.run("tc", "class", "show", "dev", "eth0").count("rate 80Mbit"))
    assert conductor.passed, conductor.faults
    assert counts == [1, 2, 2, 0]
    assert {each["kind"] for each in shown(left, "qdisc", "show")} == {"noqueue"}


def test_what_cannot_be_done_is_told_before_anything_is(kernels: Kernels, left: Host) -> None:
    gone = Target(kind="namespace", name="no-such-namespace")
    with pytest.raises(ShapingError, match="no-such-namespace"):
        kernels.able(of(Step(span_ns=SECOND, effects=both(bits=8_000)), whose=gone))
    with pytest.raises(ShapingError, match="shape run"):
        kernels.able(Scenario(name="x", tracks=(Track(target=COMMAND, steps=(Step(span_ns=1),)),)))
    assert rates(left) == set()


def test_a_link_without_netem_cannot_be_cut(kernels: Kernels, left: Host) -> None:
    """This kernel loses no packets; where netem is, all of them are lost until the link is up."""
    whose = Target(kind="namespace", name=left.name)
    made = of(Step(span_ns=SECOND, up=False), whose=whose)
    kernels.able(made)
    conductor = Conductor(made, kernels, kernels, now=0)
    conductor.tick(0)
    assert conductor.over
    assert conductor.passed is HERE.netem
    assert rates(left) == set()
