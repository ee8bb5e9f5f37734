"""What is told of a decryption is a table like any other."""

from __future__ import annotations

from procwire.dpi.decryption import Decryption
from procwire.dpi.registry import tables
from procwire.model.observation import Carried, table_of


def test_it_is_declared() -> None:
    columns = {column.name for column in table_of(Decryption).columns}
    assert {"version", "cipher", "app", "records", "shut", "reasons"} <= columns


def test_the_catalogue_lists_it() -> None:
    assert {Decryption.TABLE, Carried.TABLE} <= {table.name for table in tables()}
