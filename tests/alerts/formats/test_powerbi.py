"""Rows for Power BI: flat, and no longer than the service takes."""

from __future__ import annotations

import json

from hypothesis import given, settings

from procwire.alerts.formats import powerbi
from procwire.model.alert import Alert
from tests.alerts.samples import ALERTS, FULL, full


@settings(max_examples=60)
@given(ALERTS)
def test_flat(alert: Alert) -> None:
    row = json.loads(powerbi.encode(alert))
    assert all(isinstance(value, str | int | float) for value in row.values())


def test_what_it_says() -> None:
    row = json.loads(powerbi.encode(FULL))
    assert (row["severity_number"], row["attack"], row["target_port"]) == (4, "T1046, T1071.004", 443)
    assert "truncated" not in row


def test_long_text_is_cut_and_that_is_said() -> None:
    row = json.loads(powerbi.encode(full(detail="x" * 5000)))
    assert (len(row["detail"]), row["truncated"]) == (4000, True)
