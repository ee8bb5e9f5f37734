"""Fuzz the flow table: a few ends, sequences near and far, sinks of any appetite, small bounds.

Invariant: nothing raises; every packet is counted exactly once; every flow ends exactly once; what is held
stays within its bound and is empty at the end; a side is shown its bytes with every gap counted.

    python -m fuzz.flows --seconds 600 --seed 1
"""

from __future__ import annotations

# ruff: noqa: ARG002 -- a sink's signature is given
import argparse
import random
import sys
import time
from typing import Any

from procwire.flows import states
from procwire.flows.limits import Limits
from procwire.flows.table import Tracker
from procwire.model.packets import PacketTable
from procwire.model.streams import ENOUGH

HELD_BYTES = 20_000
INVARIANT = "each packet counted once, each flow ended once, held bytes bounded, nothing raised"


class Sink:
    """Any appetite, and now and then an exception."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.raised = 0
        self.gaps = 0
        self.over: set[int] = set()

    def answer(self) -> int:
        if self.rng.random() < 0.01:
            self.raised += 1
            raise ValueError("as a broken parser would")
        return self.rng.choice([0, 0, 0, 1, 10, 5000, ENOUGH, -1])

    def data(self, flow: Any, side: int, data: bytes, now: int) -> int:
        assert data, "an empty chunk was shown"
        assert flow.number not in self.over, "data after the end"
        return self.answer()

    def gap(self, flow: Any, side: int, size: int, now: int) -> int:
        assert size > 0, "an empty gap was shown"
        self.gaps += size
        return self.answer()

    def ended(self, flow: Any, now: int) -> None:
        assert flow.number not in self.over, "ended twice"
        self.over.add(flow.number)


def table(rng: random.Random, base: int) -> PacketTable:
    """Rows near to real connections, with a share of arbitrary values in any column."""
    out = PacketTable(rng.randrange(1, 300))
    out.count = out.capacity
    out.buffer = rng.randbytes(4000)
    isn = [rng.choice([0, 1000, 0xFFFFFF00, rng.getrandbits(32)]) for _ in range(2)]
    for row in range(out.count):
        way = rng.randrange(2)
        out.time[row] = base + row * rng.choice([1, 10**6, 10**9])
        out.family[row] = 4
        out.proto[row] = rng.choice([6, 6, 6, 17, 1])
        out.src_lo[row], out.dst_lo[row] = (1, 2) if way else (2, 1)
        port = rng.randrange(40000, 40000 + rng.choice([1, 20]))
        out.sport[row], out.dport[row] = (port, 80) if way else (80, port)
        out.marks[row] = rng.choice([3, 3, 3, 3, 1, 0, 7, 11])
        out.seq[row] = (isn[way] + rng.choice([0, 1, rng.randrange(200), rng.randrange(30_000)])) & 0xFFFFFFFF
        out.ack[row] = (
            isn[1 - way] + rng.choice([0, 1, rng.randrange(200), rng.randrange(30_000)])
        ) & 0xFFFFFFFF
        out.tcp_flags[row] = rng.choice([2, 18, 16, 16, 16, 24, 17, 4, rng.getrandbits(9)])
        out.window[row] = rng.choice([0, 1000, 65535])
        out.length[row] = rng.choice([0, 1, 2, 50, 1400])
        out.present[row] = rng.choice([0, out.length[row], out.length[row]])
        out.payload[row] = rng.randrange(4000)
        if out.marks[row] == 11:
            out.rebuilt[row] = rng.randbytes(out.present[row])
    names = [name for name in dir(PacketTable) if not name.startswith("_")]
    for name in rng.sample(names, k=3):
        values = getattr(out, name)
        if name in {"held", "buffer"} or callable(values) or not hasattr(values, "itemsize"):
            continue
        bits = 8 * values.itemsize - (memoryview(values).format == "q")
        for row in range(0, out.count, rng.randrange(1, 20)):
            values[row] = rng.getrandbits(bits)
    return out


def once(seed: int) -> int:
    """One tracker's life; the packets it saw."""
    rng = random.Random(seed)
    sink = Sink(rng)
    limits = Limits(
        max_flows=rng.choice([1, 3, 1000]), side_bytes=rng.choice([1, 5000]), held_bytes=HELD_BYTES
    )
    tracker = Tracker(limits, sink)
    opened: list[Any] = []
    ended: list[Any] = []
    now = 10**18
    for _ in range(rng.randrange(1, 6)):
        now += rng.choice([0, 10**9, -(10**11), 10**13])
        delta = tracker.ingest(table(rng, now), now=now)
        opened += delta.opened
        ended += delta.ended
        assert tracker.counts.held_bytes <= HELD_BYTES, "more is held than allowed"
        assert tracker.counts.active <= limits.max_flows, "more flows than allowed"
    ended += tracker.finish(now)
    counts = tracker.counts
    counted = sum(f.packets_out + f.packets_in for f in opened)
    assert counts.packets == counted + counts.elsewhere + counts.non_ip + counts.waiting, "a packet was lost"
    assert sorted(f.number for f in ended) == [f.number for f in opened], "a flow did not end once"
    assert all(f.ended in states.REASONS for f in ended), "a flow ended without a reason"
    assert (counts.active, counts.held_bytes) == (0, 0), "something was left behind"
    assert counts.sink_errors == sink.raised, "an exception was not counted, or was not the sink's"
    return counts.packets


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    options.add_argument("--seconds", type=float, default=600)
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    print(f"invariant: {INVARIANT}")
    stop = time.monotonic() + given.seconds
    seed, packets = given.seed, 0
    while time.monotonic() < stop:
        try:
            packets += once(seed)
        except Exception:
            print(f"broken by --seed {seed}", file=sys.stderr)
            raise
        seed += 1
    print(f"held for {seed - given.seed} trackers and {packets} packets")
    return 0


if __name__ == "__main__":
    sys.exit(main())
