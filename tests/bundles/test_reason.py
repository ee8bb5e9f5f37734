"""The room's error."""

from __future__ import annotations

from procwire.bundles.reason import BundleError


def test_one_line() -> None:
    assert str(BundleError("x")) == "x"
