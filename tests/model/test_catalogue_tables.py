"""Tables about procwire itself are whole."""

from __future__ import annotations

from procwire.model.catalogue_tables import CHECKS, COLUMNS, PROTOCOLS, RISKS
from procwire.model.rows import Check, ColumnRow, ProtocolRow


def test_their_columns_read_their_rows() -> None:
    own = ColumnRow(table=RISKS, column=RISKS.columns[0])
    for table, row in (
        (CHECKS, Check(name="root", status="ok")),
        (PROTOCOLS, ProtocolRow(name="tls", ports=("443/tcp",))),
        (COLUMNS, own),
    ):
        assert all(column.get(row) is not None for column in table), table.name
    assert COLUMNS.column("table").get(own) == "risk"
