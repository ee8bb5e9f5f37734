"""Scenarios as they are written, each fault with its line."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.failure import InvalidError
from procwire.shaping.loss import Loss
from procwire.shaping.scenario.plan import NOTHING, Scenario, Step
from procwire.shaping.scenario.reading import Reader, spans
from procwire.shaping.spelling import Value
from procwire.shaping.texts import json5, toml
from procwire.shaping.texts.located import FileError, Located
from tests.shaping.scenario.scenes import COMMAND, ETH0, MS, SECOND, both

TEXT = """name = "train"
loop = 2
update = "50ms"
target = "eth0"
[[track]]
[[track.step]]
for = "1m30s"
preset = "lte"
loss = "5%"
[[track.step]]
for = "1s"
ramp = "sine"
rtt = "200ms"
note = "hill"
[[track.step]]
for = "1s"
link = "down"
[[track.step]]
trace = "a.csv"
[[track]]
target = "command"
[[track.step]]
for = "2s"
partition = true
[[track.step]]
for = "1s"
clear = true
[[check]]
to = "90s"
rtt = "<100ms"
loss = "<6%"
[[check]]
target = "command"
from = "1s"
goodput = ">1mbit"
"""
TCGUI = """{ id: "degrade", name: "Degradation", loop_scenario: true, metadata: {tags: []},
  steps: [
    { duration: "30s", description: "good", tc_config: { delay: {base_ms: 20} } },
    { duration: "1m", tc_config: { loss: {percentage: 8, correlation: 25} } },
    { duration: "500ms", tc_config: {} },
    { duration: "1s", preset: "lte" },
  ] }"""


def preset(name: str) -> Mapping[str, Value]:
    if name != "lte":
        raise InvalidError("preset", f"{name!r} is not known")
    return {"rtt": "70ms", "rate": "12mbit"}


def trace(name: str) -> list[Step]:
    assert name == "a.csv"
    return [Step(span_ns=SECOND, effects=both(1)), Step(span_ns=SECOND, effects=both(2))]


READER = Reader(preset, trace)


def read(text: str) -> Scenario:
    return READER.read(toml.read(text, "f"))


def test_everything_that_can_be_written() -> None:
    made = read(TEXT)
    first, second = made.tracks
    assert (made.name, made.loops, made.update_ns) == ("train", 2, 50 * MS)
    assert (first.target, second.target) == (ETH0, COMMAND)
    assert [step.span_ns // MS for step in first.steps] == [90_000, 1000, 1000, 1000, 1000]
    lte = first.steps[0].effects
    assert lte is not None
    assert lte.egress is not None
    assert lte.egress.loss == Loss(0.05)
    assert lte.egress.latency_ns == 35 * MS
    assert (first.steps[1].ramp, first.steps[1].note, first.steps[1].line) == ("sine", "hill", 10)
    assert (first.steps[2].up, first.steps[2].effects) == (False, None)
    assert second.steps[0].effects == both(loss=1.0)
    assert second.steps[1].effects == NOTHING
    assert [(check.measure, str(check.target), check.to_ns // SECOND) for check in made.checks] == [
        ("loss", "eth0", 90), ("rtt", "eth0", 90), ("goodput", "command:", 94),
    ]  # fmt: skip


def test_tcguis_scenarios_with_what_their_loss_really_is() -> None:
    made = READER.read(json5.read(TCGUI, "f"))
    assert (made.name, made.loops) == ("degrade", 0)
    (track,) = made.tracks
    assert [step.span_ns // MS for step in track.steps] == [30_000, 60_000, 500, 1000]
    assert track.steps[2].effects == NOTHING
    assert track.steps[0].effects is not None
    assert track.steps[0].effects.ingress is None
    assert any("0.91" in note for note in made.notes)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ('for = "1m30s"', 'for = "fast"', 7),
        ('preset = "lte"', 'preset = "6g"', 8),
        ('loss = "5%"', "loss = 5", 9),
        ('ramp = "sine"', 'ramp = "jump"', 12),
        ('link = "down"', 'link = "sideways"', 17),
        ('target = "command"\n[[track.step]]', 'target = "a/b:c"\n[[track.step]]', 21),
        ('note = "hill"', "colour = 1", 14),
        ('update = "50ms"', 'update = "1ms"', 3),
        ("loop = 2", "loop = -1", 2),
        ('rtt = "<100ms"', 'rtt = "quick"', 30),
        ('from = "1s"', 'from = "200s"', 32),
        ('trace = "a.csv"', 'trace = "a.csv"\nloss = "1%"', 19),
    ],
)
def test_a_wrong_line_is_named(old: str, new: str, line: int) -> None:
    assert old in TEXT
    with pytest.raises(FileError) as wrong:
        read(TEXT.replace(old, new, 1))
    assert wrong.value.line == line, wrong.value


@pytest.mark.parametrize(
    "text", ["", "name = 'x'", "[[track]]", "track = 3", "[[track]]\nstep = []", "steps = 3"]
)
def test_a_scenario_without_steps_is_none(text: str) -> None:
    with pytest.raises(FileError):
        read(text)


def test_spans() -> None:
    assert [spans(text, "for") for text in ("1m30s", "500ms", "1h", "1.5s")] == [
        90 * SECOND, 500 * MS, 3600 * SECOND, 1500 * MS,
    ]  # fmt: skip
    for wrong in ("", "0s", "10", "1x", "-1s", "1s2", 5, "200h"):
        with pytest.raises(InvalidError):
            spans(wrong, "for")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 500) | st.sampled_from(["3%", "1ms", "", "linear", "lte"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(
        ["track", "step", "steps", "for", "duration", "loss", "ramp",
         "link", "preset", "check", "rtt", "from",
         "to", "target", "tc_config", "partition", "clear", "loop", "id", "egress"]), inner, max_size=4),
    max_leaves=15,
)  # fmt: skip


@given(VALUES)
def test_nothing_but_the_rooms_error_is_raised(value: object) -> None:
    made = None
    with contextlib.suppress(FileError):
        made = READER.read(Located("f", value, {}))
    assert made is None or made.tracks


MATCHED = """[[track]]
target = "eth0"
match = "peer=10.0.0.0/8"
[[track.step]]
for = "1s"
rtt = "80ms"
[[track]]
target = "eth0"
match = {match}
[[track.step]]
for = "1s"
loss = "1%"
"""


def matched(match: str) -> Scenario:
    return read(MATCHED.format(match=match))


def test_tracks_of_one_target_mean_parts_of_it() -> None:
    first, second = matched('["port=53", "peer=fd00::/8"]').tracks
    assert str(first.meant) == "eth0 (peer=10.0.0.0/8)"
    assert [str(each) for each in second.selectors] == ["port=53", "peer=fd00::/8"]
    for match, says in (
        ('"peer=10.0.0.0/8"', "two tracks are of the same target"),
        ('"peer=nobody"', "(?s)9.*not an address"),
        ("7", "a text or a list of texts"),
    ):
        with pytest.raises(FileError, match=says):
            matched(match)
