"""What was asked for beside what was measured, with an interval and a verdict. Pure.

A verdict is of the interval, not of the figure: three packets of ten are no contradiction to a loss of 3 %.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from procwire.shaping.emulation.conditions import Conditions
from procwire.shaping.emulation.counts import Counts, Delays, Peak
from procwire.shaping.emulation.delaying import NORMAL, PARETO, UNIFORM
from procwire.shaping.impairment import Delay, Effect
from procwire.shaping.loss import LossModel
from procwire.shaping.measure.intervals import Z_999, Interval, clustered, of_quantile, wilson
from procwire.shaping.quantities import show_rate, show_share, show_span

AGREES, DIFFERS, TOO_FEW, SEEN = "agrees", "differs", "too few packets", ""
LEAST_PACKETS = 30  # below, an interval says nothing
TIMER_NS = 2_000_000  # how late a program is woken on a busy machine
RATE_TOLERANCE = 0.02
_MEDIANS = {UNIFORM: 0.0, NORMAL: 0.0, PARETO: (0.5 ** (-1 / 3) - 1.5) * 4 / 3}  # in units of the jitter


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One line of a comparison; ``measured`` and the interval as people read them."""

    way: str
    name: str
    configured: str
    measured: str
    interval: str = ""
    verdict: str = SEEN

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def of_link(way: str, conditions: Conditions, counts: Counts, delays: Delays, peak: Peak) -> list[Figure]:
    """Everything that one direction of an emulated path was asked for and did."""
    effect, figures = conditions.effect, []
    tried = counts.offered + counts.duplicated
    if effect.loss is not None:
        share = effect.loss.mean
        figures.append(loss_figure(way, effect.loss, counts.lost + counts.marked, tried))
        if share and counts.marked:
            figures.append(_seen(way, "marked", counts.marked))
    for name, wanted, hits in (
        ("duplicate", effect.duplicate, counts.duplicated),
        ("corrupt", effect.corrupt, counts.corrupted),
    ):
        if wanted:
            figures.append(share_figure(way, name, wanted, hits, counts.offered))
    if effect.reorder is not None:
        wanted = reordered_share(effect)
        figures.append(share_figure(way, "reorder", wanted, counts.reordered, tried - counts.lost))
    if effect.delay is not None:
        figures.append(delay_figure(way, effect, sorted(delays.kept), queued=_queues(conditions)))
    figures += _speed(way, conditions, peak)
    for name in ("queue_drops", "limit_drops", "aqm_drops", "outage_drops"):
        if hits := getattr(counts, name):
            figures.append(_seen(way, name.replace("_", " "), hits))
    return figures


def loss_figure(way: str, loss: LossModel, lost: int, of: int) -> Figure:
    """Loss, its interval widened by the bursts that it comes in."""
    burst = loss.mean_burst
    words = show_share(round(loss.mean, 6)) + (f" in bursts of {burst:.3g}" if burst > 1.5 else "")
    interval = clustered(lost, of, min(burst, 1e6), Z_999)
    return _judged(way, ("loss", words), (lost, of), interval, loss.mean)


def share_figure(way: str, name: str, wanted: float, hits: int, of: int) -> Figure:
    """A share of independent packets."""
    return _judged(way, (name, show_share(round(wanted, 6))), (hits, of), wilson(hits, of, Z_999), wanted)


def delay_figure(way: str, effect: Effect, ordered: list[int], *, queued: bool, base: int = 0) -> Figure:
    """The median delay. Behind a bottleneck, or in slots, it may be higher; never is it lower.

    ``base`` is what the path takes without the effect.
    """
    delay = effect.delay or Delay(latency_ns=0)
    words = show_span(delay.latency_ns)
    if delay.jitter_ns:
        words += f" ±{show_span(delay.jitter_ns)} {delay.distribution}"
    if not ordered:
        return Figure(way=way, name="delay", configured=words, measured="-", verdict=TOO_FEW)
    low, high = of_quantile(ordered, 0.5, Z_999)
    middle, late = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]
    wanted = delay.latency_ns + round(delay.jitter_ns * _MEDIANS.get(delay.distribution, -0.24)) + base
    slack = TIMER_NS + delay.jitter_ns // 20
    fits = low <= wanted + slack and (queued or delay.keep_order or high >= wanted - slack)
    if queued or delay.keep_order:
        fits = high >= wanted - slack
    verdict = TOO_FEW if len(ordered) < LEAST_PACKETS else AGREES if fits else DIFFERS
    measured = f"{spoken(middle)}, 95% below {spoken(late)}"
    return Figure(
        way=way, name="delay", configured=words, measured=measured,
        interval=f"{spoken(low)} to {spoken(high)}", verdict=verdict,
    )  # fmt: skip


def reordered_share(effect: Effect) -> float:
    """Of packets that one overtakes: after it ``gap`` - 1 must wait, then each has the chance."""
    if effect.reorder is None or not effect.reorder.share:
        return 0.0
    return 1.0 / (max(effect.reorder.gap, 1) - 1 + 1.0 / effect.reorder.share)


def spoken(nanoseconds: float) -> str:
    """A measured time span, with no more digits than it has."""
    for unit, size in (("s", 1e9), ("ms", 1e6), ("us", 1e3)):
        if abs(nanoseconds) >= size:
            return (
                f"{nanoseconds / size:.3g}{unit}"
                if nanoseconds < 999.5 * size
                else f"{nanoseconds / size:.0f}{unit}"
            )
    return f"{nanoseconds:.0f}ns"


def spoken_rate(bits: float) -> str:
    """A measured rate."""
    for unit, size in (("gbit", 1e9), ("mbit", 1e6), ("kbit", 1e3)):
        if bits >= size:
            return f"{bits / size:.3g}{unit}"
    return f"{bits:.0f}bit"


def _judged(
    way: str, told: tuple[str, str], counted: tuple[int, int], interval: Interval, wanted: float
) -> Figure:
    name, words = told
    hits, of = counted
    fits = interval[0] - 1e-9 <= wanted <= interval[1] + 1e-9
    return Figure(
        way=way, name=name, configured=words,
        measured=f"{percent(hits / of) if of else '-'}, {hits} of {of}",
        interval=f"{percent(interval[0])} to {percent(interval[1])}",
        verdict=TOO_FEW if of < LEAST_PACKETS and fits else AGREES if fits else DIFFERS,
    )  # fmt: skip


def percent(share: float) -> str:
    """A measured share."""
    return f"{share * 100:.3g}%"


def _speed(way: str, conditions: Conditions, peak: Peak) -> list[Figure]:
    rate = conditions.effect.rate
    bits = peak.most * 8
    if rate is None:
        return (
            [Figure(way=way, name="rate", configured="trace", measured=_busiest(bits))]
            if conditions.trace
            else []
        )
    burst = (rate.burst_bytes or 0) * 8
    fits = bits <= rate.bits * (1 + RATE_TOLERANCE) + burst + 12_000
    return [
        Figure(
            way=way, name="rate", configured=show_rate(rate.bits), measured=_busiest(bits),
            verdict=AGREES if fits else DIFFERS,
        )
    ]  # fmt: skip


def _busiest(bits: int) -> str:
    return f"{spoken_rate(bits)} in the busiest second"


def _queues(conditions: Conditions) -> bool:
    return bool(conditions.effect.rate or conditions.trace or conditions.effect.slot or conditions.outage)


def _seen(way: str, name: str, hits: int) -> Figure:
    return Figure(way=way, name=name, configured="", measured=f"{hits} packets")
