"""The queue's bounds."""

from __future__ import annotations

from procwire.shaping.emulation.waiting import MAX_PACKETS, Held, Waiting


def test_first_come_first_served() -> None:
    waiting = Waiting()
    for size in (1, 2, 3):
        assert waiting.push(Held(b"", size, 0))
    first = waiting.first()
    assert first is not None
    assert first.size == 1
    assert [one.size for one in iter(waiting.pull, None)] == [1, 2, 3]
    assert waiting.bytes == 0
    assert waiting.first() is None


def test_packets_and_bytes_are_bounded_and_refusals_counted() -> None:
    waiting = Waiting(max_packets=2, max_bytes=100)
    assert [waiting.push(Held(b"", size, 0)) for size in (60, 50, 40, 1)] == [True, False, True, False]
    assert waiting.refused == 2
    waiting.put(Held(b"", 500, 0))
    assert len(waiting) == 3


def test_no_bound_is_still_a_bound() -> None:
    assert Waiting().max_packets == MAX_PACKETS
    assert Waiting(max_packets=1 << 40).max_packets == MAX_PACKETS
