"""A script of packets: written by hand, played into a Tracker, and what its sink was shown."""

from __future__ import annotations

from typing import Any

from procwire.flows.limits import Limits
from procwire.flows.table import Tracker
from procwire.model import address
from procwire.model.flow import Flow
from procwire.model.packets import HAS_PORTS, IS_IP, PacketTable

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MS = 1_000_000
S = 1_000_000_000
START = 1_700_000_000 * S
CLIENT, SERVER = "10.0.0.1", "10.0.0.2"


def table_of(packets: list[dict[str, Any]]) -> PacketTable:
    """A table with one row for each packet; see ``packet`` for its keys."""
    table = PacketTable(capacity=max(len(packets), 1))
    buffer = bytearray()
    for row, one in enumerate(packets):
        family, table.src_hi[row], table.src_lo[row] = address.split(one["src"])
        _, table.dst_hi[row], table.dst_lo[row] = address.split(one["dst"])
        table.family[row] = family if one["marks"] & IS_IP else 0
        data = one["data"]
        table.payload[row] = len(buffer)
        table.present[row] = len(data)
        table.length[row] = one["length"] if one["length"] is not None else len(data)
        table.wire[row] = 54 + table.length[row]
        buffer += data
        for name in COLUMNS:
            getattr(table, name)[row] = one[name]
        if one["rebuilt"] is not None:
            table.rebuilt[row] = one["rebuilt"]
            table.present[row] = table.length[row] = len(one["rebuilt"])
    table.buffer = bytes(buffer)
    table.count = len(packets)
    return table


COLUMNS = [
    "time",
    "sport",
    "dport",
    "proto",
    "segments",
    "seq",
    "ack",
    "window",
    "tcp_flags",
    "mss",
    "scale",
    "ttl",
    "tunnel",
    "interface",
    "flags",
    "marks",
    "fault",
]


def packet(**given: Any) -> dict[str, Any]:
    """One packet; ``at`` is ms since the start."""
    one: dict[str, Any] = dict.fromkeys(COLUMNS, 0)
    one |= {"src": CLIENT, "dst": SERVER, "data": b"", "length": None, "rebuilt": None}
    one |= {"proto": 6, "sport": 40000, "dport": 80, "marks": IS_IP | HAS_PORTS, "segments": 1}
    one |= {"window": 1000, "scale": 255, "ttl": 64, "tcp_flags": ACK}
    at = given.pop("at", 0)
    one |= {"time": START + int(at * MS)} | given
    one["seq"] &= 0xFFFFFFFF
    one["ack"] &= 0xFFFFFFFF
    return one


def reply(**given: Any) -> dict[str, Any]:
    """A packet from the server's side."""
    return packet(**({"src": SERVER, "dst": CLIENT, "sport": 80, "dport": 40000} | given))


class Reader:
    """A sink that remembers; ``appetite`` is called for each answer."""

    def __init__(self, appetite: Any = lambda size: 0) -> None:
        self.appetite = appetite
        self.seen: list[tuple[int, int, bytes | int]] = []
        self.over: list[int] = []

    def data(self, flow: Flow, side: int, data: bytes, now: int) -> int:
        assert isinstance(data, bytes)
        self.seen.append((flow.number, side, data))
        return int(self.appetite(len(data)))

    def gap(self, flow: Flow, side: int, size: int, now: int) -> int:
        self.seen.append((flow.number, side, size))
        return int(self.appetite(0))

    def ended(self, flow: Flow, now: int) -> None:
        assert not flow.ended
        self.over.append(flow.number)

    def text(self, side: int = 0, number: int = 1) -> bytes:
        """One side's stream, with ``?`` for each byte of a gap."""
        parts = [what for n, s, what in self.seen if (n, s) == (number, side)]
        return b"".join(p if isinstance(p, bytes) else b"?" * p for p in parts)


class Stage:
    """A tracker, its reader, and what it reported."""

    def __init__(self, *, reader: Any = None, **limits: int) -> None:
        self.reader = reader if reader is not None else Reader()
        self.tracker = Tracker(Limits(**limits), self.reader)
        self.opened: list[Flow] = []
        self.ended: list[Flow] = []
        self.now = START

    def play(self, *packets: dict[str, Any]) -> Flow:
        """Ingest packets of which one, now or before, opened a flow; the flow opened last."""
        self.show(*packets)
        return self.opened[-1]

    def show(self, *packets: dict[str, Any]) -> None:
        """Ingest packets."""
        if packets:
            self.now = packets[-1]["time"]
        delta = self.tracker.ingest(table_of(list(packets)), now=self.now)
        self.opened += delta.opened
        self.ended += delta.ended

    def finish(self) -> None:
        self.ended += self.tracker.finish(self.now)

    def balanced(self) -> bool:
        """Is every packet accounted for exactly once?"""
        counts = self.tracker.counts
        flows = sum(f.packets_out + f.packets_in for f in self.opened)
        return bool(counts.packets == flows + counts.elsewhere + counts.non_ip)


def handshake(at: float = 0, *, isn: int = 1000, irs: int = 5000) -> list[dict[str, Any]]:
    """SYN, SYN-ACK 20 ms later, ACK 1 ms after that."""
    return [
        packet(at=at, tcp_flags=SYN, seq=isn, mss=1460, scale=7),
        reply(at=at + 20, tcp_flags=SYN | ACK, seq=irs, ack=isn + 1, mss=1400, scale=8),
        packet(at=at + 21, seq=isn + 1, ack=irs + 1),
    ]
