"""Tables of another process as tables here: the same writers, filters and faces read their rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from procwire.api.messages import TableTold
from procwire.model.columns import Column, Kind, Table
from procwire.model.plain import internal


def read(table: Table, columns: Sequence[str], row: Sequence[Any]) -> dict[str, Any]:
    """A row as it came, with the values that its columns' kinds have inside."""
    kinds = {column.name: column.kind for column in table}
    return {
        name: internal(kinds.get(name, Kind.TEXT), value) for name, value in zip(columns, row, strict=True)
    }


def of_dicts(table: Table) -> Table:
    """A declared table whose rows are dicts of inner values (``read``): absent is not known."""
    columns = tuple(msgspec.structs.replace(column, get=_getter(column.name)) for column in table)
    return msgspec.structs.replace(table, columns=columns)


def table_of(told: TableTold) -> Table:
    """The same for a table that is only known from what an engine told of it."""
    columns = tuple(
        Column(
            name=each.name, kind=Kind(each.kind), doc=each.doc, get=_getter(each.name), unit=each.unit,
            title=each.title, width=each.width, shown=each.shown, rank=each.rank,
        )
        for each in told.columns
    )  # fmt: skip
    return Table(name=told.name, doc=told.doc, version=told.version, columns=columns)


def _getter(name: str) -> Any:
    def get(row: dict[str, Any]) -> Any:
        return row.get(name)

    return get


__all__ = ["of_dicts", "read", "table_of"]
