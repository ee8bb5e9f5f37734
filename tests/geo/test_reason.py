"""The room's error."""

from __future__ import annotations

from procwire.geo.reason import GeoError


def test_one_line() -> None:
    assert str(GeoError("x")) == "x"
