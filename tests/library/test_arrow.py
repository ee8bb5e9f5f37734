"""Arrow tables: every value as the rows have it, typed by its declaration, in polars, pandas and DuckDB."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb
import nanoarrow
import pandas
import polars
import pytest
from hypothesis import given
from hypothesis import strategies as st

import procwire
from procwire.library import arrow
from procwire.library.arrow import ArrowTable, column_array, types
from procwire.library.reason import LibraryError
from procwire.model.columns import Column, Kind, Table
from procwire.model.tables import FLOWS

HTTP = Path(__file__).parents[1] / "vectors" / "http" / "connect.pcap"
WHOLE = st.integers(min_value=-(1 << 63), max_value=(1 << 63) - 1)
VALUES: dict[Kind, st.SearchStrategy[Any]] = {
    Kind.TEXT: st.text(st.characters(codec="utf-8")).filter(bool),
    Kind.INTEGER: WHOLE,
    Kind.NUMBER: st.floats(allow_nan=False),
    Kind.BOOLEAN: st.booleans(),
    Kind.LIST: st.lists(st.text(st.characters(codec="utf-8")), max_size=3).map(tuple),
}


@given(st.data(), st.sampled_from(list(VALUES)))
def test_a_column_reads_back(data: st.DataObject, kind: Kind) -> None:
    values = data.draw(st.lists(st.none() | VALUES[kind], max_size=20))
    column = Column(name="x", kind=kind, doc="", get=lambda one: one)
    made = column_array(nanoarrow, column, types(nanoarrow)[kind], values)
    said = nanoarrow.Array(made).to_pylist()
    assert [tuple(one) if isinstance(one, list) else one for one in said] == values


def test_half_a_character_is_escaped() -> None:
    column = FLOWS.column("process")
    made = column_array(nanoarrow, column, nanoarrow.string(), ["a\udcff"])
    assert nanoarrow.Array(made).to_pylist() == ["a\\udcff"]


def test_polars_has_the_same_flows() -> None:
    session = procwire.session(HTTP)
    frame = polars.DataFrame(session.table("flow"))
    flows = list(session.flows())
    assert frame["flow_id"].to_list() == [flow.flow_id for flow in flows]
    assert frame["start"].to_physical().to_list() == [flow.start for flow in flows]
    assert frame["rtt"].to_physical().to_list() == [flow.rtt for flow in flows]
    assert frame.schema["start"] == polars.Datetime("ns", "UTC")
    assert frame.schema["risks"] == polars.List(polars.String)
    assert frame.columns == [column.name for column in FLOWS]


def test_pandas_has_the_same_flows() -> None:
    session = procwire.session(HTTP)
    frame = pandas.DataFrame.from_arrow(session.table("flow", columns=["flow_id", "start", "rtt", "risks"]))
    flows = list(session.flows())
    assert list(frame["flow_id"]) == [flow.flow_id for flow in flows]
    assert [one.value for one in frame["start"]] == [flow.start for flow in flows]
    assert [None if one is pandas.NaT else one.value for one in frame["rtt"]] == [flow.rtt for flow in flows]
    risks = [None if one is None else tuple(one) for one in frame["risks"]]
    assert risks == [flow.risks for flow in flows]
    assert str(frame["start"].dtype) == "datetime64[ns, UTC]"


def test_duckdb_asks_it_by_name() -> None:
    flows = procwire.session(HTTP).table("flow", columns=["app", "bytes_out"])
    with duckdb.connect() as base:
        base.register("flows", flows)
        found = dict(base.sql("select app, sum(bytes_out)::bigint from flows group by app").fetchall())
    assert found["tls"] == sum(flow.bytes_out for flow in procwire.read(HTTP, filter="app == tls"))


def test_records_and_packets_with_a_filter() -> None:
    session = procwire.session(HTTP)
    records = polars.DataFrame(session.table("http"))
    assert records.height == len(list(session.observations("http")))
    packets = polars.DataFrame(session.table("packet", "dst_port == 3128", ["number", "dst_port"]))
    assert set(packets["dst_port"]) == {3128}
    assert polars.DataFrame(session.table("finding")).height == len(list(session.findings()))


def test_many_rows_are_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrow, "BATCH_ROWS", 2)
    table = Table(name="x", doc="", columns=(FLOWS.column("bytes_out"),))
    rows = [{"bytes_out": number} for number in range(5)]
    stream = ArrowTable(table, lambda: rows)
    assert [batch.length for batch in stream.batches()] == [2, 2, 1]
    assert polars.DataFrame(stream)["bytes_out"].to_list() == list(range(5))
    assert nanoarrow.c_schema(stream).n_children == 1


def test_no_rows_are_an_empty_table_with_its_columns() -> None:
    frame = polars.DataFrame(ArrowTable(FLOWS, list, ["flow_id", "start"]))
    assert (frame.height, frame.columns) == (0, ["flow_id", "start"])


def test_mistakes_are_told() -> None:
    session = procwire.session(HTTP)
    with pytest.raises(LibraryError, match="'nothing' is not a column of flow"):
        session.table("flow", columns=["nothing"])
    with pytest.raises(LibraryError, match="no table is called"):
        session.table("flew")


def test_without_nanoarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoarrow", None)
    with pytest.raises(LibraryError, match=r"procwire\[arrow\]"):
        procwire.session(HTTP).table("flow")
