"""JSON lines: one safe object a line, absent for unknown, exact values."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import unicodedata
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.cli.output.json_lines import HELD, JsonLines, safe
from procwire.model.columns import Column, Kind, Table
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from procwire.model.values import parse_time
from tests.model.test_tables import a_flow

TABLE = Table(
    name="probe",
    doc="Every kind.",
    columns=tuple(Column(name=kind.value, kind=kind, doc="A.", get=itemgetter(kind.value)) for kind in Kind),
)
PATHS = {"PYTHONPATH": ":".join(sys.path)}
NOTHING: dict[str, Any] = {kind.value: None for kind in Kind}


def lines(*rows: Any, table: Table = TABLE, event: str = "") -> list[dict[str, Any]]:
    stream = io.BytesIO()
    output = JsonLines(stream, table)
    for row in rows:
        output.write(row, event)
    output.finish()
    return [json.loads(line) for line in stream.getvalue().split(b"\n")[:-1]]


def test_a_flow_line_starts_with_schema_and_event_and_leaves_out_the_unknown() -> None:
    (line,) = lines(FlowRow(a_flow()), table=FLOWS, event="end")
    assert list(line)[:3] == ["schema", "event", "flow_id"]
    assert line["schema"] == "procwire.flow/1"
    assert line["start"] == "1970-01-01T00:00:01.000000000Z"
    assert line["duration"] == 1.5
    assert line["retransmissions"] == 0
    assert not {"rtt", "pid", "server_name", "end"} & set(line)
    order = [column.name for column in FLOWS if column.name in line]
    assert list(line)[2:] == order


def test_every_kind_as_json() -> None:
    row = {
        "text": "x", "integer": 1, "number": 0.5, "boolean": False, "time": 1, "duration": 80_000_000,
        "size": 0, "address": "::1", "list": ("a", b"b"),
    }  # fmt: skip
    (line,) = lines(row)
    assert line == {
        "schema": "procwire.probe/1", "text": "x", "integer": 1, "number": 0.5, "boolean": False,
        "time": "1970-01-01T00:00:00.000000001Z", "duration": 0.08, "size": 0, "address": "::1",
        "list": ["a", "b"],
    }  # fmt: skip


@pytest.mark.parametrize("value", ["", (), None])
def test_nothing_is_left_out(value: Any) -> None:
    (line,) = lines(NOTHING | {"text": value, "list": value})
    assert line == {"schema": "procwire.probe/1"}


@given(st.text(max_size=30), st.integers(-(1 << 62), 1 << 62))
def test_values_come_back_and_lines_are_safe(text: str, ns: int) -> None:
    stream = io.BytesIO()
    output = JsonLines(stream, TABLE)
    output.write(NOTHING | {"text": text, "time": ns})
    output.finish()
    raw = stream.getvalue()
    assert raw.count(b"\n") == 1
    shown = raw[:-1].decode()
    assert not [letter for letter in shown if unicodedata.category(letter) in ("Cc", "Zl", "Zp")]
    assert not set(shown) & set("\u202e\u2066\u200f\u200b\ufeff")
    line = json.loads(shown)
    assert line.get("text", "") == text
    assert parse_time(line["time"]) == ns


def test_half_characters_and_bytes_do_not_stop_it() -> None:
    (line,) = lines(NOTHING | {"text": "a\udcff", "list": ["b\udc80", b"\xff"]})
    assert line["text"] == "a\\xff"
    assert line["list"] == ["b\\x80", "\\xff"]


def test_numbers_that_are_none_become_null() -> None:
    assert [
        line["number"]
        for line in lines(NOTHING | {"number": float("nan")}, NOTHING | {"number": float("inf")})
    ] == [
        None,
        None,
    ]


def test_safe_leaves_plain_lines_alone() -> None:
    line = b'{"a":"b"}'
    assert safe(line) is line


def test_lines_are_held_back_and_flushed() -> None:
    stream = io.BytesIO()
    output = JsonLines(stream, TABLE, names=["text"])
    output.write(NOTHING | {"text": "x"})
    assert stream.getvalue() == b""
    output.flush()
    assert stream.getvalue() == b'{"schema":"procwire.probe/1","text":"x"}\n'
    output.write(NOTHING | {"text": "x" * HELD})
    assert len(stream.getvalue()) > HELD


def test_rich_is_not_loaded_for_plain_outputs() -> None:
    script = (
        "import sys, procwire.cli.output.json_lines, procwire.cli.output.csv_rows,"
        " procwire.cli.output.summary, procwire.cli.output.groups, procwire.model.filter;"
        " print('rich' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=PATHS,
    )
    assert done.stdout.strip() == "False"
