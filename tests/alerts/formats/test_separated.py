"""CSV, read back by the library's reader, with the guard against formulas."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given, settings

from procwire.alerts.formats import separated
from procwire.alerts.formats.fields import one_line
from procwire.model.alert import Alert
from tests.alerts.samples import ALERTS, FULL, full


def read(alert: Alert) -> dict[str, str]:
    lines = separated.header() + b"\n" + separated.encode(alert) + b"\n"
    found = list(csv.DictReader(io.StringIO(lines.decode(), newline="")))
    assert len(found) == 1
    return found[0]


def unguarded(cell: str) -> str:
    return cell.removeprefix("'")


@settings(max_examples=60)
@given(ALERTS)
def test_reads_back_and_runs_nothing(alert: Alert) -> None:
    row = read(alert)
    finding = alert.finding
    for name, text in (("detail", finding.detail), ("process", finding.process), ("source", finding.source)):
        assert unguarded(row[name]) == one_line(text)
        assert not row[name].startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-2+3", "@SUM(A1)", "'x", "\t=1"])
def test_formulas_are_guarded(text: str) -> None:
    assert read(full(detail=text))["detail"] == "'" + one_line(text)


def test_numbers_are_numbers() -> None:
    row = read(FULL)
    assert (row["port"], row["score"], row["flow_bytes_in"], row["alerts"]) == ("443", "0.75", "2000", "3")
    assert row["time"] == "2026-09-21T14:13:20.123456789Z"
