"""The room's error says one line."""

from __future__ import annotations

from procwire.metrics.reason import MetricsError


def test_it_says_what_it_was_given() -> None:
    assert str(MetricsError("http://x: refused")) == "http://x: refused"
