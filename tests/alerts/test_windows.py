"""Maintenance windows."""

from __future__ import annotations

import pytest

from procwire.alerts.reason import AlertError
from procwire.alerts.windows import covering, window
from procwire.model.values import parse_time


@pytest.mark.parametrize(
    ("written", "moment", "inside"),
    [
        ("daily 02:00-03:30", "2026-11-26T02:00:00Z", True),
        ("daily 02:00-03:30", "2026-11-26T03:30:00Z", False),
        ("daily 23:00-01:00", "2026-11-26T00:59:59Z", True),
        ("sat 22:00-02:00", "2026-11-28T22:30:00Z", True),
        ("sat 22:00-02:00", "2026-11-29T01:59:00Z", True),
        ("Sat 22:00-02:00", "2026-11-28T01:00:00Z", False),
        ("thu 00:00-24:00", "2026-11-26T12:00:00Z", True),
        ("thu 00:00-24:00", "2026-11-27T12:00:00Z", False),
        ("2026-11-26T01:00Z/2026-11-26T03:00Z", "2026-11-26T02:59:59Z", True),
        ("2026-11-26T01:00Z/2026-11-26T03:00Z", "2026-11-26T03:00:00Z", False),
    ],
)
def test_covers(written: str, moment: str, inside: bool) -> None:
    found = covering([window(written)], parse_time(moment))
    assert (found is not None) == inside


@pytest.mark.parametrize(
    "written", ["", "daily", "daily 25:00-26:00", "2026-11-26T03:00Z/2026-11-26T01:00Z", "x/y"]
)
def test_what_is_no_window(written: str) -> None:
    with pytest.raises(AlertError):
        window(written)
