"""A direction as a whole: every knob, in packet time, each figure within an interval of 99.99 %."""

from __future__ import annotations

from statistics import NormalDist

import pytest

from procwire.shaping.emulation.conditions import Conditions, Correlations, Outage
from procwire.shaping.impairment import Delay, Effect, Rate, Reorder, Slot
from procwire.shaping.loss import Loss
from procwire.shaping.measure.intervals import Z_9999, allowed, clustered, extents, farthest, wilson
from tests.shaping.emulation.travel import MS, SECOND, drain, journey, link, number_of, packet, sent

COUNT = 10_000


def within(hits: int, of: int, share: float) -> bool:
    low, high = wilson(hits, of, Z_9999)
    return low <= share <= high


def test_nothing_happens_to_packets_without_conditions() -> None:
    packets = sent(100, MS)
    assert journey(link(Conditions()), packets) == packets


def test_a_delay_is_exact() -> None:
    path = link(Conditions(effect=Effect(delay=Delay(latency_ns=50 * MS))))
    assert [at for at, _ in journey(path, sent(50, MS))] == [(50 + n) * MS for n in range(50)]


def test_jitter_has_its_distribution_and_reorders() -> None:
    delay = Delay(latency_ns=50 * MS, jitter_ns=10 * MS, distribution="normal")
    path = link(Conditions(effect=Effect(delay=delay)))
    arrived = journey(path, sent(COUNT, MS))
    delays = [at - number_of(data) * MS for at, data in arrived]
    assert farthest(delays, NormalDist(50 * MS, 10 * MS).cdf) < allowed(COUNT)
    assert extents([number_of(data) for _, data in arrived])


def test_order_is_kept_where_it_is_asked_for() -> None:
    delay = Delay(latency_ns=50 * MS, jitter_ns=10 * MS, keep_order=True)
    arrived = journey(link(Conditions(effect=Effect(delay=delay))), sent(2000, MS))
    assert [number_of(data) for _, data in arrived] == list(range(2000))


@pytest.mark.parametrize("correlation", [0.0, 0.3])
def test_loss_duplication_and_corruption_have_their_shares(correlation: float) -> None:
    alike = Correlations(loss=correlation, duplicate=correlation, corrupt=correlation)
    effect = Effect(loss=Loss(0.05), duplicate=0.03, corrupt=0.02)
    counts = link(Conditions(effect=effect, correlations=alike))
    journey(counts, sent(COUNT, MS))
    told = counts.counts
    worth = COUNT * (1 - correlation) / (1 + correlation)
    for hits, share in ((told.lost, 0.05), (told.duplicated, 0.03), (told.corrupted, 0.02)):
        assert within(round(hits * worth / COUNT), round(worth), share)


def test_bursts_pass_through_the_whole() -> None:
    path = link(Conditions(effect=Effect(loss=Loss(0.05, 4))))
    journey(path, sent(COUNT, MS))
    low, high = clustered(path.counts.lost, COUNT, 4, Z_9999)
    assert low <= 0.05 <= high


def test_loss_marks_instead_where_packets_can_be_marked() -> None:
    path = link(Conditions(effect=Effect(loss=Loss(1.0), ecn=True)))
    arrived = journey(path, [(0, packet(tos=2)), (1, packet(tos=0))])
    assert [data[1] for _, data in arrived] == [3]
    assert (path.counts.marked, path.counts.lost) == (1, 1)


def test_reordered_packets_overtake_by_the_delay() -> None:
    """A packet every ms and a delay of 10 ms: one that does not wait overtakes nine."""
    effect = Effect(delay=Delay(latency_ns=10 * MS), reorder=Reorder(share=0.25, gap=5))
    path = link(Conditions(effect=effect))
    arrived = journey(path, sent(COUNT, MS))
    # After one that overtook, four must wait; then each has a chance of a quarter: one in 4 + 4.
    assert within(path.counts.reordered, COUNT, 1 / 8)
    ahead = {number_of(data) for at, data in arrived if at == number_of(data) * MS}
    assert len(ahead) == path.counts.reordered
    passed_by = {n - back for n in ahead for back in range(1, 10)} - ahead
    late = extents([number_of(data) for _, data in arrived])
    assert len(late) == len([n for n in passed_by if n >= 0])
    assert max(late) <= 10


@pytest.mark.parametrize("bits", [256_000, 2_000_000, 100_000_000])
def test_a_rate_is_kept_within_two_percent(bits: int) -> None:
    path = link(Conditions(effect=Effect(rate=Rate(bits=bits), queue_packets=2000)))
    arrived = journey(path, sent(2000, 1500 * 8 * SECOND // bits // 2, size=1500))
    measured = len(arrived) * 1500 * 8 * SECOND / arrived[-1][0]
    assert abs(measured / bits - 1) < 0.02


def test_cells_and_overhead_cost_their_time() -> None:
    rate = Rate(bits=8_000_000, cell_bytes=48, cell_overhead=5)
    path = link(Conditions(effect=Effect(rate=rate)))
    arrived = journey(path, [(0, packet(size=97))] * 10)
    assert arrived[-1][0] == 10 * 3 * 53 * 1000


def test_a_full_queue_drops_the_last_to_come() -> None:
    path = link(Conditions(effect=Effect(rate=Rate(bits=8_000), queue_packets=5)))
    arrived = journey(path, [(0, packet(number)) for number in range(20)])
    assert [number_of(data) for _, data in arrived] == list(range(len(arrived)))
    assert path.counts.queue_drops == 20 - len(arrived) > 10


def test_the_limit_is_of_all_that_is_held() -> None:
    path = link(Conditions(effect=Effect(delay=Delay(latency_ns=SECOND)), limit=10))
    assert len(journey(path, sent(50, MS))) == 10
    assert path.counts.limit_drops == 40


def test_packets_leave_in_slots() -> None:
    slot = Slot(shortest_ns=20 * MS, longest_ns=20 * MS, packets=5)
    arrived = journey(link(Conditions(effect=Effect(slot=slot))), [(0, packet(n)) for n in range(20)])
    assert [at // MS for at, _ in arrived] == [20] * 5 + [40] * 5 + [60] * 5 + [80] * 5


@pytest.mark.parametrize("fate", ["drop", "hold"])
def test_an_outage_drops_or_holds(fate: str) -> None:
    outage = Outage(up_ns=100 * MS, down_ns=50 * MS, fate="drop" if fate == "drop" else "hold")
    path = link(Conditions(outage=outage))
    arrived = journey(path, sent(300, MS))
    late = [at - number_of(data) * MS for at, data in arrived]
    assert len(arrived) == (200 if fate == "drop" else 300)
    assert max(late) == (0 if fate == "drop" else 50 * MS)


def test_a_trace_carries_what_it_says() -> None:
    path = link(Conditions(trace=(0, 1, 1, 4, 7)))
    arrived = journey(path, [(0, packet(n, size=1500)) for n in range(9)])
    assert [at // MS for at, _ in arrived] == [1, 1, 4, 7, 7, 8, 8, 11, 14]


def test_new_conditions_hold_for_what_comes_and_what_waits_goes_on() -> None:
    path = link(Conditions(effect=Effect(rate=Rate(bits=8_000_000), delay=Delay(latency_ns=10 * MS))))
    for number in range(10):
        path.offer(packet(number, size=1000), now=0)
    path.change(Conditions(effect=Effect(rate=Rate(bits=800_000))), now=2 * MS + MS // 2)
    times = [at for at, _ in drain(path)]
    # Half of the third was paid at the old rate; the two that had left fly as they would have.
    assert [at / MS for at in times[:5]] == [7.5, 11, 12, 17.5, 27.5]
    assert len(times) == 10
    path.change(Conditions(), now=SECOND)
    path.offer(packet(), now=SECOND)
    assert [at for at, _ in drain(path)] == [SECOND]


def test_without_a_bottleneck_what_waited_leaves() -> None:
    path = link(Conditions(effect=Effect(rate=Rate(bits=8_000))))
    for number in range(3):
        path.offer(packet(number), now=0)
    path.change(Conditions(), now=MS)
    assert [number_of(data) for data in path.collect(now=MS)] == [0, 1, 2]


def test_a_link_taken_down_drops_and_keeps_its_chains() -> None:
    lossy = Conditions(effect=Effect(loss=Loss(0.5)))
    down = Conditions(effect=Effect(loss=Loss(0.5)), up=False)
    steady, turned = link(lossy), link(lossy)
    first = [number_of(data) for _, data in journey(steady, sent(200, MS))]
    for now, data in sent(200, MS):
        if now == 50 * MS:
            turned.change(down, now=now)
        if now == 100 * MS:
            turned.change(lossy, now=now)
        turned.offer(data, now=now)
    second = [number_of(data) for _, data in drain(turned)]
    assert second == [number for number in first if not 50 <= number < 100]
    assert turned.counts.outage_drops > 0


def test_the_same_seed_does_the_same_and_directions_differ() -> None:
    conditions = Conditions(
        effect=Effect(loss=Loss(0.1, 3), delay=Delay(latency_ns=9 * MS, jitter_ns=5 * MS), duplicate=0.1)
    )
    one, same, other, back = (
        journey(link(conditions, seed, name), sent(500, MS))
        for seed, name in ((1, "out"), (1, "out"), (2, "out"), (1, "in"))
    )
    assert one == same
    assert one not in (other, back)


def test_what_is_held_at_the_end_is_counted() -> None:
    path = link(Conditions(effect=Effect(delay=Delay(latency_ns=SECOND))))
    path.offer(packet(), now=0)
    path.clear()
    assert (path.counts.cleared, path.held) == (1, 0)


def test_an_empty_packet_is_one() -> None:
    path = link(Conditions(effect=Effect(corrupt=1.0)))
    path.offer(b"", now=0)
    assert path.collect(now=0) == [b""]
