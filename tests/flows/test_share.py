"""Trackers that share packets have every flow once, and their ends are in one order."""

from __future__ import annotations

import random
from typing import Any

import pytest

from procwire.flows.limits import Limits
from procwire.flows.share import HOLES, PACKET, Share
from procwire.flows.table import Tracker
from tests.flows.script import ACK, FIN, SYN, packet, table_of


def traffic(seed: int) -> list[dict[str, Any]]:
    rng = random.Random(seed)
    packets, at = [], 0.0
    for _ in range(3000):
        at += rng.choice([0, 1, 50, 900, 4000, -0.4, -300])
        ends = {"sport": rng.randrange(1, 120), "dport": 53, "src": f"10.0.0.{rng.randrange(1, 9)}"}
        if rng.random() < 0.6:
            packets.append(packet(proto=17, at=at, **ends))
        else:
            flags = rng.choice([SYN, ACK, FIN | ACK])
            packets.append(packet(at=at, tcp_flags=flags, seq=rng.randrange(1 << 20), ack=1, **ends))
    return packets


def ends(packets: list[dict[str, Any]], part: int, parts: int) -> tuple[list[Any], Tracker]:
    tracker = Tracker(Limits(), part=part, parts=parts)
    found: list[Any] = []
    for start in range(0, len(packets), 100):
        table = table_of(packets[start : start + 100])
        delta = tracker.ingest(table, now=table.time[table.count - 1])
        found += zip(tracker.share.places or [None] * len(delta.ended), delta.ended, strict=True)
    last = tracker.finish(packets[-1]["time"])
    found += zip(tracker.share.places or [None] * len(last), last, strict=True)
    return [(place, (f.number, f.sport, f.packets_out, f.ended)) for place, f in found], tracker


@pytest.mark.parametrize("parts", [2, 3, 4])
@pytest.mark.parametrize("seed", range(3))
def test_put_together_by_place_the_ends_are_those_of_one(seed: int, parts: int) -> None:
    packets = traffic(seed)
    whole, tracker = ends(packets, 0, 1)
    each = [ends(packets, part, parts) for part in range(parts)]
    together = sorted(event for found, _ in each for event in found)
    assert [flow for _, flow in together] == [flow for _, flow in whole]
    assert len({place for place, _ in together}) == len(together)
    assert min(len(found) for found, _ in each) > len(whole) / parts / 2
    assert sum(part.counts.flows for _, part in each) == tracker.counts.flows
    assert {part.counts.packets for _, part in each} == {tracker.counts.packets}


def test_a_place_says_what_is_done_in_a_turn() -> None:
    share = Share(1, 2)
    share.turn, share.step, share.heard = 8, 3, 5
    assert (share.place, share.uncertain) == ((8, 3, 5), False)
    share.step = HOLES
    assert share.uncertain
    share.step = PACKET
    assert (share.place, share.uncertain) == ((8, PACKET, 0), False)


def test_datagrams_may_be_kept_together() -> None:
    """A connection of QUIC may go on under other addresses: who has one of its flows must have all."""
    packets = traffic(7)
    for part in range(3):
        tracker = Tracker(Limits(), part=part, parts=3)
        tracker.share.together = True
        tracker.ingest(table_of(packets), now=packets[-1]["time"])
        protos = {flow.proto for flow in tracker.finish(packets[-1]["time"])}
        assert protos == ({6, 17} if part == 0 else {6})
