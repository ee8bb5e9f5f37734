"""The run: done, measured, restored whatever happens."""

from __future__ import annotations

import pytest

from procwire.shaping.impairment import Impairment
from procwire.shaping.scenario.checking import Sample
from procwire.shaping.scenario.conducting import Conductor
from procwire.shaping.scenario.plan import NOTHING, Check, Scenario, Step, Track
from tests.shaping.scenario.scenes import COMMAND, ETH0, SECOND, Notes, both, of

CHECK = Check(target=COMMAND, measure="loss", low=None, high=0.05, from_ns=0, to_ns=SECOND, text="<5%")


def played(conductor: Conductor) -> Conductor:
    at: int | None = 0
    while at is not None:
        at = conductor.tick(at)
    return conductor


def test_a_whole_run() -> None:
    notes = Notes()
    made = of(
        Step(span_ns=SECOND, effects=both(10)),
        Step(span_ns=SECOND, up=False),
        Step(span_ns=SECOND, effects=NOTHING),
    )
    conductor = played(Conductor(made, notes, notes, now=0))
    impairment = Impairment(target=COMMAND, egress=both(10).egress, ingress=both(10).ingress)
    assert [(at // SECOND, what, value) for at, what, value in notes.told[:6]] == [
        (0, "set", impairment), (1, "link", False), (1, "set", impairment), (2, "link", True),
        (2, "clear", COMMAND), (3, "clear", COMMAND),
    ]  # fmt: skip
    assert conductor.passed
    assert conductor.over
    told = conductor.status(99 * SECOND)
    assert (told["state"], told["elapsed"], told["updates"]) == ("finished", 3.0, 3)


def test_a_link_that_is_down_at_the_end_is_taken_up() -> None:
    notes = Notes()
    conductor = Conductor(of(Step(span_ns=SECOND, up=False)), notes, notes, now=0)
    conductor.tick(0)
    conductor.stop(5)
    assert notes.told[-1] == (5, "link", True)


def test_what_cannot_be_set_ends_it_and_clears_everything() -> None:
    notes = Notes(fails="set")
    tracks = (
        Track(target=ETH0, steps=(Step(span_ns=SECOND, effects=both(1)),)),
        Track(target=COMMAND, steps=(Step(span_ns=SECOND, effects=both(2)),)),
    )
    conductor = Conductor(Scenario(name="x", tracks=tracks), notes, notes, now=0)
    conductor.tick(0)
    assert conductor.over
    assert not conductor.passed
    assert conductor.faults == ["eth0: step 1: no set here"]
    assert [value for _, what, value in notes.told if what == "clear"] == [ETH0, COMMAND]


def test_what_cannot_be_cleared_is_said_and_the_others_are_cleared() -> None:
    notes = Notes(fails="clear")
    conductor = played(Conductor(of(Step(span_ns=SECOND, effects=both(1))), notes, notes, now=0))
    assert not conductor.passed
    assert "could not be cleared" in conductor.faults[-1]


@pytest.mark.parametrize(("lost", "passed"), [(1, True), (50, False)])
def test_checks_are_judged(lost: int, passed: bool) -> None:
    notes = Notes()
    notes.samples = [Sample(at=0), Sample(at=SECOND, tried=100, lost=lost)]
    track = Track(target=COMMAND, steps=(Step(span_ns=SECOND),))
    conductor = played(Conductor(Scenario(name="x", tracks=(track,), checks=(CHECK,)), notes, notes, now=0))
    assert [verdict.passed for verdict in conductor.verdicts] == [passed]
    assert conductor.passed is passed


def test_a_check_that_was_not_come_to_has_failed() -> None:
    notes = Notes()
    track = Track(target=COMMAND, steps=(Step(span_ns=SECOND),))
    conductor = Conductor(Scenario(name="x", tracks=(track,), checks=(CHECK,)), notes, notes, now=0)
    conductor.tick(0)
    conductor.stop(5)
    assert [verdict.measured for verdict in conductor.verdicts] == ["nothing: it ended before"]


def test_orders() -> None:
    notes = Notes()
    conductor = Conductor(
        of(Step(span_ns=SECOND, effects=both(1)), Step(span_ns=SECOND)), notes, notes, now=0
    )
    conductor.tick(0)
    assert conductor.order("pause-restore", 5)["state"] == "paused"
    assert notes.told[-1][1] == "clear"
    assert conductor.order("resume", 9)["state"] == "running"
    assert notes.told[-1][1] == "set"
    assert conductor.order("status", 9)["tracks"] == [{"target": "command:", "step": 1, "steps": 2}]
    assert "error" in conductor.order("dance", 9)
    assert conductor.order("stop", 10)["state"] == "stopped"
    assert conductor.tick(11) is None
