"""Sequence numbers behave at the wrap: a stream that crosses it is one stream."""

from __future__ import annotations

import pytest

from procwire.flows.segment import End, Segment
from tests.flows.script import Stage, packet


def test_an_end_begins_knowing_nothing() -> None:
    end = End()
    assert (end.known, end.window, end.leg, end.held) == (0, -1, -1, None)
    assert Segment().end is not Segment().peer


@pytest.mark.parametrize("isn", [0, 1, (1 << 31) - 3, (1 << 32) - 3, (1 << 32) - 1])
def test_a_stream_is_whole_across_the_wrap(isn: int) -> None:
    stage = Stage()
    stage.play(*(packet(seq=isn + place, data=bytes([65 + place])) for place in (0, 2, 1, 3, 4)))
    assert stage.reader.text(0) == b"ABCDE"
