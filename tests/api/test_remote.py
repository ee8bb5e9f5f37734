"""Rows of another process through the writers of this one: the same text as if they were its own."""

from __future__ import annotations

import io

from procwire.api.catalogue import Catalogue
from procwire.api.remote import of_dicts, read, table_of
from procwire.cli.output.json_lines import JsonLines
from procwire.cli.output.text_table import TextTable
from procwire.model.columns import Kind
from procwire.model.plain import cells, readers
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from tests.api.serving import Engine, flow_of


def test_lines_and_tables_are_the_same() -> None:
    flow = flow_of(1, bytes_out=1_500_000)
    flow.rtt = 83_000_000
    row = FlowRow(flow)
    names = [column.name for column in FLOWS]
    came = read(FLOWS, names, cells(row, readers(FLOWS)))
    there = of_dicts(FLOWS)
    ours, theirs = io.BytesIO(), io.BytesIO()
    for stream, table, one in ((ours, FLOWS, row), (theirs, there, came)):
        lines = JsonLines(stream, table)
        lines.write(one, "end")
        lines.finish()
    assert ours.getvalue() == theirs.getvalue()
    texts = []
    for table, one in ((FLOWS, row), (there, came)):
        out = io.StringIO()
        text = TextTable(out, table, width=200)
        text.write(one)
        text.finish()
        texts.append(out.getvalue())
    assert texts[0] == texts[1]


def test_a_table_that_is_only_told_of_is_one() -> None:
    catalogue: Catalogue = Engine().catalogue
    told = next(each for each in catalogue.told() if each.name == "flow")
    table = table_of(told)
    assert table.schema == FLOWS.schema
    assert [column.kind for column in table] == [column.kind for column in FLOWS]
    assert table.column("rtt").get({"rtt": 5}) == 5
    assert table.column("rtt").get({}) is None
    assert table.column("duration").kind is Kind.DURATION
