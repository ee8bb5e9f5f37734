"""Mahimahi traces: reading, and which moments they give."""

from __future__ import annotations

import pytest

from procwire.shaping.emulation.trace import (
    MILLISECOND,
    OPPORTUNITY_BYTES,
    Opportunities,
    rate_of,
    read_trace,
)
from procwire.shaping.failure import InvalidError


def test_a_trace_is_one_time_a_line() -> None:
    assert read_trace("0\n1\n1\n\n5 # end\n", "x") == (0, 1, 1, 5)
    assert rate_of((0, 1, 1, 5)) == 4 * 1500 * 8 * 1000 // 5


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("1\nx\n", "t:2"),
        ("5\n4\n", "t:2"),
        ("", "t:1"),
        ("0\n0\n", "t:1"),
        ("-1\n", "t:1"),
        ("1\n2.5\n", "t:2"),
    ],
)
def test_a_wrong_line_is_named(text: str, place: str) -> None:
    with pytest.raises(InvalidError) as wrong:
        read_trace(text, "t")
    assert wrong.value.field == place


def test_the_trace_begins_again_after_its_last_time() -> None:
    server = Opportunities((0, 2, 3), now=7 * MILLISECOND)
    times = []
    for _ in range(6):
        times.append(server.take() // MILLISECOND)
        server.waste()
    assert times == [7, 9, 10, 10, 12, 13]
    assert server.offered_bytes == server.wasted_bytes == 6 * OPPORTUNITY_BYTES


@pytest.mark.parametrize("until", [0, 1, 2, 3, 4, 100, 100_001])
def test_skipping_is_taking_one_after_another(until: int) -> None:
    quick, slow = (Opportunities((0, 2, 3), now=0) for _ in range(2))
    quick.skip(until * MILLISECOND)
    while slow.when() <= until * MILLISECOND:
        slow.take()
        slow.waste()
    assert (quick.when(), quick.wasted_bytes) == (slow.when(), slow.wasted_bytes)
