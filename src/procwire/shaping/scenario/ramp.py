"""Effects between two others. Pure.

Delays, rates, shares and bursts move; what cannot be half (a distribution, a queue) is that of the goal from
the beginning. ``exponential`` moves by equal factors, so a rate falls from 10 to 1 mbit as fast as from 1
mbit to 100 kbit; where one end is nothing it is linear. ``sine`` is slow at both ends.
"""

from __future__ import annotations

from dataclasses import replace
from math import cos, pi

from procwire.shaping.impairment import Delay, Effect, Rate, Reorder
from procwire.shaping.loss import Loss, LossModel
from procwire.shaping.scenario.plan import Effects, Ramp

SMALLEST = 1e-9  # of a share on its way: the kernel's units are a quarter of it


def between(before: Effects, after: Effects, part: float, ramp: Ramp) -> Effects:
    """What it is after ``part`` of the way, 0 to 1."""
    return Effects(
        egress=_effect(before.egress, after.egress, part, ramp),
        ingress=_effect(before.ingress, after.ingress, part, ramp),
    )


def value(before: float, after: float, part: float, ramp: Ramp) -> float:
    """A number on its way."""
    if part >= 1.0 or ramp == "step":
        return after
    if ramp == "exponential" and before > 0 and after > 0:
        return float(before * (after / before) ** part)
    if ramp == "sine":
        part = (1 - cos(pi * part)) / 2
    return before + (after - before) * part


def _share(before: float, after: float, part: float, ramp: Ramp) -> float:
    share = value(before, after, part, ramp)
    return share if share >= SMALLEST else 0.0


def _effect(before: Effect | None, after: Effect | None, part: float, ramp: Ramp) -> Effect | None:
    if part >= 1.0 or (before is None and after is None):
        return after
    old, new = before or Effect(), after or Effect()
    shape = new if after is not None else old
    delay = _delay(old.delay, new.delay, part, ramp)
    reorder = _reorder(old.reorder, new.reorder, part, ramp)
    return replace(
        shape,
        delay=delay,
        loss=_loss(old.loss, new.loss, part, ramp),
        duplicate=_share(old.duplicate, new.duplicate, part, ramp),
        corrupt=_share(old.corrupt, new.corrupt, part, ramp),
        reorder=reorder if delay is not None and delay.latency_ns and not delay.keep_order else None,
        rate=_rate(old.rate, new.rate, part, ramp),
        ecn=shape.ecn and (old.loss or new.loss) is not None,
    )


def _delay(before: Delay | None, after: Delay | None, part: float, ramp: Ramp) -> Delay | None:
    if before is None and after is None:
        return None
    old, new = before or Delay(latency_ns=0), after or Delay(latency_ns=0)
    shape = new if new.jitter_ns or after is not None else old
    latency = round(value(old.latency_ns, new.latency_ns, part, ramp))
    jitter = min(latency, round(value(old.jitter_ns, new.jitter_ns, part, ramp)))
    if not jitter:
        return Delay(latency_ns=latency, keep_order=shape.keep_order)
    return replace(shape, latency_ns=latency, jitter_ns=jitter)


def _loss(before: LossModel | None, after: LossModel | None, part: float, ramp: Ramp) -> LossModel | None:
    if before is None and after is None:
        return None
    if not isinstance(before, Loss | None) or not isinstance(after, Loss | None):
        return after  # chains have no way between them
    old, new = before or Loss(0.0), after or Loss(0.0)
    share = _share(old.share, new.share, part, ramp)
    if not share:
        return None
    if old.burst is None and new.burst is None:
        return Loss(share)
    first, last = old.burst or new.burst or 1.0, new.burst or old.burst or 1.0
    burst = value(first, last, part, ramp)
    return Loss(share, burst) if share <= burst / (1 + burst) else Loss(share)


def _rate(before: Rate | None, after: Rate | None, part: float, ramp: Ramp) -> Rate | None:
    """A way from no bound at all has no beginning: the goal holds at once, and the bound ends at the end."""
    if before is None or after is None:
        return after if before is None else before
    return replace(after, bits=max(8, round(value(before.bits, after.bits, part, ramp))))


def _reorder(before: Reorder | None, after: Reorder | None, part: float, ramp: Ramp) -> Reorder | None:
    if before is None and after is None:
        return None
    old, new = before or Reorder(share=0.0), after or Reorder(share=0.0)
    share = _share(old.share, new.share, part, ramp)
    return Reorder(share=share, gap=(after or old).gap) if share else None
