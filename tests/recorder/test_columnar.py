"""Lines as Parquet: a file a table, times as times."""

from __future__ import annotations

from pathlib import Path

from pyarrow import parquet, types

from procwire.engine.catalogue import tables
from procwire.recorder.columnar import write
from tests.recorder.bundles import lines, made
from tests.recorder.taped import VECTORS


def test_tables_by_schema(tmp_path: Path) -> None:
    bundle = made(tmp_path, str(VECTORS / "dns" / "udp.pcap"))
    (bundle / "empty.ndjson").write_bytes(b"")
    (bundle / "mixed.ndjson").write_bytes(
        b'{"schema":"procwire.a/1","x":1}\n{"schema":"procwire.b/1","x":"y"}\n'
    )
    names = write(bundle, tables())
    assert {"parquet/flows.parquet", "parquet/mixed.a.parquet", "parquet/mixed.b.parquet"} <= set(names)
    flows = parquet.read_table(bundle / "parquet" / "flows.parquet")
    assert flows.num_rows == len(lines(bundle / "flows.ndjson"))
    assert types.is_timestamp(flows.schema.field("start").type)
    assert flows.column("flow_id").to_pylist() == [flow["flow_id"] for flow in lines(bundle / "flows.ndjson")]
