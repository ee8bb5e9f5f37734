"""Fields of a rule's document."""

from __future__ import annotations

import pytest

from procwire.detect import fields
from procwire.detect.fields import PROOF_TIME, RuleError, cases, span_in, value_in
from procwire.model.tables import FLOWS


def test_values_as_columns_have_them() -> None:
    assert value_in(FLOWS.column("duration"), "80ms") == 80_000_000
    assert value_in(FLOWS.column("start"), "5s") == PROOF_TIME + 5 * 10**9
    assert value_in(FLOWS.column("risks"), ["a"]) == ("a",)
    with pytest.raises(RuleError, match="of the kind"):
        value_in(FLOWS.column("dst_port"), "x", "tests", 0)


def test_what_proves_a_rule() -> None:
    assert cases({"fires": [{}]}, "fires") == [{}]
    with pytest.raises(RuleError, match="needs a row"):
        cases({}, "silent")
    with pytest.raises(RuleError, match="must be proved"):
        fields.tests_of({"tests": {"other": []}})
    with pytest.raises(RuleError) as error:
        span_in("0s", "window")
    assert error.value.place == ("window",)
