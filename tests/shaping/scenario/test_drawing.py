"""The timeline."""

from __future__ import annotations

from procwire.shaping.scenario.drawing import WIDTH, bar, drawn, mark, told
from procwire.shaping.scenario.plan import NOTHING, Step, Track
from tests.shaping.scenario.scenes import COMMAND, SECOND, both, of

STEPS = (
    Step(span_ns=SECOND, effects=both(10)), Step(span_ns=SECOND, effects=both(20), ramp="linear"),
    Step(span_ns=SECOND, effects=both(20), ramp="sine"), Step(span_ns=SECOND, up=False, note="tunnel"),
    Step(span_ns=SECOND, effects=NOTHING), Step(span_ns=SECOND, effects=both(loss=1.0)),
)  # fmt: skip


def test_every_kind_of_step_has_its_mark() -> None:
    assert "".join(map(mark, STEPS)) == "=/~x.x"
    track = Track(target=COMMAND, steps=STEPS)
    tenth = WIDTH // 12
    assert bar(track, 12 * SECOND) == "".join(sign * tenth for sign in "=/~x.x") + " " * (6 * tenth)


def test_every_step_is_told() -> None:
    assert [told(step) for step in STEPS] == [
        "each way delay 10ms", "linear to each way delay 20ms", "sine to each way delay 20ms",
        "link down  (tunnel)", "nothing is wrong", "nothing passes",
    ]  # fmt: skip
    lines = drawn(of(*STEPS, loops=0)).splitlines()
    assert lines[0] == "s: 6s, until it is stopped"
    assert lines[-1] == "then everything is as it was"
    assert any(line.startswith("         0s  +1s") for line in lines)
