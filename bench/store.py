"""Rows a second into the store, beside plain sqlite3 with the same cells: ``python -m bench.store [ROWS]``.

The writer reads each row's cells through the declarations, keeps the file's layout and its indices, and takes
the rows over a queue from another thread. The peer gets the same cells ready made and only executes the same
inserts, in batches of the same size, into a file with the same settings and indices. So the ratio is what all
that the store adds costs. Printed: rows a second of wall and of processor time, and the ratio of the latter.
"""

from __future__ import annotations

import contextlib
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from procwire.dpi.protocols.dns import DnsResponse
from procwire.engine.catalogue import tables
from procwire.engine.context import Context
from procwire.model.columns import Table
from procwire.model.flow import Flow
from procwire.model.observed import ObservationRow, observed
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from procwire.store import cells, schema
from procwire.store.file import open_file, ready, transaction
from procwire.store.writer import BATCH_ROWS, Writer

ROWS = 60_000
SECOND = 1_000_000_000


def flow_row(number: int, context: Context) -> FlowRow:
    """A TLS flow as they are: each of its own ends and time."""
    flow = Flow()
    flow.number, flow.family, flow.proto = number, 4, 6
    flow.src_lo, flow.dst_lo = 0x0A000000 + number % 250, 0xC0A80000 + number % 65_000
    flow.sport, flow.dport = 1024 + number % 60_000, 443
    flow.first, flow.last = number * SECOND, (number + 5) * SECOND
    flow.packets_out = flow.packets_in = 12
    flow.bytes_out, flow.bytes_in, flow.payload_out, flow.payload_in = 2_000, 9_000, 1_100, 8_200
    flow.app, flow.app_confidence, flow.server_name = "tls", "content", f"host{number % 500}.example.com"
    flow.facts = {"alpn": ("h2", "http/1.1"), "tls_version": "1.3"}
    flow.ended = "fin"
    return FlowRow(flow, context)


def dns_rows(number: int, flow: FlowRow, kind: type[Any]) -> ObservationRow:
    """An answer with every declared field at some value of its type."""
    values = dict.fromkeys(kind.__struct_fields__, "example.com")
    for name, hint in kind.__annotations__.items():
        if "int" in str(hint) and "str" not in str(hint).partition("says")[0]:
            values[name] = number % 65_536
        elif "tuple" in str(hint) or "list" in str(hint):
            values[name] = ("192.0.2.1",)
        elif "bool" in str(hint):
            values[name] = True
    values["time"], values["side"] = number * SECOND, 1
    return ObservationRow(flow.flow, kind(**values), flow.context)


@contextlib.contextmanager
def scratch() -> Iterator[Path]:
    """A file in a directory that goes again."""
    with tempfile.TemporaryDirectory(prefix="procwire-bench-") as folder:
        yield Path(folder, "history.db")


def ours(rows: list[tuple[str, Any]], known: Iterable[Table]) -> tuple[float, float]:
    """Wall and processor seconds of the writer."""
    with scratch() as path:
        wall, used = time.perf_counter(), time.process_time()
        with Writer(path, known, command="bench", patient=True) as writer:
            for name, row in rows:
                writer.add(name, row)
        took = time.perf_counter() - wall, time.process_time() - used
        assert writer.counts.rows == len(rows), writer.counts
    return took


def plain(rows: list[tuple[str, Any]], known: dict[str, Table]) -> tuple[float, float]:
    """Wall and processor seconds of executemany with cells that were made before."""
    how = {name: cells.encoders(table) for name, table in known.items()}
    made = [(name, cells.cells(row, how[name], (1, 1))) for name, row in rows]
    with scratch() as path:
        connection = open_file(path)
        with transaction(connection):
            for name in dict(made):
                ready(connection, known[name])
        wall, used = time.perf_counter(), time.process_time()
        _execute(connection, made, known)
        return time.perf_counter() - wall, time.process_time() - used


def _execute(connection: sqlite3.Connection, made: list[tuple[str, Any]], known: dict[str, Table]) -> None:
    for start in range(0, len(made), BATCH_ROWS):
        groups: dict[str, list[Any]] = {}
        for name, row in made[start : start + BATCH_ROWS]:
            groups.setdefault(name, []).append(row)
        with transaction(connection):
            for name, group in groups.items():
                connection.executemany(schema.insert(known[name]), group)
    connection.close()


def main(words: list[str]) -> None:
    """Print both for flows alone, answers alone, and what a watch stores: three answers for each flow."""
    count = int(words[0]) if words else ROWS
    context = Context([])
    dns = next(table for table in tables() if table.name == DnsResponse.TABLE)
    known = {"flow": FLOWS, "dns": observed(dns)}
    flows = [flow_row(number, context) for number in range(count)]
    answers = [dns_rows(number, flow, DnsResponse) for number, flow in enumerate(flows)]
    kinds = {
        "flows": [("flow", row) for row in flows],
        "dns": [("dns", row) for row in answers],
        "mixed": [("dns", answers[n]) if n % 4 else ("flow", flows[n]) for n in range(count)],
    }
    print(f"{'rows':>8} {'columns':>8} {'rows/s':>9} {'rows/cpu-s':>11} {'plain/cpu-s':>12} {'ratio':>6}")
    for name, rows in kinds.items():
        wall, used = ours(rows, known.values())
        _, peer = plain(rows, known)
        wide = sum(len(known[table].columns) for table, _ in rows) // len(rows)
        print(
            f"{name:>8} {wide:>8} {len(rows) / wall:>9.0f} {len(rows) / used:>11.0f} "
            f"{len(rows) / peer:>12.0f} {used / peer:>6.2f}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
