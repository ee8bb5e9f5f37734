"""What a rule found when it was tried."""

from __future__ import annotations

from procwire.model.rule_tests import RULE_TESTS, TrialRow


def test_what_was_not_found_is_not_said() -> None:
    read = {column.name: column.get(TrialRow(rule="x")) for column in RULE_TESTS}
    assert (read["rule"], read["found"], read["first"], read["example"], read["problem"]) == (
        "x", 0, None, None, None,
    )  # fmt: skip
    assert RULE_TESTS.column("last").get(TrialRow(rule="x", last=7)) == 7
