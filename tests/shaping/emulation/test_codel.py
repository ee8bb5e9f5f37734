"""CoDel against RFC 8289, and against what it is for."""

from __future__ import annotations

from math import sqrt

from procwire.shaping.emulation.codel import Codel, CodelPlan
from procwire.shaping.emulation.conditions import Conditions
from procwire.shaping.emulation.waiting import Held, Waiting
from procwire.shaping.impairment import Effect, Rate
from tests.shaping.emulation.travel import MS, SECOND, journey, link, packet, sent


def standing(codel: Codel, waiting: Waiting, rounds: int) -> list[int]:
    """A queue in which every packet has waited for 20 ms, one taken each ms; when packets were dropped."""
    dropped = []
    for now in range(MS, rounds * MS, MS):
        while len(waiting) < 10:
            waiting.push(Held(packet(), 1500, now - 20 * MS))
        before = codel.dropped
        codel.pull(waiting, now)
        dropped += [now // MS] * (codel.dropped - before)
    return dropped


def test_it_drops_after_an_interval_and_then_by_the_square_root() -> None:
    """Section 5: first after INTERVAL above TARGET, then INTERVAL / sqrt(count) apart."""
    dropped = standing(Codel(CodelPlan()), Waiting(), 450)
    assert dropped[0] == 101
    expected, at = [101], 101.0
    for count in range(1, 6):
        at += 100 / sqrt(count)
        expected.append(int(at) + (at != int(at)))
    assert dropped[:6] == expected


def test_it_leaves_a_short_queue_alone() -> None:
    codel, waiting = Codel(CodelPlan()), Waiting()
    for now in range(0, 2000 * MS, MS):
        waiting.push(Held(packet(), 1500, now - 4 * MS))
        assert codel.pull(waiting, now) is not None
    assert codel.dropped == 0


def test_one_packet_that_waited_long_is_no_queue() -> None:
    codel, waiting = Codel(CodelPlan()), Waiting()
    for now in range(SECOND, 3 * SECOND, MS):
        waiting.push(Held(packet(), 1500, 0))
        assert codel.pull(waiting, now) is not None
    assert codel.dropped == 0


def test_it_marks_who_takes_part() -> None:
    codel, waiting = Codel(CodelPlan(ecn=True)), Waiting()
    marked = 0
    for now in range(MS, 400 * MS, MS):
        while len(waiting) < 10:
            waiting.push(Held(packet(tos=1), 1500, now - 20 * MS))
        held = codel.pull(waiting, now)
        marked += held is not None and held.data[1] & 3 == 3
    assert codel.marked == marked > 3
    assert codel.dropped == 0


def test_an_empty_queue_gives_nothing() -> None:
    assert Codel(CodelPlan()).pull(Waiting(), 5) is None


def test_a_queue_stays_short_where_senders_are_a_little_too_fast() -> None:
    """5 % too much for 20 s: the tail-drop queue stands at its bound, CoDel's does not."""
    rate = Rate(bits=12_000_000)
    delays = {}
    for codel in (None, CodelPlan()):
        path = link(Conditions(effect=Effect(rate=rate, queue_packets=400), codel=codel))
        journey(path, sent(20_000, 950_000, size=1500))
        delays[codel is None] = path.delays.quantile(0.5)
    assert delays[True] > 300 * MS
    assert delays[False] < 60 * MS
