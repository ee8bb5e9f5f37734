"""The room's error."""

from __future__ import annotations

from procwire.configuration.reason import ConfigurationError


def test_it_is_its_lines() -> None:
    assert str(ConfigurationError("a:1: what\na:2: else")).count("\n") == 1
