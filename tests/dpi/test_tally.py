"""The analyzer's numbers."""

from __future__ import annotations

from typing import Any

from procwire.dpi.tally import Tally


def test_counts_and_the_last_defect() -> None:
    tally: Any = Tally()
    tally.held += 7
    tally.broken(None)
    assert (tally.counts()["held"], tally.counts()["defects"], tally.defect) == (7, 0, "")
    tally.broken("first")
    tally.broken("second")
    assert (tally.counts()["defects"], tally.defect) == (2, "second")
