from __future__ import annotations

from procwire.model.accounting import ACCOUNTING, AccountingRow


def test_every_field_is_a_column_and_every_column_a_field() -> None:
    assert [column.name for column in ACCOUNTING] == list(AccountingRow.__struct_fields__)


def test_a_row_reads_as_it_was_made() -> None:
    row = AccountingRow(interface="eth0", direction="in", seconds=2.0, packets=7, attributed=7)
    assert ACCOUNTING.column("packets").get(row) == ACCOUNTING.column("attributed").get(row) == 7
    assert ACCOUNTING.column("unexplained").get(row) == 0
