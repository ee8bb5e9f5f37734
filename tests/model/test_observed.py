"""Observations as rows beside their flow."""

from __future__ import annotations

from typing import Annotated, Any

from procwire.model.columns import Kind
from procwire.model.flow import Flow
from procwire.model.observation import Observation, says, table_of
from procwire.model.observed import ObservationRow, anything, mixed, observed
from procwire.model.streams import Direction


class Greeting(Observation, kw_only=True):
    """One said hello."""

    TABLE = "greeting"
    app: Annotated[str, says("What it greeted with.")]
    version: Annotated[int, says("Version.")]


class Farewell(Observation, kw_only=True):
    """One said goodbye."""

    TABLE = "farewell"
    version: Annotated[str, says("Version in words.")]


TABLES = [table_of(Greeting), table_of(Farewell)]


def row(seen: Observation, number: int = 1) -> ObservationRow:
    flow: Any = Flow()
    flow.number, flow.proto, flow.dport, flow.app = number, 6, 80, "http"
    return ObservationRow(flow, seen)


HELLO = Greeting(time=5, side=Direction.IN, app="smile", version=2)
BYE = Farewell(time=6, side=Direction.OUT, version="two")


def test_own_columns_win_over_the_flows() -> None:
    table = observed(TABLES[0])
    names = [column.name for column in table]
    assert names[:3] == ["time", "side", "flow_id"]
    assert names.count("app") == 1
    assert table.column("app").get(row(HELLO)) == "smile"
    assert table.column("side").get(row(HELLO)) == "in"
    assert table.column("dst_port").get(row(HELLO)) == 80


def test_stand_in_of_a_flow_gives_no_columns() -> None:
    table = observed(TABLES[1])
    assert table.column("dst_port").get(row(BYE, number=0)) is None
    assert table.column("version").get(row(BYE, number=0)) == "two"


def test_filter_knows_both_and_falls_back_to_the_flow() -> None:
    table = anything(TABLES)
    assert table.column("app").get(row(HELLO)) == "smile"
    assert table.column("app").get(row(BYE)) == "http"
    assert table.column("bytes").get(row(BYE)) == 0


def test_kinds_that_differ_are_compared_as_text() -> None:
    column = anything(TABLES).column("version")
    assert column.kind is Kind.TEXT
    assert (column.get(row(HELLO)), column.get(row(BYE))) == ("2", "two")


def test_mixed_says_all_that_is_known_in_one_column() -> None:
    said = mixed(TABLES).column("said")
    assert said.get(row(HELLO)) == "app=smile version=2"
    assert said.get(row(BYE)) == "version=two"
