"""Slots: packets leave together."""

from __future__ import annotations

from procwire.shaping.emulation.dice import Dice
from procwire.shaping.emulation.slots import Slots
from procwire.shaping.impairment import Slot


def test_without_slots_a_packet_leaves_when_it_is_ready() -> None:
    slots = Slots(None, Dice(1), now=0)
    slots.use(10, at=3)
    assert slots.open_at(7) == 7


def test_a_slot_is_over_after_its_packets_or_bytes() -> None:
    for slot in (
        Slot(shortest_ns=100, longest_ns=100, packets=3),
        Slot(shortest_ns=100, longest_ns=100, size_bytes=300),
    ):
        slots, times = Slots(slot, Dice(1), now=0), []
        for _ in range(7):
            times.append(slots.open_at(0))
            slots.use(100, at=times[-1])
        assert times == [100, 100, 100, 200, 200, 200, 300]


def test_slots_are_as_far_apart_as_they_may() -> None:
    slots, last, gaps = Slots(Slot(shortest_ns=20, longest_ns=30, packets=1), Dice(1), now=0), 0, set()
    for _ in range(500):
        at = slots.open_at(0)
        gaps.add(at - last)
        last = at
        slots.use(1, at=at)
    assert gaps == set(range(20, 31))
