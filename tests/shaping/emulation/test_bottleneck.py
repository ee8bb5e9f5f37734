"""The narrow place: a rate within 0.1 %, mahimahi's bytes exactly."""

from __future__ import annotations

from procwire.shaping.emulation.bottleneck import Bottleneck
from procwire.shaping.emulation.bucket import Bucket
from procwire.shaping.emulation.trace import MILLISECOND, Opportunities
from procwire.shaping.emulation.waiting import Held, Waiting
from tests.shaping.emulation.travel import SECOND


def held(size: int, at: int = 0) -> Held:
    return Held(b"", size, at)


def test_a_backlog_leaves_at_the_rate() -> None:
    narrow = Bottleneck(Bucket(1_000_000), Waiting(), None)
    for _ in range(100):
        narrow.push(held(1250))
    gone = narrow.run(2 * SECOND)
    assert [at for at, _ in gone] == [number * 10_000_000 for number in range(1, 101)]
    assert narrow.due() is None


def test_an_idle_link_takes_the_packets_own_time_again() -> None:
    narrow = Bottleneck(Bucket(1_000_000), Waiting(), None)
    narrow.push(held(1250))
    narrow.run(SECOND)
    narrow.push(held(1250, 5 * SECOND))
    assert [at for at, _ in narrow.run(6 * SECOND)] == [5 * SECOND + 10_000_000]


def carried(times: tuple[int, ...], sizes: list[tuple[int, int]], until: int) -> list[int]:
    """In which ms each packet of (ms, size) left."""
    narrow = Bottleneck(Opportunities(times, now=0), Waiting(), None)
    gone = []
    for at, size in sizes:
        gone += narrow.run(at * MILLISECOND)
        narrow.push(held(size, at * MILLISECOND))
    gone += narrow.run(until * MILLISECOND)
    return [at // MILLISECOND for at, _ in gone]


def test_two_small_packets_share_an_opportunity() -> None:
    assert carried((5,), [(0, 700), (0, 800), (0, 1)], 20) == [5, 5, 10]


def test_a_packet_takes_bytes_of_several() -> None:
    assert carried((5,), [(0, 1000), (0, 1400), (0, 600)], 20) == [5, 10, 10]


def test_an_unused_opportunity_is_lost() -> None:
    """Those of 1 and 2 ms found nothing; a packet that comes at 3 ms comes after the one of 3 ms."""
    assert carried((1, 2, 3, 9), [(3, 1500)], 12) == [9]


def test_what_is_left_of_an_opportunity_is_lost() -> None:
    """The packet of 6 ms gets nothing of the 1,400 bytes that were free at 5 ms."""
    assert carried((5,), [(0, 100), (6, 1500)], 30) == [5, 10]


def test_full_packets_leave_by_the_trace_line_by_line() -> None:
    times = (0, 1, 1, 4, 7)
    assert carried(times, [(0, 1500)] * 9, 40) == [1, 1, 4, 7, 7, 8, 8, 11, 14]


def test_what_waits_moves_to_another() -> None:
    old = Bottleneck(Bucket(1_000_000), Waiting(), None)
    for _ in range(3):
        old.push(held(1250))
    old.run(5_000_000)
    new = Bottleneck(Bucket(10_000_000), Waiting(max_packets=1), None)
    new.take_over(old)
    assert len(new) == 3
    assert len(old) == 0
