from __future__ import annotations

from procwire.shaping.failure import InvalidError, ShapingError


def test_an_invalid_value_says_where_it_stands() -> None:
    inner = InvalidError("burst", "must be at least 1")
    assert str(inner.within("loss").within("egress")) == "egress.loss.burst: must be at least 1"
    assert isinstance(inner, ShapingError)
    assert InvalidError("", "is nothing").within("rate").field == "rate"
