"""The room's error."""

from __future__ import annotations

from procwire.egress.reason import EgressError


def test_one_line() -> None:
    assert str(EgressError("x")) == "x"
