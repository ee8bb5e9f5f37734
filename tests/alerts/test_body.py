"""Rows of the outbox."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from procwire.alerts.body import pack, rank, summary, unpack
from procwire.alerts.reason import AlertError
from procwire.model.alert import Alert
from tests.alerts.samples import ALERTS, FULL


@settings(max_examples=40)
@given(ALERTS)
def test_reads_back(alert: Alert) -> None:
    again = unpack(pack(alert))
    assert (again.id, again.count, again.finding.time) == (alert.id, alert.count, alert.finding.time)


def test_whole() -> None:
    assert unpack(pack(FULL)) == FULL
    with pytest.raises(AlertError, match="spoiled"):
        unpack(b"{")


def test_summary_names_what_was_held_back() -> None:
    told = summary("the limit", [("scan", 12, 0, 1), ("beacon", 5, 0, 0)], first=1, now=9)
    assert (told.count, told.severity) == (17, "high")
    assert "17 were not told one by one, because of the limit: scan 12, beacon 5" in told.detail
    assert [rank(one) for one in ("info", "critical", "odd")] == [0, 4, 2]
