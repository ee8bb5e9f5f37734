"""A shift says what it found in stretches, the last with its result; and stops where it is asked to."""

from __future__ import annotations

from typing import Any

import pytest

from procwire.capture.source import CaptureError
from procwire.crew.shift import STRETCH, Keeper, Shift
from procwire.model.flow import Flow
from tests.crew.script import Batches, Pipe, Table


def shift(desk: Table, source: Batches, line: Pipe) -> Shift:
    return Shift(desk, source, line)  # type: ignore[arg-type]


def test_every_stretch_is_said_and_the_result_at_last() -> None:
    desk, line = Table(), Pipe()
    one = shift(desk, Batches(2 * STRETCH + 1), line)
    prepared: list[int] = []
    one.prepare = lambda: prepared.append(1)
    one.harvest = lambda: "harvest"
    one.run()
    first, second, (done, last) = desk.said
    assert [first.frames, second.frames, last.frames] == [STRETCH, 2 * STRETCH, 2 * STRETCH + 1]
    assert (first.result, done, last.result.harvest, last.result.error) == (None, 17, "harvest", None)
    assert last.result.counts.frames == len(prepared) == 17
    assert line.did[-2:] == ["ingest 1", "finish"]


def test_damage_is_told_with_what_came_before() -> None:
    desk, line = Table(), Pipe()
    shift(desk, Batches(1, CaptureError("x.pcap", 7, "cut", inside="gzip")), line).run()
    ((done, last),) = desk.said
    assert (done, last.frames, last.result.error) == (1, 1, ("x.pcap", 7, "cut", "gzip"))
    assert line.did == ["ingest 1", "finish"]


def test_a_strain_ends_it_at_once() -> None:
    desk, line = Table(), Pipe(strained_at=2)
    shift(desk, Batches(50), line).run()
    ((done, last),) = desk.said
    assert (done, last.strained, last.result) == (2, "full", None)


@pytest.mark.parametrize("end", [0, 3])
def test_it_stops_where_all_agreed_to(end: int) -> None:
    desk, line, source = Table(halts=(0, end)), Pipe(), Batches(50)
    shift(desk, source, line).run()
    ((done, last),) = desk.said
    assert (done, last.frames, source.taken) == (end, end, end)
    assert line.did[-1] == "finish"


def test_flows_are_kept_with_their_places() -> None:
    class Ending(Pipe):
        def ingest(self, table: Any) -> None:
            super().ingest(table)
            self.share.places = [(len(self.did), 9, 0)]
            keeper.ended(Flow())

        def finish(self) -> None:
            self.share.places = []

    keeper, desk = Keeper(), Table()
    one = shift(desk, Batches(2), Ending())
    one.keeper = keeper
    one.run()
    assert [place for place, _ in desk.said[0][1].ended] == [(1, 9, 0), (2, 9, 0)]
