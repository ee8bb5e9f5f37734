"""The live table: the busiest rows, as many as fit, and a terminal that is given back."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from procwire.cli.output.live import CHROME, LiveTable, Recent
from procwire.model.flow import Flow
from procwire.model.rows import FlowRow
from procwire.model.tables import FLOWS
from tests.model.test_tables import a_flow

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


def a_console(height: int = 10) -> Console:
    return Console(
        file=io.StringIO(), force_terminal=True, width=150, height=height, color_system=None, _environ={}
    )


def output(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def named(name: str) -> FlowRow:
    flow = a_flow()
    flow.server_name = name
    return FlowRow(flow)


def test_rows_and_footer_are_painted_safely() -> None:
    console = a_console()
    with LiveTable(FLOWS, console=console) as live:
        live.show([named("[red]evil\x1b[2J")], "12 flows [bold]")
    text = output(console)
    assert "[red]evil\\x1b[2J" in text
    assert "12 flows [bold]" in text
    assert "SERVER_NAME" in text


def test_no_more_rows_than_the_screen_holds() -> None:
    console = a_console(height=CHROME + 3)
    live = LiveTable(FLOWS, console=console)
    assert live.room == 3
    assert len(live.picture(named("x") for _ in range(1000)).renderables) == 3 + 2  # heading and footer


def test_the_cursor_comes_back_whatever_happens() -> None:
    console = a_console()

    def fails() -> None:
        with LiveTable(FLOWS, console=console) as live:
            live.show([named("x")])
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fails()
    text = output(console)
    assert HIDE in text
    assert text.rindex(SHOW) > text.rindex(HIDE)


def test_the_busiest_first() -> None:
    flows = [a_flow() for _ in range(3)]
    for number, flow in enumerate(flows):
        flow.number, flow.bytes_in = number, 1000 * number

    def size(flow: Flow) -> int:
        return int(flow.bytes_out + flow.bytes_in)

    recent = Recent(lambda flow: flow.number, size)
    assert [flow.number for flow in recent.rank(flows, 2)] == [2, 1]
    flows[0].bytes_in += 10
    assert [flow.number for flow in recent.rank(flows, 9)] == [0, 2, 1]


def test_the_last_picture_stays_on_the_first_screen() -> None:
    console = a_console()
    with LiveTable(FLOWS, console=console) as live:
        live.show([named("first")], "1 flow")
        live.show([named("second")], "2 flows")
    _, back, left = output(console).rpartition("\x1b[?1049l")
    assert back
    assert "second" in left
    assert "2 flows" in left
    assert "first" not in left


def test_what_is_over_is_dim_and_after_what_is_still() -> None:
    rows = [named("gone"), named("here")]
    live = LiveTable(FLOWS, console=a_console(), over=lambda row: row.flow.server_name == "gone")
    _, gone, here, _ = live.picture(rows).renderables
    assert [getattr(line, "style", None) for line in (gone, here)] == ["dim", ""]
    recent = Recent(id, lambda _: 1, live.over)
    recent.rank(rows, 2)
    assert recent.rank(rows, 2) == [rows[1], rows[0]]
