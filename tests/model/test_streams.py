"""The seam between flows and their readers."""

from __future__ import annotations

from procwire.model.flow import Flow
from procwire.model.streams import ENOUGH, Direction, NoSink, StreamSink


def test_a_sink_that_wants_nothing() -> None:
    sink: StreamSink = NoSink()
    flow = Flow()
    assert sink.data(flow, Direction.OUT, b"x", 1) == ENOUGH
    assert sink.gap(flow, Direction.IN, 5, 1) == ENOUGH
    sink.ended(flow, 2)
    assert flow.analysis is None


def test_enough_is_more_than_any_stream() -> None:
    assert ENOUGH > 1 << 60
    assert (Direction.OUT, Direction.IN) == (0, 1)
