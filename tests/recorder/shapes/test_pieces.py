"""Pieces of lines."""

from __future__ import annotations

from procwire.recorder.shapes import NAMES, OWN, shape
from procwire.recorder.shapes.pieces import (
    answers,
    is_flow,
    milliseconds,
    moment,
    pid_of,
    rest,
    table,
    version_of,
)


def test_what_a_line_is_and_when() -> None:
    flow = {"schema": "procwire.flow/1", "event": "open", "start": "a", "last": "b"}
    assert (is_flow(flow), table(flow), moment(flow), moment(flow | {"event": "end"})) == (
        True,
        "flow",
        "a",
        "b",
    )
    assert (is_flow({"schema": "procwire.dns/1"}), moment({"time": "c"}), moment({})) == (False, "c", "")
    assert rest({"schema": "x", "event": "y", "a": 1, "b": 2}, ["a"]) == {"b": 2}


def test_answers_versions_and_moments() -> None:
    told = {"answers": ["a.example 60 TXT two words", "b ? A 192.0.2.1", "odd"]}
    assert answers(told) == [("a.example", 60, "TXT", "two words"), ("b", None, "A", "192.0.2.1")]
    assert (version_of("::1"), version_of("10.0.0.1"), version_of(None)) == (6, 4, None)
    assert milliseconds("2001-09-09T01:46:40.001999Z") == 10**12 + 1
    assert milliseconds(None) is None


def test_every_name_is_a_shape() -> None:
    assert shape(OWN) is None
    for name in NAMES[1:]:
        made = shape(name)
        assert made is not None
        assert made({"schema": "procwire.flow/1"})


def test_a_pid_that_a_message_tells_of_is_not_the_owner_s() -> None:
    assert pid_of({"pid": 7}) == 7
    assert pid_of({"pid": "77"}) is None
    assert pid_of({}) is None
