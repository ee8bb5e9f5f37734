"""The faces of a watch, told of flows made by hand."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from procwire.cli.audience import KEPT_ENDED, MAX_CUT, REFRESH_NS, GroupPicture, Lines, Picture, Watcher
from procwire.cli.output.json_lines import JsonLines
from procwire.cli.output.live import CHROME
from procwire.engine.api import Context
from procwire.model.filter import compile_filter
from procwire.model.flow import Flow
from procwire.model.process import EXACT, Owner, ProcessRef
from procwire.model.tables import FLOWS, GROUPS
from tests.model.test_tables import a_flow


class Written:
    """A writer that keeps what it was given."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.flushed = self.finished = 0

    def write(self, row: Any, event: str = "") -> None:
        self.events.append(event)

    def flush(self) -> None:
        self.flushed += 1

    def finish(self) -> None:
        self.finished += 1


class Running:
    """What a face asks of a watch: its open flows and its counts."""

    def __init__(self, flows: Iterable[Flow] = (), *, dropped: int = 0, evicted: int = 0) -> None:
        self.flows = list(flows)
        self.counts = SimpleNamespace(active=0, flows=7, packets=9, bytes=0, evicted=evicted)
        self.pipeline = SimpleNamespace(tracker=self)
        self.source = SimpleNamespace(counts=SimpleNamespace(dropped=dropped))

    def active(self) -> Iterator[Flow]:
        return iter(self.flows)


def numbered(number: int, *, process: str = "curl", app: str = "tls", size: int = 2000) -> Flow:
    flow = a_flow()
    flow.number, flow.app, flow.bytes_in = number, app, size
    flow.owner = Owner(process=ProcessRef(pid=number, name=process, start=1), confidence=EXACT, source="proc")
    return flow


def over(number: int) -> Flow:
    flow = numbered(number)
    flow.ended = "fin"
    return flow


def attached(face: Any, running: Running) -> Any:
    face.watching = running
    face.context = Context([])
    return face


def a_picture(running: Running, *, width: int = 160, height: int = 30) -> Picture:
    picture: Picture = attached(Picture(), running)
    picture.live.console = picture.live.live.console = Console(
        file=io.StringIO(), force_terminal=True, width=width, height=height, color_system=None, _environ={}
    )
    return picture


def painted(picture: Picture) -> list[str]:
    picture.paint()
    assert picture.live.last is not None
    return [str(line) for line in picture.live.last.renderables]


def test_lines_tell_what_matches() -> None:
    out = Written()
    lines = Lines(out)
    lines.keep = compile_filter("app == tls", FLOWS, now=0).matches
    lines.told("open", numbered(1))
    lines.told("open", numbered(2, app="dns"))
    lines.told("end", numbered(1))
    assert out.events == ["open", "end"]
    lines.finish()
    assert out.finished == 1


def test_lines_are_flushed_once_there_are_any() -> None:
    out = Written()
    lines = Lines(out)
    lines.ticked(1)
    assert out.flushed == 0
    lines.told("open", numbered(1))
    lines.ticked(2)
    lines.ticked(3)
    assert out.flushed == 1


def test_a_picture_keeps_the_latest_ended_flows_only() -> None:
    picture = a_picture(Running())
    for number in range(1, KEPT_ENDED + 51):
        picture.told("end", over(number))
    assert list(picture.ended) == list(range(51, KEPT_ENDED + 51))


def test_the_last_picture_has_the_largest_of_what_went_on() -> None:
    running = Running([numbered(1, size=9_000_000, process="large")])
    picture = a_picture(running, height=CHROME + 3)
    picture.told("end", over(2))
    picture.paint()
    for flow in (*running.flows, *(numbered(number) for number in range(3, MAX_CUT + 100))):
        flow.ended = "capture-end"
        picture.told("end", flow)
    running.flows.clear()
    assert len(picture.cut) <= MAX_CUT
    picture.finish()
    assert picture.live.last is not None
    assert any("large" in str(line) for line in picture.live.last.renderables)
    assert str(picture.live.last.renderables[-1]).startswith("7 flows in all, ")


def test_a_picture_shows_what_matches_alone() -> None:
    picture = a_picture(Running([numbered(1), numbered(2, process="dig", app="dns")]))
    picture.keep = compile_filter("process == dig", FLOWS, now=0).matches
    picture.told("end", numbered(3))
    heading, row, footer = painted(picture)
    assert heading.startswith("DURATION")
    assert "dig" in row
    assert footer.startswith("2 flows open, 7 in all, ")


def test_what_moves_comes_first_and_what_is_over_last() -> None:
    still, gone, busy = numbered(1, process="still"), numbered(2, process="gone"), numbered(3, process="busy")
    gone.bytes_in, gone.ended = 9_000_000, "fin"
    picture = a_picture(Running([still, busy]))
    picture.told("end", gone)
    picture.ticked(5 * REFRESH_NS)
    busy.bytes_in += 20_000
    picture.ticked(7 * REFRESH_NS)
    assert picture.live.last is not None
    _, *rows, footer = (line for line in picture.live.last.renderables)
    assert [str(row).split()[-1] for row in rows] == ["busy", "still", "gone"]
    assert "10 kB/s" in str(rows[0])
    assert "/s" not in str(rows[1])
    assert "ended" in str(rows[2])
    assert [getattr(row, "style", None) for row in rows] == ["", "", "dim"]
    assert "0 B/s" in str(footer)


def test_a_flow_that_is_open_and_ended_is_one_row() -> None:
    flow = numbered(1)
    picture = a_picture(Running([flow]))
    picture.told("end", flow)
    assert len(painted(picture)) == 3


@pytest.mark.parametrize(
    ("why", "ended"), [("", False), ("fin", True), ("timeout", True), ("capture-end", False)]
)
def test_our_own_end_makes_no_conversation_over(why: str, ended: bool) -> None:
    flow = numbered(1)
    flow.ended = why
    face = attached(Watcher(), Running())
    assert face.over(face.wrap(flow)) is ended


def test_a_closed_connection_kept_for_stragglers_is_over() -> None:
    context = Context([])
    (closed,) = [number for number in range(20) if context.state(number) == "closed"]
    flow = numbered(1)
    flow.state = closed
    picture = a_picture(Running([flow]))
    _, row, footer = painted(picture)
    assert "ended" in row
    assert footer.startswith("0 flows open")


def test_losses_and_hidden_rows_are_within_eighty_columns() -> None:
    flows = [numbered(number) for number in range(1, 400)]
    picture = a_picture(Running(flows, dropped=123_456, evicted=5), width=80, height=CHROME + 5)
    *rows, footer = painted(picture)
    assert len(rows) == 1 + 5
    assert all(len(row) <= 80 for row in rows)
    assert "394 more rows, 123456 dropped by the kernel" in footer[:80]
    assert "5 evicted" in footer


def test_a_narrow_picture_keeps_who_talks_what() -> None:
    picture = a_picture(Running([numbered(1)]), width=80)
    heading, row, _ = painted(picture)
    for name in ("DST", "PORT", "OUT", "IN", "APP", "PROCESS"):
        assert name in heading.split()
    assert {"192.0.2.7", "443", "tls", "curl"} <= set(row.split())


def test_pictures_come_once_a_second_even_when_the_clock_is_set_back() -> None:
    class Counting(Watcher):
        painted = 0

        def paint(self) -> None:
            self.painted += 1

    face = Counting()
    for now in (10 * REFRESH_NS, 10 * REFRESH_NS + 5, 11 * REFRESH_NS, 3 * REFRESH_NS, 3 * REFRESH_NS + 5):
        face.ticked(now)
    assert face.painted == 3


def test_groups_count_open_flows_once_and_come_once_at_the_end() -> None:
    stream = io.BytesIO()
    flow = numbered(1, size=500)
    running = Running([flow, numbered(2, process="dig")])
    face = attached(GroupPicture("process", JsonLines(stream, GROUPS)), running)
    for now in range(1, 4):
        face.ticked(now * REFRESH_NS)
    for each in running.flows:
        face.told("open", each)
        face.told("update", each)
        face.told("end", each)
    running.flows.clear()
    face.finish()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [(line["group"], line["flows"], line["bytes"]) for line in lines] == [
        ("dig", 1, 2300),
        ("curl", 1, 800),
    ]


def test_a_picture_of_groups_counts_what_is_open_in_each_time_anew() -> None:
    running = Running([numbered(1), numbered(2)])
    face = attached(GroupPicture("process", None), running)
    face.live.console = face.live.live.console = a_picture(running).live.console
    face.told("end", numbered(3))
    for _ in range(2):
        face.paint()
        heading, row, _ = (str(line) for line in face.live.last.renderables)
        flows = dict(zip(heading.split(), row.split(), strict=False))
        assert (flows["GROUP"], flows["FLOWS"]) == ("curl", "3")
