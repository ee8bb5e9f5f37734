"""What a store says of itself."""

from __future__ import annotations

from procwire.model.store_tables import LOSSES, RUNS, LossRow, RunRow


def test_their_columns_read_their_rows() -> None:
    run = RunRow(run=1, command="watch", started=5)
    assert [column.get(run) for column in RUNS][:4] == [1, "watch", "", ""]
    assert RUNS.column("ended").get(run) is None
    loss = LossRow(run=1, kept_in="flow", first=1, last=2, rows=3, reason="full")
    assert [column.get(loss) for column in LOSSES] == [1, "flow", 1, 2, 3, "full"]
