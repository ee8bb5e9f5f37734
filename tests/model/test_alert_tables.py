"""The tables of alerts."""

from __future__ import annotations

from procwire.model.alert import AlertRow, DeliveryRow
from procwire.model.alert_tables import ALERTS, DELIVERIES
from tests.alerts.samples import FULL


def test_every_column_reads() -> None:
    row = AlertRow(alert=FULL, made=5, updated=6, state="new", told=("a",))
    read = {column.name: column.get(row) for column in ALERTS}
    assert (read["id"], read["time"], read["count"], read["finding_count"]) == (FULL.id, 5, 3, 120)
    assert read["detail"] == FULL.finding.detail
    delivery = DeliveryRow(
        alert_id="x", detector="scan", sink="a", round=0, state="dead", attempts=3, since=1, due=2, done=0,
        error="e",
    )  # fmt: skip
    told = {column.name: column.get(delivery) for column in DELIVERIES}
    assert (told["error"], told["done"]) == ("e", None)
