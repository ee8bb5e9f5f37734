"""Reasons are counted by kind."""

from __future__ import annotations

from procwire.extensions.sigma.reason import SigmaError


def test_words_and_kind() -> None:
    error = SigmaError("no column is X", "field X")
    assert (str(error), error.kind) == ("no column is X", "field X")
