"""A store with answers of name servers, and rules that look back at them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

from procwire.detect.rule import Rule
from procwire.store.writer import Writer
from tests.detect.made import START
from tests.detect.test_rule import TABLES
from tests.detect.test_windowed import made

SECOND = 10**9
NAMES = "dns"


def mapped(name: str) -> Any:
    """A table whose rows are mappings."""
    table = TABLES[name]
    columns = [
        msgspec.structs.replace(column, get=lambda row, name=column.name: row.get(name)) for column in table
    ]
    return msgspec.structs.replace(table, columns=tuple(columns))


def failed(*seconds: float, src: str = "10.0.0.5") -> list[dict[str, Any]]:
    """Answers that there is no such name."""
    return [
        {"time": START + round(at * SECOND), "src": src, "rcode": "nxdomain", "flow_id": f"f{at}"}
        for at in seconds
    ]


def keep(path: Path, rows: Iterable[dict[str, Any]], table: str = NAMES) -> Path:
    """Store rows; the store's file."""
    file = path / "history.db"
    with Writer(file, (mapped(table),), patient=True) as writer:
        for row in rows:
            writer.add(table, row)
        writer.flush()
    return file


def rule(**more: Any) -> Rule:
    """More than three within ten minutes."""
    return made(**more)
