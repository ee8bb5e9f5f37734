"""IP fragments, held until their datagram is whole: RFC 791 section 3.2, RFC 8200 section 4.5.

Overlaps: for IPv4 what came first stays; for IPv6 the datagram is given up (RFC 5722), except that an
exact copy is ignored. All time is packet time. Bounds: bytes (what Python needs to hold them counted in),
datagrams, and 30 s or 60 s from the first fragment; what goes unfinished is counted.
Refuses to read what is in a datagram: whose it is, the decoder says with its first fragment.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, NamedTuple

from procwire.packet._codes import FAULT_FRAGMENT_INVALID, FAULT_FRAGMENT_OVERLAP

FRAGMENTS_BYTES = 4 << 20
MAX_DATAGRAMS = 8192
TIMEOUT_NS = {
    4: 30_000_000_000,
    6: 60_000_000_000,
}  # RFC 791 section 3.2 leaves it open; RFC 8200 section 4.5
DATAGRAM_COST = 1024  # bytes of an empty Datagram in its dict
PIECE_COST = 160


class Attribution(NamedTuple):
    """The flow of a datagram: protocol, ports, bits of ``marks``, and the layer chain (0: as it is)."""

    proto: int
    sport: int
    dport: int
    marks: int
    chain: int


class Piece(NamedTuple):
    """One fragment. ``length`` is what the headers announce; ``data`` may be captured shorter."""

    key: tuple[int, ...]
    family: int
    offset: int
    more: bool
    length: int
    data: bytes
    wire: int
    time: int


class Verdict(NamedTuple):
    """What became of a fragment: the whole payload where it was the last one that was missing.

    packets and wire are those of earlier fragments, whose flow only this one tells.
    """

    attribution: Attribution | None
    packets: int
    wire: int
    whole: bytes | None
    fault: int


class Datagram:
    """Fragments of one datagram. ``closed``: it cannot become whole, only its flow is still of use."""

    __slots__ = (
        "attribution",
        "closed",
        "cost",
        "data",
        "first",
        "got",
        "packets",
        "starts",
        "total",
        "wire",
    )

    def __init__(self, now: int) -> None:
        self.first = now
        self.starts: list[int] = []
        self.data: list[bytes] = []
        self.got = 0
        self.total = -1
        self.closed = False
        self.cost = DATAGRAM_COST
        self.attribution: Attribution | None = None
        self.packets = 0
        self.wire = 0

    def close(self) -> None:
        """Let go of the bytes."""
        self.closed = True
        self.starts, self.data, self.cost = [], [], DATAGRAM_COST

    def end(self) -> int:
        """Where the furthest fragment ends."""
        return self.starts[-1] + len(self.data[-1]) if self.starts else 0

    def bounded(self, piece: Piece) -> bool:
        """Take the piece's word for where the datagram ends; False where it contradicts another's."""
        end = piece.offset + piece.length
        if piece.more:
            return self.total < 0 or end <= self.total
        if self.total >= 0 and self.total != end:
            return False
        if self.end() > end:
            return False
        self.total = end
        return True

    def gaps(self, start: int, end: int) -> list[tuple[int, int]]:
        """The parts of ``start .. end`` that no fragment has filled yet."""
        found: list[tuple[int, int]] = []
        index = bisect_left(self.starts, start)
        if index and self.starts[index - 1] + len(self.data[index - 1]) > start:
            start = self.starts[index - 1] + len(self.data[index - 1])
        while start < end:
            if index == len(self.starts) or self.starts[index] >= end:
                found.append((start, end))
                break
            if self.starts[index] > start:
                found.append((start, self.starts[index]))
            start = max(start, self.starts[index] + len(self.data[index]))
            index += 1
        return found

    def fill(self, piece: Piece) -> bool:
        """Keep what is new in the piece; True where nothing of it was there."""
        end = piece.offset + piece.length
        gaps = self.gaps(piece.offset, end)
        for start, stop in gaps:
            index = bisect_left(self.starts, start)
            self.starts.insert(index, start)
            self.data.insert(index, piece.data[start - piece.offset : stop - piece.offset])
            self.got += stop - start
            self.cost += stop - start + PIECE_COST
        return gaps == [(piece.offset, end)]

    def repeats(self, piece: Piece) -> bool:
        """Is the piece an exact copy of one that is held?"""
        index = bisect_left(self.starts, piece.offset)
        same_start = index < len(self.starts) and self.starts[index] == piece.offset
        return same_start and self.data[index] == piece.data


class Fragments:
    """Datagrams that are not whole yet, oldest first, for each IP version."""

    def __init__(self, limit_bytes: int = FRAGMENTS_BYTES, limit_datagrams: int = MAX_DATAGRAMS) -> None:
        self._limit_bytes = limit_bytes
        self._limit_datagrams = limit_datagrams
        self._held: dict[int, dict[Any, Datagram]] = {4: {}, 6: {}}
        self.held_bytes = 0
        self._counts = dict.fromkeys(
            ("seen", "completed", "timed-out", "evicted", "overlapping", "invalid", "cut", "orphaned"), 0
        )

    def __len__(self) -> int:
        return sum(len(held) for held in self._held.values())

    def counts(self) -> dict[str, int]:
        """Fragments seen; datagrams completed, timed out, evicted; orphaned: fragments that no flow got."""
        return {key: value for key, value in self._counts.items() if value}

    def add(self, piece: Piece, *, first: Attribution | None) -> Verdict:
        """Hold one fragment; ``first`` is the flow, where this fragment tells it."""
        self._counts["seen"] += 1
        self._expire(piece.time)
        held = self._held[piece.family]
        datagram = held.get(piece.key)
        if datagram is None:
            datagram = held[piece.key] = Datagram(piece.time)
            self.held_bytes += datagram.cost
        packets, wire = self._attribute(datagram, piece, first)
        before = datagram.cost
        fault = 0 if datagram.closed else self._place(datagram, piece)
        self.held_bytes += datagram.cost - before
        whole = None
        if not datagram.closed and datagram.got == datagram.total:
            whole = b"".join(datagram.data)
            self._counts["completed"] += 1
            self._drop(piece.family, piece.key)
        self._shrink()
        return Verdict(datagram.attribution, packets, wire, whole, fault)

    def _attribute(self, datagram: Datagram, piece: Piece, first: Attribution | None) -> tuple[int, int]:
        """Packets and bytes of the fragments held before their flow was known, once it is."""
        if datagram.attribution is None and first is not None:
            datagram.attribution = first
            released = datagram.packets, datagram.wire
            datagram.packets = datagram.wire = 0
            return released
        if datagram.attribution is None:
            datagram.packets += 1
            datagram.wire += piece.wire
        return 0, 0

    def _place(self, datagram: Datagram, piece: Piece) -> int:
        """Keep the bytes, or close the datagram; returns a fault."""
        if len(piece.data) < piece.length:
            self._counts["cut"] += 1
            datagram.close()
            return 0
        if not datagram.bounded(piece):
            self._counts["invalid"] += 1
            datagram.close()
            return FAULT_FRAGMENT_INVALID
        if datagram.repeats(piece):
            return 0
        if piece.family == 6 and datagram.gaps(piece.offset, end := piece.offset + piece.length) != [
            (piece.offset, end)
        ]:
            self._counts["overlapping"] += 1
            datagram.close()
            return FAULT_FRAGMENT_OVERLAP
        if not datagram.fill(piece):
            self._counts["overlapping"] += 1
            return FAULT_FRAGMENT_OVERLAP
        return 0

    def _drop(self, family: int, key: Any) -> None:
        datagram = self._held[family].pop(key)
        self.held_bytes -= datagram.cost
        self._counts["orphaned"] += datagram.packets

    def _expire(self, now: int) -> None:
        """Drop what is older than its time, from the oldest on."""
        for family, held in self._held.items():
            while held:
                key, datagram = next(iter(held.items()))
                if now - datagram.first <= TIMEOUT_NS[family]:
                    break
                self._counts["timed-out"] += 1
                self._drop(family, key)

    def _shrink(self) -> None:
        """Drop the oldest until the bounds hold."""
        while self.held_bytes > self._limit_bytes or len(self) > self._limit_datagrams:
            oldest = min(
                (family for family, held in self._held.items() if held),
                key=lambda family: next(iter(self._held[family].values())).first,
            )
            self._counts["evicted"] += 1
            self._drop(oldest, next(iter(self._held[oldest])))
