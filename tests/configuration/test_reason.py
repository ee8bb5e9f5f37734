"""The errors of what was written down."""

from __future__ import annotations

from procwire.configuration.reason import ConfigurationError, UnfitError


def test_a_fault_knows_its_place() -> None:
    assert (str(UnfitError("x", "a.b")), UnfitError("x", "a.b").place, UnfitError("x").place) == (
        "x",
        "a.b",
        "",
    )
    assert str(ConfigurationError("f:1: x")) == "f:1: x"
