"""Rows as Arrow batches, by the PyCapsule interface (https://arrow.apache.org/docs/format/CDataInterface).

pandas, polars, DuckDB and pyarrow take an object that has ``__arrow_c_stream__`` and copy nothing. The
format's structs are made by nanoarrow (extra ``arrow``; 12 ms to import, 3 MB). Refuses to guess types: each
column has the one that its declaration says.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from procwire.library.reason import LibraryError
from procwire.model.columns import Column, Kind, Table

BATCH_ROWS = 65_536


def arrow() -> Any:
    """The module nanoarrow. Raises LibraryError where it is not installed."""
    try:
        import nanoarrow
    except ImportError:
        raise LibraryError("Arrow tables need nanoarrow: pip install 'procwire[arrow]'") from None
    return nanoarrow


def types(na: Any) -> dict[Kind, Any]:
    """The Arrow type of each kind: times and durations in ns, sizes as integers, lists of text."""
    return {
        Kind.TEXT: na.string(), Kind.ADDRESS: na.string(), Kind.LIST: na.list_(na.string()),
        Kind.INTEGER: na.int64(), Kind.SIZE: na.int64(), Kind.NUMBER: na.float64(), Kind.BOOLEAN: na.bool_(),
        Kind.TIME: na.timestamp("ns", timezone="UTC"), Kind.DURATION: na.duration("ns"),
    }  # fmt: skip


def chosen(table: Table, names: Sequence[str]) -> list[Column]:
    """The named columns, all for none. Raises LibraryError for one that is not there."""
    known = {column.name: column for column in table}
    for name in names:
        if name not in known:
            raise LibraryError(f"{name!r} is not a column of {table.name}")
    return [known[name] for name in names] or list(table)


def _bits(flags: Iterable[bool]) -> bytes:
    """A bitmap, lowest bit first (Arrow columnar format, validity bitmaps)."""
    text = "".join("1" if flag else "0" for flag in flags)
    return int(text[::-1] or "0", 2).to_bytes((len(text) + 7) // 8, "little")


def _texts(_: Any, values: Sequence[str | None]) -> tuple[list[Any], list[Any]]:
    data, ends = bytearray(), array("i", [0])
    for value in values:
        if value:
            data += value.encode("utf-8", "backslashreplace")
        ends.append(len(data))
    return [ends, bytes(data)], []


def _lists(na: Any, values: Sequence[tuple[str, ...] | None]) -> tuple[list[Any], list[Any]]:
    ends = array("i", [0])
    members: list[str] = []
    for value in values:
        members.extend(value or ())
        ends.append(len(members))
    buffers, _ = _texts(na, members)
    child = na.c_array_from_buffers(na.string(), len(members), [None, *buffers])
    return [ends], [child]


def _numbers(_: Any, values: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    return [array("q", [0 if value is None else int(value) for value in values])], []


def _floats(_: Any, values: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    return [array("d", [0.0 if value is None else value for value in values])], []


def _booleans(_: Any, values: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    return [_bits(bool(value) for value in values)], []


_PUT: dict[Kind, Callable[[Any, Sequence[Any]], tuple[list[Any], list[Any]]]] = {
    Kind.TEXT: _texts, Kind.ADDRESS: _texts, Kind.LIST: _lists, Kind.NUMBER: _floats, Kind.BOOLEAN: _booleans,
}  # fmt: skip


def column_array(na: Any, column: Column, schema: Any, values: Sequence[Any]) -> Any:
    """One column as an Arrow array; None becomes null."""
    buffers, children = _PUT.get(column.kind, _numbers)(na, values)
    missing = sum(value is None for value in values)
    valid = _bits(value is not None for value in values) if missing else None
    return na.c_array_from_buffers(
        schema, len(values), [valid, *buffers], null_count=missing, children=children
    )


class ArrowTable:
    """A table that is read when it is asked for; each asking reads anew."""

    def __init__(self, table: Table, rows: Callable[[], Iterable[Any]], columns: Sequence[str] = ()) -> None:
        self.name = table.name
        self.columns = chosen(table, columns)
        self._rows = rows
        self._na = arrow()
        self.schema = self._schema()

    def _schema(self) -> Any:
        by_kind = types(self._na)
        return self._na.c_schema(self._na.struct({each.name: by_kind[each.kind] for each in self.columns}))

    def batches(self) -> Iterator[Any]:
        """Arrow struct arrays of at most BATCH_ROWS rows, one at a time."""
        by_kind, rows = types(self._na), iter(self._rows())
        while block := list(islice(rows, BATCH_ROWS)):
            arrays = [
                column_array(self._na, column, by_kind[column.kind], [row[column.name] for row in block])
                for column in self.columns
            ]
            yield self._na.c_array_from_buffers(self.schema, len(block), [None], children=arrays)

    def __arrow_c_stream__(self, requested_schema: object = None) -> Any:
        from nanoarrow.c_array_stream import CArrayStream

        stream = CArrayStream.from_c_arrays(list(self.batches()), self.schema, validate=False)
        return stream.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> Any:
        return self.schema.__arrow_c_schema__()
