"""CSV: a header, one line a row, values that a reader gets back."""

from __future__ import annotations

import csv
import io
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from procwire.cli.output.csv_rows import Csv
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from procwire.model.values import clean
from tests.cli.output.test_json_lines import NOTHING, TABLE
from tests.model.test_tables import a_flow


def rows(*given_rows: Any, **options: Any) -> list[list[str]]:
    stream = io.StringIO()
    output = Csv(stream, options.pop("table", TABLE), **options)
    for row in given_rows:
        output.write(row, "open")
    output.finish()
    return list(csv.reader(io.StringIO(stream.getvalue())))


def test_a_flow() -> None:
    head, line = rows(FlowRow(a_flow()), table=FLOWS, events=True)
    assert head == ["event", *(column.name for column in FLOWS)]
    values = dict(zip(head, line, strict=True))
    assert values["event"] == "open"
    assert (values["dst_port"], values["duration"], values["rtt"]) == ("443", "1.5", "")


def test_a_header_even_without_rows() -> None:
    assert rows(names=["text", "size"]) == [["text", "size"]]


@given(st.text(max_size=30), st.lists(st.text(max_size=5), max_size=3))
def test_one_line_a_row_whatever_the_text(text: str, members: list[str]) -> None:
    stream = io.StringIO()
    Csv(stream, TABLE, names=["text", "list"]).write(NOTHING | {"text": text, "list": members})
    assert stream.getvalue().count("\n") == 2
    assert "\r" not in stream.getvalue()
    assert next(iter(rows(NOTHING | {"text": text}, names=["text", "size"])[1:]))[0] == clean(text)


def test_formulas_are_data() -> None:
    assert rows(NOTHING | {"text": '=HYPERLINK("x")'}, names=["text"])[1] == ['=HYPERLINK("x")']
