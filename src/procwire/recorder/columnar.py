"""The tables of a bundle as Parquet, where pyarrow is there (extra ``parquet``: 150 MB, 0.2 s to load)."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from procwire.model.columns import Kind, Table
from procwire.recorder.reason import RecorderError

FOLDER = "parquet"
MAX_BYTES = 2 << 30  # of one table's lines


def write(place: Path, tables: Iterable[Table]) -> list[str]:
    """Files beside the lines, one a table; their names. Raises RecorderError without pyarrow."""
    try:
        import pyarrow  # noqa: F401
    except ImportError:
        raise RecorderError("--parquet needs pyarrow: pip install 'procwire[parquet]'", 2) from None
    declared = {table.schema: table for table in tables}
    folder = place / FOLDER
    folder.mkdir(exist_ok=True)
    made = []
    for path in sorted(place.glob("*.ndjson")):
        if path.name == "owners.ndjson" or not 0 < path.stat().st_size <= MAX_BYTES:
            continue
        found = _by_schema(path)
        for schema, lines in found.items():
            name = path.stem if len(found) == 1 else f"{path.stem}.{_short(schema)}"
            _write(folder / f"{name}.parquet", lines, declared.get(schema))
            made.append(f"{FOLDER}/{name}.parquet")
    return made


def _by_schema(path: Path) -> dict[str, bytearray]:
    found: dict[str, bytearray] = {}
    with path.open("rb") as file:
        for line in file:
            found.setdefault(str(msgspec.json.decode(line).get("schema", "")), bytearray()).extend(line)
    return found


def _write(path: Path, lines: bytearray, table: Table | None) -> None:
    import pyarrow
    from pyarrow import json, parquet

    times = [
        (column.name, pyarrow.timestamp("ns", "UTC"))
        for column in (table.columns if table is not None else ())
        if column.kind is Kind.TIME and f'"{column.name}":'.encode() in lines
    ]
    options: Any = json.ParseOptions(explicit_schema=pyarrow.schema(times))
    reading = json.ReadOptions(block_size=max(1 << 20, len(lines) + 1))
    parquet.write_table(json.read_json(io.BytesIO(lines), reading, options), path)


def _short(schema: str) -> str:
    return schema.removeprefix("procwire.").partition("/")[0] or "other"
