"""The room's error."""

from __future__ import annotations

from procwire.alerts.reason import AlertError


def test_one_line() -> None:
    assert str(AlertError("full")) == "full"
