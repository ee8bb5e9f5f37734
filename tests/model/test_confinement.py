"""The trial's table."""

from __future__ import annotations

from procwire.model.confinement import BLOCKED, TRIALS, TrialRow


def test_every_column_reads_a_row() -> None:
    row = TrialRow(group="files", name="a", attempt="b", verdict=BLOCKED, how="c", outside="d")
    assert [column.get(row) for column in TRIALS.columns] == ["files", "a", "b", BLOCKED, "c", "d"]
