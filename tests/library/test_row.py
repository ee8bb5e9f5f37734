"""Rows as objects: a declared column an attribute, None for what is not known, one moment kept."""

from __future__ import annotations

from operator import attrgetter
from types import SimpleNamespace

import pytest

from procwire.library.reason import LibraryError
from procwire.library.row import FLOW, Flow, Moment, Process, Row, Shape, Told, ToldFlow, named, plain
from procwire.model.columns import Column, Kind, Table
from procwire.model.flow import Flow as Tracked
from procwire.model.process import Owner, ProcessRef
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS

CURL = ProcessRef(pid=7, start=9, name="curl", exe="/usr/bin/curl", user="ann")


def tracked(name: str = "") -> Tracked:
    flow = Tracked()
    flow.server_name = name
    flow.owner = Owner(process=CURL, confidence="exact")
    flow.bytes_out = 5
    return flow


def row_of(flow: Tracked) -> Flow:
    return Flow(FLOW, FlowRow(flow))


def test_columns_are_attributes_and_items() -> None:
    row = row_of(tracked("example.com"))
    assert row.bytes_out == row["bytes_out"] == 5
    assert row.server_name == "example.com"
    assert row.table is FLOWS
    assert {"bytes_out", "as_dict"} <= set(dir(row))
    assert "bytes_out=5" in repr(row)


def test_the_owner_is_an_object_and_its_name_a_column() -> None:
    row = row_of(tracked())
    assert row["process"] == "curl"
    assert row.process is not None
    assert (row.process.executable, row.process.pid, row.process.user) == ("/usr/bin/curl", 7, "ann")
    assert row.process.unit is None
    assert row.process.file is None
    assert str(row.process) == "curl"
    assert row.process == Process(CURL)
    assert len({row.process, Process(CURL)}) == 1
    assert "/usr/bin/curl" in repr(row.process)


def test_what_is_not_known_is_none_and_left_out() -> None:
    flow = tracked()
    flow.owner = None
    row = row_of(flow)
    assert row.process is None
    assert row.server_name is None
    assert "server_name" not in row.as_dict()
    assert dict(row)["bytes_out"] == 5


@pytest.mark.parametrize("name", ["byte_out", "_secret"])
def test_a_name_that_is_no_column_is_an_error(name: str) -> None:
    row = row_of(tracked())
    with pytest.raises(AttributeError):
        getattr(row, name)
    with pytest.raises(KeyError):
        row[name]
    with pytest.raises(AttributeError):
        getattr(row.process, name)


def test_a_moment_does_not_go_on_with_its_flow() -> None:
    flow = tracked()
    told = ToldFlow(FLOW, Moment(row_of(flow)))
    flow.bytes_out = 99
    assert told.bytes_out == 5
    assert told.process == Process(CURL)
    assert told.server_name is None
    with pytest.raises(KeyError):
        told["no_column"]


def test_lists_are_tuples_of_text_and_empty_text_is_none() -> None:
    columns = tuple(
        Column(name=name, kind=kind, doc="", get=attrgetter(name))
        for name, kind in (("words", Kind.LIST), ("text", Kind.TEXT), ("number", Kind.INTEGER))
    )
    table = Table(name="x", doc="", columns=columns)
    source = SimpleNamespace(words=["a", 1], text="", number=0)
    row = Row(Shape(table), source)
    assert row.as_dict() == {"words": ("a", "1"), "number": 0}
    assert Told(Shape(table), Moment(row)).words == ("a", "1")
    assert plain(columns[0], None) is None


def test_a_table_that_is_none_is_named_with_those_there_are() -> None:
    assert named({"flow": FLOWS}, "flow", "table") is FLOWS
    with pytest.raises(LibraryError, match="no table is called 'flew'; there are flow"):
        named({"flow": FLOWS}, "flew", "table")
