"""The table's time: the packets' own, but that it never falls. Seen through the flows that end by it."""

from __future__ import annotations

from procwire.flows.clock import Clock, Span
from tests.flows.script import Stage, packet

UDP = {"proto": 17, "dport": 53}


def ended(*packets: tuple[int, float]) -> list[int]:
    """(port, milliseconds) played; the ports of the flows that ended, in order."""
    stage = Stage()
    stage.play(*(packet(**UDP, sport=port, at=at) for port, at in packets))
    return [flow.sport for flow in stage.ended]


def test_a_clock_begins_anywhere() -> None:
    assert Clock() is not None
    assert ended((1, -5_000_000), (2, -4_800_000)) == [1]


def test_a_packet_that_is_a_little_late_does_not_hold_up_another_flow() -> None:
    """The second is older than the first, and both are over."""
    assert ended((1, 900), (2, 400), (3, 121_000), (4, 122_000)) == [1, 2]


def test_a_life_starts_again_where_time_steps_back() -> None:
    assert ended((1, 500_000), (2, 600_000), (3, 0), (4, 119_000)) == []
    assert ended((1, 500_000), (2, 600_000), (3, 0), (4, 121_000)) == [1, 2, 3]


def test_time_that_steps_back_and_forth_ends_only_what_was_silent_for_long() -> None:
    steps = [(1, 1000.0 * (turn % 2) * 3) for turn in range(20)]
    assert ended(*steps, (2, 4000)) == []


def test_a_span_waits_for_what_is_late_and_steps_back_with_its_clock() -> None:
    span = Span()
    second = 1_000_000_000
    told = [
        span.passed(5 * second, 9 * second),
        span.passed(8 * second, 8 * second),
        span.reached(10 * second),
    ]
    assert told == [9 * second, 9 * second, 10 * second]
    assert span.passed(3 * second, 3 * second) == span.now == 3 * second
    assert (span.first, span.last) == (5 * second, 10 * second)
