"""What probes found, beside what was asked for. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from procwire.shaping.impairment import Effect
from procwire.shaping.loss import Loss
from procwire.shaping.measure.comparison import (
    AGREES,
    DIFFERS,
    TIMER_NS,
    TOO_FEW,
    Figure,
    delay_figure,
    loss_figure,
    reordered_share,
    share_figure,
    spoken_rate,
)
from procwire.shaping.measure.intervals import Z_999, bursts, extents, of_mean
from procwire.shaping.quantities import show_rate

NETEM_LIMIT = 1000  # packets, where nobody says otherwise (sch_netem.c)
LEAST_BURSTS = 20
PACKET_BITS = 12_000
TCP_SHARE = 0.8  # of a rate, that a stream without losses reaches at least


def of_probes(way: str, effect: Effect, sent: int, arrived: Sequence[tuple[int, int]]) -> list[Figure]:
    """Loss, bursts, duplicates, order and delay of one direction. Arrivals are (number, delay in ns)."""
    first: dict[int, int] = {}
    for number, delay in arrived:
        first.setdefault(number, delay)
    lost = sent - len(first)
    damaged = effect.corrupt  # a probe with a flipped bit fails its checksum: it is lost to whoever measures
    loss = effect.loss or Loss(0.0)
    if damaged:
        loss = Loss(min(1.0, loss.mean + (1 - loss.mean) * damaged))
    figures = [loss_figure(way, loss, lost, sent)]
    if effect.loss is not None and effect.loss.mean_burst > 1.5 and not damaged:
        figures.append(_bursts(way, effect, first, sent))
    if effect.duplicate or len(arrived) > len(first):
        figures.append(
            share_figure(way, "duplicate", effect.duplicate, len(arrived) - len(first), max(1, len(first)))
        )
    late = extents([number for number, _ in arrived])
    if effect.reorder is not None or late:
        words = "" if effect.reorder is None else f"{reordered_share(effect) * 100:.3g}% go ahead"
        most = f", by {max(late)} at most" if late else ""
        figures.append(
            Figure(way=way, name="out of order", configured=words, measured=f"{len(late)} packets{most}")
        )
    queued = effect.rate is not None or effect.slot is not None or effect.reorder is not None
    ordered = sorted(first.values())
    if effect.reorder is not None:
        figures.append(_with_overtakers(way, effect, ordered))
    else:
        figures.append(delay_figure(way, effect, ordered, queued=queued))
    return figures


def of_stream(way: str, effect: Effect, bits: float, whole: float = math.inf) -> Figure:
    """TCP's goodput: never more than the rate; nearly all of it where nothing is lost. See probing.Speed."""
    rate = effect.rate
    if rate is not None and bits > rate.bits * 1.02:
        bits = min(bits, whole)
    if rate is None:
        return Figure(way=way, name="goodput", configured="", measured=spoken_rate(bits))
    free = effect.loss is None and not effect.corrupt and effect.reorder is None
    fits = bits <= rate.bits * 1.02 and (not free or bits >= rate.bits * TCP_SHARE)
    return Figure(
        way=way, name="goodput", configured=f"at most {show_rate(rate.bits)}", measured=spoken_rate(bits),
        verdict=AGREES if fits else DIFFERS,
    )  # fmt: skip


def warnings(effect: Effect, *, offloads: Sequence[str] = (), emulated: bool = False) -> list[str]:
    """What spoils a measurement, or what the effect itself, without being asked for."""
    found = []
    if offloads and not emulated:
        found.append(
            f"{', '.join(offloads)} on: a packet of up to 64 KB is lost, delayed and counted as one; "
            "ethtool -K IFACE gso off tso off gro off makes it exact"
        )
    wait = effect.latency_ns + (effect.delay.jitter_ns if effect.delay else 0)
    if wait and not emulated:
        limit = effect.queue_packets or NETEM_LIMIT
        most = limit * 10**9 / wait
        if effect.rate is None or effect.rate.bits > most * PACKET_BITS:
            speed = spoken_rate(most * PACKET_BITS)
            found.append(
                f"a queue of {limit} packets holds the delayed ones, too: more than {speed} is dropped"
            )
    if effect.loss is not None and effect.loss.mean > 0.3 and not emulated:
        found.append("ARP and neighbour discovery are lost as well: a neighbour may not be found at all")
    return found


def interval_for(effects: Sequence[Effect], size: int) -> int:
    """How far apart probes are, in ns: 5 ms, or so that they take a fifth of the slowest rate."""
    slowest = min((effect.rate.bits for effect in effects if effect.rate is not None), default=0)
    return max(5_000_000, size * 8 * 5 * 10**9 // slowest) if slowest else 5_000_000


def _bursts(way: str, effect: Effect, first: dict[int, int], sent: int) -> Figure:
    lengths = bursts([number not in first for number in range(sent)])
    wanted = effect.loss.mean_burst if effect.loss is not None else 1.0
    low, high = of_mean(lengths, Z_999)
    mean = sum(lengths) / len(lengths) if lengths else 0.0
    verdict = TOO_FEW if len(lengths) < LEAST_BURSTS else AGREES if low <= wanted <= high else DIFFERS
    return Figure(
        way=way, name="burst", configured=f"{wanted:.3g} on average",
        measured=f"{mean:.3g} of {len(lengths)}",
        interval=f"{low:.3g} to {high:.3g}", verdict=verdict,
    )  # fmt: skip


def _with_overtakers(way: str, effect: Effect, ordered: list[int]) -> Figure:
    """Those that overtake did not wait: they are left out of the delay of the others."""
    slack = TIMER_NS + (effect.delay.jitter_ns if effect.delay is not None else 0)
    waited = [delay for delay in ordered if delay >= effect.latency_ns - 4 * slack or not effect.latency_ns]
    return delay_figure(way, effect, waited, queued=effect.rate is not None or effect.slot is not None)
