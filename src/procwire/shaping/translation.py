"""Effects as the kernel's objects: netem's options, tables of distributions, a queue that is long enough.
Pure.
"""

from __future__ import annotations

from functools import lru_cache
from math import sqrt
from statistics import NormalDist

from procwire.shaping.codec.htb import HtbClass
from procwire.shaping.codec.netem import Gilbert, Netem, Slots, States
from procwire.shaping.codec.units import WHOLE, parts
from procwire.shaping.impairment import Distribution, Effect, Rate
from procwire.shaping.loss import FourState, GilbertElliott, LossModel

PACKET_BYTES = 1514  # of a full Ethernet frame
USUAL_QUEUE_NS = 100_000_000  # what a bottleneck of ours holds beyond the delay
UNKNOWN_SPEED = 10**9  # bits a second of a link that does not say
LEAST_QUEUE, MOST_QUEUE = 1000, 1_000_000  # packets; netem's own default, and 2 GB of full frames
LEAST_BOTTLENECK_QUEUE = 50
SPARE = 1.25
FREE_RATE = 10**12 // 8  # bytes a second: a class that holds nothing back
FREE_BURST = 1 << 28
ORDERED_RATE = 10**11 // 8  # netem keeps the order of what it paces, however fast
TABLE_VALUES = 4096
SCALINGS = 8  # after which nothing moves any more
SCALE = 8192  # NETEM_DIST_SCALE: one standard deviation


def netem_of(effect: Effect, *, seed: int | None = None, speed: int = 0, had_table: bool = False) -> Netem:
    """All of an effect as netem does it, its bottleneck included."""
    delay = effect.delay
    loss, model = _loss(effect.loss)
    rate = effect.rate
    bytes_a_second = -(-rate.bits // 8) if rate is not None else 0
    if delay is not None and delay.keep_order and not bytes_a_second:
        bytes_a_second = ORDERED_RATE
    reorder = effect.reorder
    slot = effect.slot
    return Netem(
        latency=delay.latency_ns if delay is not None else 0,
        jitter=delay.jitter_ns if delay is not None else 0,
        delay_correlation=parts(delay.correlation) if delay is not None else 0,
        limit=queue_of(effect, speed=speed),
        loss=loss,
        model=model,
        duplicate=parts(effect.duplicate),
        gap=0 if reorder is None else max(1, reorder.gap),
        reorder=0 if reorder is None else parts(reorder.share),
        corrupt=parts(effect.corrupt),
        rate=bytes_a_second,
        overhead=rate.overhead if rate is not None else 0,
        cell_size=rate.cell_bytes if rate is not None else 0,
        cell_overhead=rate.cell_overhead if rate is not None else 0,
        ecn=effect.ecn,
        slots=Slots()
        if slot is None
        else Slots(slot.shortest_ns, slot.longest_ns, slot.packets, slot.size_bytes),
        seed=seed,
        table=_table_for(delay.distribution if delay is not None else "uniform", had_table=had_table),
    )


def queue_of(effect: Effect, *, speed: int = 0) -> int:
    """Packets that may wait: what is on its way during the delay, and what a bottleneck holds.

    netem counts a delayed packet as waiting: its own default of 1000 drops all above 60 Mbit/s at 200 ms.
    """
    if effect.queue_packets is not None:
        return effect.queue_packets
    delay = effect.delay
    waiting_ns = (delay.latency_ns + delay.jitter_ns) if delay is not None else 0
    if effect.slot is not None:
        waiting_ns += effect.slot.longest_ns
    if effect.rate is None:
        bits = speed or UNKNOWN_SPEED
        return max(LEAST_QUEUE, min(MOST_QUEUE, _packets(bits, waiting_ns) + LEAST_QUEUE))
    held = _packets(effect.rate.bits, waiting_ns + USUAL_QUEUE_NS)
    return max(LEAST_BOTTLENECK_QUEUE, min(MOST_QUEUE, held))


def class_of(rate: Rate | None) -> HtbClass:
    """A class that empties at a rate, or holds nothing back."""
    if rate is None:
        return HtbClass(rate=FREE_RATE, ceil=FREE_RATE, burst=FREE_BURST, ceil_burst=FREE_BURST)
    bytes_a_second = -(-rate.bits // 8)
    burst = bucket_of(rate)
    return HtbClass(
        rate=bytes_a_second,
        ceil=bytes_a_second,
        burst=burst,
        ceil_burst=burst,
        overhead=max(0, rate.overhead),
    )


def bucket_of(rate: Rate) -> int:
    """Bytes that pass at once: as asked, or a frame, or what flows in 4 ms (a timer tick at 250 Hz)."""
    if rate.burst_bytes is not None:
        return rate.burst_bytes
    return max(PACKET_BYTES + 86, rate.bits // 8 // 250)


@lru_cache(maxsize=8)
def table(distribution: Distribution) -> tuple[int, ...]:
    """Values of a distribution, evenly likely, 8192 to a standard deviation.

    Pareto has shape 3; paretonormal is three parts of it and one of the normal. ``uniform`` reaches as far as
    netem's own: one jitter to each side.
    """
    if distribution == "uniform":
        steps = TABLE_VALUES - 1
        return tuple(round(SCALE * (2 * place / steps - 1)) for place in range(TABLE_VALUES))
    chances = [(place + 0.5) / TABLE_VALUES for place in range(TABLE_VALUES)]
    normal = NormalDist()
    if distribution == "normal":
        values = [normal.inv_cdf(chance) for chance in chances]
    elif distribution == "pareto":
        values = [_pareto(chance) for chance in chances]
    else:
        side = int(sqrt(TABLE_VALUES))
        few = [(place + 0.5) / side for place in range(side)]
        values = [0.75 * _pareto(one) + 0.25 * normal.inv_cdf(other) for one in few for other in few]
    return _scaled(values)


def _pareto(chance: float) -> float:
    """The quantile of Pareto's distribution of shape 3, less its mean, in standard deviations."""
    return float(((1.0 - chance) ** (-1.0 / 3.0) - 1.5) / sqrt(0.75))


def _scaled(values: list[float]) -> tuple[int, ...]:
    """Mean 0 and the deviation that the kernel counts in, also where a long tail is cut."""
    for _ in range(SCALINGS):
        mean = sum(values) / len(values)
        spread = sqrt(sum((value - mean) ** 2 for value in values) / len(values))
        values = [max(-4.0, min(4.0, (value - mean) / spread)) for value in values]
    return tuple(sorted(max(-32768, min(32767, round(SCALE * value))) for value in values))


def _table_for(distribution: Distribution, *, had_table: bool) -> tuple[int, ...] | None:
    if distribution == "uniform" and not had_table:
        return None
    return table(distribution)


def _loss(loss: LossModel | None) -> tuple[int, States | Gilbert | None]:
    if loss is None:
        return 0, None
    if isinstance(loss, FourState):
        states = (loss.p13, loss.p31, loss.p32, loss.p14, loss.p23)
        return 0, States(*(parts(share) for share in states))
    chain = loss if isinstance(loss, GilbertElliott) else loss.chain()
    if chain is None:
        return parts(loss.mean), None
    return 0, Gilbert(parts(chain.enter), parts(chain.leave), WHOLE - parts(chain.bad), parts(chain.good))


def _packets(bits: int, nanoseconds: int) -> int:
    return int(SPARE * bits * nanoseconds / 8 / 10**9 / PACKET_BYTES) + 1
