"""What correlations ask of the rows in their span."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.extensions.sigma._aggregates import KINDS, aggregate
from procwire.extensions.sigma.reason import SigmaError

CONDITION: dict[str, Any] = {"field": "x", "gte": 3}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_says_what_it_asks(kind: str) -> None:
    found = aggregate({"type": kind, "condition": None if kind.startswith("temp") else CONDITION}, ["a", "b"])
    assert found.kind == kind
    assert found.having
    assert " n " not in found.holds
    assert found.source("rows", ["user"]).count("PARTITION BY") == {
        "value_median": 2, "value_percentile": 2
    }.get(kind, 0)  # fmt: skip
    assert found.least in {2, 3}


def test_bounds_on_both_sides() -> None:
    found = aggregate({"type": "event_count", "condition": {"gt": 100, "lte": 200}}, ["a"])
    assert found.having.strip() == "n > 100 AND n <= 200"
    assert found.least == 101
    with pytest.raises(SigmaError, match="a mapping"):
        aggregate({"type": "event_count", "condition": "a"}, ["a"])
    with pytest.raises(SigmaError, match="True"):
        aggregate({"type": "event_count", "condition": {"gt": True}}, ["a"])
