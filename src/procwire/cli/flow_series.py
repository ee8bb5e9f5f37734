"""One TCP flow over its life, out of the packets of a recording: what its charts are drawn from. Pure.

Round trips are those of segments that were sent once (Karn; RFC 6298 section 3), seen from where the capture
was made: they hold the way to the receiver and back. Bytes in flight are those that were sent and not
acknowledged yet, which is as near to the congestion window as packets alone come.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from procwire.tui.host import Track

BUCKETS = 120  # of the flow's life
MAX_WAITING = 4096  # segments whose acknowledgement is waited for; more are not measured
HALF = 1 << 31  # sequence numbers are compared modulo 2^32 (RFC 9293 section 3.4)
NEEDS = (
    "time",
    "src",
    "src_port",
    "dst",
    "dst_port",
    "proto",
    "seq",
    "ack",
    "payload",
    "length",
    "tcp_flags",
)


def after(a: int, b: int) -> bool:
    """Whether a sequence number is behind another."""
    return 0 < (a - b) % (1 << 32) < HALF


class _Side:
    """What one end sent: its highest byte, what of it was acknowledged, segments whose answer is awaited."""

    def __init__(self) -> None:
        self.next: int | None = None
        self.acked: int | None = None
        self.waiting: dict[int, int] = {}  # end of a segment -> when it was sent

    def sends(self, seq: int, size: int, now: int) -> bool:
        """A segment; whether (part of) it was sent before."""
        end = (seq + size) % (1 << 32)
        again = self.next is not None and not after(end, self.next)
        if again:
            self.waiting = {
                edge: sent for edge, sent in self.waiting.items() if after(seq, edge) or edge == seq
            }
            return True
        self.next = end
        if len(self.waiting) < MAX_WAITING:
            self.waiting[end] = now
        return False

    def acknowledged(self, ack: int, now: int) -> int | None:
        """The other side has all before ``ack``; how long that took, where it can be told."""
        if self.acked is None or after(ack, self.acked):
            self.acked = ack
        sent = self.waiting.get(ack)
        self.waiting = {edge: at for edge, at in self.waiting.items() if after(edge, ack)}
        return now - sent if sent is not None else None

    @property
    def in_flight(self) -> int | None:
        """Bytes sent and not acknowledged."""
        if self.next is None or self.acked is None:
            return None
        return (self.next - self.acked) % (1 << 32) if after(self.next, self.acked) else 0


class Series:
    """Feed packets in order; ``tracks`` when all were seen."""

    def __init__(self, opener: tuple[Any, Any], start: int, end: int) -> None:
        self._opener = opener
        self._start = start
        self._step = max(1, -(-(end - start + 1) // BUCKETS))
        self._sides = (_Side(), _Side())
        self._sums: dict[str, list[float | None]] = {}
        self._counts: dict[str, list[int]] = {}

    def feed(self, row: Mapping[str, Any]) -> None:
        """One packet of the flow."""
        now = int(row["time"])
        place = min(BUCKETS - 1, max(0, (now - self._start) // self._step))
        mine = 0 if (row["src"], row["src_port"]) == self._opener else 1
        way = ("out", "in")[mine]
        self._add(f"bytes {way}", place, float(row.get("length") or 0))
        if row.get("proto") != "tcp" or row.get("seq") is None:
            return
        sender, other = self._sides[mine], self._sides[1 - mine]
        flags = row.get("tcp_flags") or ()
        size = int(row.get("payload") or 0) + ("syn" in flags) + ("fin" in flags)
        if size and sender.sends(int(row["seq"]), size, now):
            self._add(f"sent again {way}", place, 1.0)
        if row.get("ack") is not None and "ack" in flags:
            took = other.acknowledged(int(row["ack"]), now)
            if took is not None:
                self._most(f"round trip {('in', 'out')[mine]}", place, float(took))
        for side, name in zip(self._sides, ("out", "in"), strict=True):
            if side.in_flight is not None:
                self._most(f"in flight {name}", place, float(side.in_flight))

    def _add(self, name: str, place: int, amount: float) -> None:
        values = self._sums.setdefault(name, [0.0] * BUCKETS)
        values[place] = (values[place] or 0.0) + amount

    def _most(self, name: str, place: int, amount: float) -> None:
        values = self._sums.setdefault(name, [None] * BUCKETS)
        values[place] = max(values[place] or 0.0, amount)

    def tracks(self) -> tuple[Track, ...]:
        """What there is to draw, in an order for people."""
        order = [f"{name} {way}" for name in KINDS for way in ("out", "in")]
        found = []
        for name in order:
            values = self._sums.get(name)
            if values is None:
                continue
            kind = KINDS[name.rpartition(" ")[0]]
            if kind == "rate":
                values = [(value or 0.0) * 1e9 / self._step for value in values]
            found.append(Track(name=name, kind=kind, values=tuple(values)))
        return tuple(found)


KINDS = {"bytes": "rate", "round trip": "duration", "in flight": "size", "sent again": "count"}


def tracks_of(
    flow: Mapping[str, Any], packets: Iterable[Sequence[Any]], names: Sequence[str]
) -> tuple[Track, ...]:
    """The charts of one flow. ``packets``: rows of the table packet, whose columns are ``names``."""
    places = {name: names.index(name) for name in NEEDS}
    ends = {(flow.get("src"), flow.get("src_port")), (flow.get("dst"), flow.get("dst_port"))}
    start, end = int(flow.get("start") or 0), int(flow.get("end") or flow.get("last") or 0)
    if not start or end <= start:
        return ()
    series = Series((flow.get("src"), flow.get("src_port")), start, end)
    seen = 0
    for packet in packets:
        row = {name: packet[place] for name, place in places.items()}
        mine = row["proto"] == flow.get("proto") and start <= row["time"] <= end
        if mine and {(row["src"], row["src_port"]), (row["dst"], row["dst_port"])} == ends:
            series.feed(row)
            seen += 1
    return series.tracks() if seen > 1 else ()
