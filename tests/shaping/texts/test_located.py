"""Where values stand."""

from __future__ import annotations

from procwire.shaping.failure import InvalidError
from procwire.shaping.texts.located import Located

FOUND = Located("f", {}, {("a",): 3, ("a", "loss"): 4, ("a", "egress", "rate"): 6, ("a", "loss_model"): 7})


def test_a_fault_is_where_its_field_is() -> None:
    assert str(FOUND.wrong(("a",), InvalidError("loss", "no"))) == "f:4: loss: no"
    assert FOUND.wrong(("a",), InvalidError("egress.rate", "no")).line == 6
    assert FOUND.wrong(("a",), InvalidError("loss-model", "no")).line == 7
    assert FOUND.wrong(("a",), InvalidError("other", "no")).line == 3
    assert FOUND.error(("b",), "no").line == 1
