"""The summary's span of time."""

from __future__ import annotations

from procwire.model.summary import SummaryReport


def test_span() -> None:
    assert SummaryReport().span is None
    assert SummaryReport(first=5, last=9).span == 4
    assert SummaryReport(first=9, last=5).span == 0
