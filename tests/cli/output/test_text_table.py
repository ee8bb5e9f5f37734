"""The plain table: headed, aligned, cut to the terminal, whole in a pipe, never dangerous."""

from __future__ import annotations

import io

from procwire.cli.output.layout import width_of
from procwire.cli.output.text_table import SAMPLE, TextTable
from procwire.model.catalogue_tables import CHECKS
from procwire.model.flow import Flow
from procwire.model.process import Owner, ProcessRef
from procwire.model.rows import Check, FlowRow, GroupRow
from procwire.model.tables import FLOWS, GROUPS
from tests.model.test_tables import a_flow


def named(name: str) -> Flow:
    flow = a_flow()
    flow.server_name = name
    return flow


def shown(flows: list[Flow], width: int = 0) -> list[str]:
    stream = io.StringIO()
    table = TextTable(stream, FLOWS, width=width)
    for flow in flows:
        table.write(FlowRow(flow))
    table.finish()
    return stream.getvalue().split("\n")[:-1]


def test_a_heading_and_a_line() -> None:
    head, line = shown([named("example.com")])
    assert head.split()[:3] == ["DURATION", "PROTO", "SRC"]
    assert "192.0.2.7" in line
    assert "example.com" in line
    assert head.index("SERVER_NAME") == line.index("example.com")


def test_a_terminal_cuts_and_a_pipe_does_not() -> None:
    long = "very-long-name." * 20 + "example.com"
    assert all(width_of(line) <= 160 for line in shown([named(long)], width=160))
    assert long in shown([named("a")] * SAMPLE + [named(long)])[-1]


def test_a_narrow_terminal_keeps_what_matters() -> None:
    flow = named("www.example.com")
    flow.owner = Owner(process=ProcessRef(pid=7, start=1, name="curl"), confidence="exact")
    for width in (80, 100):
        head, line = shown([flow], width=width)
        assert width_of(line) <= width
        assert "PROCESS" in head
        assert "curl" in line
        assert "192.0.2.7" in line
    assert "REXMIT" not in shown([flow], width=80)[0]


def test_hostile_names_are_shown_not_obeyed() -> None:
    (_, line) = shown([named("\x1b[2J[red]\n")])
    assert "\x1b" not in line
    assert "\\x1b[2J[red]\\x0a" in line


def test_rows_come_out_once_the_widths_are_known() -> None:
    stream = io.StringIO()
    table = TextTable(stream, CHECKS)
    for _ in range(SAMPLE):
        assert stream.getvalue() == ""
        table.write(Check(name="a", status="ok"))
    assert stream.getvalue().count("\n") == SAMPLE + 1
    table.write(Check(name="longer than before", status="ok"))
    assert "longer than before  ok" in stream.getvalue()


def test_an_empty_table_has_a_heading() -> None:
    assert len(shown([])) == 1


def test_events_stand_first_and_rates_are_sizes() -> None:
    out = io.StringIO()
    table = TextTable(out, FLOWS, events=True)
    for event in ("open", "end"):
        table.write(FlowRow(named("a")), event)
    table.finish()
    assert [line.split()[0] for line in out.getvalue().splitlines()] == ["EVENT", "open", "end"]
    out = io.StringIO()
    table = TextTable(out, GROUPS)
    table.write(GroupRow(group="curl", bytes_in=300_000, last=1_000_000_000))
    table.write(GroupRow(group="dig"))
    table.finish()
    assert "300 kB/s" in out.getvalue()
    assert "B/s" not in out.getvalue().splitlines()[-1]
