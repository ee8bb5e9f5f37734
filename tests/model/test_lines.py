"""Lines of JSON are safe to print, and read back as what was put in."""

from __future__ import annotations

import json

from procwire.model.flow import Flow
from procwire.model.lines import fields, line_of, readers
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS


def test_what_a_terminal_could_act_on_is_escaped() -> None:
    told = {"a": "\x1b[31m\u202e\x9b", "b": 1}
    line = line_of(told)
    assert line.endswith(b"\n")
    assert not set("\x1b\u202e\x9b") & set(line.decode())
    assert json.loads(line) == told


def test_half_characters_are_escaped_too() -> None:
    assert json.loads(line_of({"a": ["x\udcff"]})) == {"a": ["x\\xff"]}


def test_what_is_not_known_is_left_out() -> None:
    flow = Flow()
    flow.family, flow.proto = 4, 6
    told = fields(FlowRow(flow), readers(FLOWS.columns), {})
    assert told["proto"] == "tcp"
    assert "process" not in told
    assert "rtt" not in told
