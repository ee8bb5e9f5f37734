"""How an engine is, as a table."""

from __future__ import annotations

from procwire.model.health import DEGRADED, HEALTH, HealthRow


def test_a_row_says_what_is_known() -> None:
    row = HealthRow(part="capture", name="dropped", amount=3, status=DEGRADED)
    assert [column.get(row) for column in HEALTH] == ["capture", "dropped", 3, "degraded", ""]
