"""Slots: moments from which packets may leave, and how many then (``get_slot_next`` of sch_netem.c). Pure."""

from __future__ import annotations

from procwire.shaping.emulation.dice import Dice
from procwire.shaping.impairment import Slot

_ANY = 1 << 62


class Slots:
    """Without a slot, packets leave when they are there."""

    def __init__(self, slot: Slot | None, dice: Dice, *, now: int) -> None:
        self._slot = slot
        self._dice = dice
        self._next = now
        self._packets = 0
        self._bytes = 0
        if slot is not None:
            self._begin(slot, now)

    def open_at(self, ready: int) -> int:
        """When a packet that is ready then may leave."""
        return ready if self._slot is None else max(ready, self._next)

    def use(self, size: int, *, at: int) -> None:
        """A packet leaves; the last of a slot makes the next one begin."""
        if self._slot is None:
            return
        self._packets -= 1
        self._bytes -= size
        if self._packets <= 0 or self._bytes <= 0:
            self._begin(self._slot, at)

    def _begin(self, slot: Slot, at: int) -> None:
        span = slot.longest_ns - slot.shortest_ns
        self._next = at + slot.shortest_ns + (self._dice.below(span + 1) if span else 0)
        self._packets = slot.packets or _ANY
        self._bytes = slot.size_bytes or _ANY
