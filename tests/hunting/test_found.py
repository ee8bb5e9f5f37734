"""A row of an answer as a finding."""

from __future__ import annotations

from operator import itemgetter

from procwire.hunting.found import Row
from procwire.model.columns import Column, Kind, Table
from tests.hunting.stored import rule


def row(**values: object) -> Row:
    kinds = {int: Kind.INTEGER, str: Kind.TEXT, tuple: Kind.LIST}
    columns = [
        Column(name=name, kind=kinds.get(type(value), Kind.TEXT), doc="It.", get=itemgetter(name))
        for name, value in values.items()
    ]
    return Row(Table(name="query", doc="An answer.", columns=tuple(columns)), values)


def test_columns_are_taken_by_their_names() -> None:
    made = row(
        src="10.0.0.1", dst="10.0.0.2", dst_port=53, n=9, time=7, flow_id="a,b,a", exe="/bin/sh", odd=None
    )
    found = made.finding(rule(), (1, 2), ("late",))
    assert (found.source, found.target, found.port, found.count, found.exe) == (
        "10.0.0.1", "10.0.0.2", 53, 9, "/bin/sh",
    )  # fmt: skip
    assert (found.flows, found.rows) == (("a", "b"), ("dns:7:a",))
    assert (found.first, found.last, found.time) == (1, 2, 2)
    assert found.complete == "degraded"
    assert made.key(rule()) == ("10.0.0.1",)
    assert made.key(rule(dedup=None)) == ("10.0.0.1", "10.0.0.2", "a,b,a", "/bin/sh")


def test_what_is_of_another_kind_is_only_said() -> None:
    found = row(src=5, count="many", pid="7").finding(rule(), (1, 2), ())
    assert (found.source, found.count, found.pid) == ("", 1, None)
    assert "count=many" in found.detail
