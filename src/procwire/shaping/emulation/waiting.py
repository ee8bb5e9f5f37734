"""Packets that wait their turn, first come first served, within bounds. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

MAX_PACKETS = 100_000  # of one direction, whatever was asked for; 150 MB of full-sized packets


@dataclass(slots=True)
class Held:
    """A packet on its way: its bytes, how many it counts for on the wire, when it came, and its flow."""

    data: bytes
    size: int
    arrived: int
    flow: bytes = b""


class Waiting:
    """A queue with a bound in packets and, if not 0, one in bytes. ``refused`` counts what found it full."""

    def __init__(self, max_packets: int = 0, max_bytes: int = 0) -> None:
        self._held: deque[Held] = deque()
        self.bytes = 0
        self.refused = 0
        self.max_packets = min(max_packets or MAX_PACKETS, MAX_PACKETS)
        self.max_bytes = max_bytes

    def __len__(self) -> int:
        return len(self._held)

    def push(self, held: Held) -> bool:
        """Whether there was room; the last to come is the one to go."""
        full = len(self._held) >= self.max_packets
        if full or (self.max_bytes and self.bytes + held.size > self.max_bytes):
            self.refused += 1
            return False
        self.put(held)
        return True

    def put(self, held: Held) -> None:
        """Take it whatever the bounds: it was taken before, at another queue."""
        self._held.append(held)
        self.bytes += held.size

    def pull(self) -> Held | None:
        """The first to have come, if any."""
        if not self._held:
            return None
        held = self._held.popleft()
        self.bytes -= held.size
        return held

    def first(self) -> Held | None:
        """The same, left where it is."""
        return self._held[0] if self._held else None
