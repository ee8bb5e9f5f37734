"""What netem's correlated loss really loses: nearly nothing of what it says. Pure.

``get_crandom()`` (net/sched/sch_netem.c) draws a number, mixes it with the one before, ``x = (1-c)u +
c*x'``, and loses the packet where the mix is at most the share. Mixed numbers gather round the middle, so
small ones are rare: ``loss 8% 25%`` loses 0.93 %. The same holds for correlated duplication, corruption and
reordering. The share is that of the stationary distribution of x, found here by iterating its integral
equation on a grid; nothing is random.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import pairwise

from procwire.shaping.failure import InvalidError

CELLS = 1 << 13  # of the grid
ROUNDS = 400  # at most; it ends when nothing moves any more
STILL = 1e-9
MOST_CORRELATION = 0.95  # beyond, the grid is too coarse to be honest


def effective_share(share: float, correlation: float) -> float:
    """The share that netem loses for ``loss SHARE CORRELATION``, both 0 to 1. Raises InvalidError."""
    if not 0.0 <= share <= 1.0:
        raise InvalidError("share", f"must be between 0% and 100%, not {share!r}")
    if not 0.0 <= correlation <= MOST_CORRELATION:
        raise InvalidError(
            "correlation", f"must be between 0% and {MOST_CORRELATION:.0%}, not {correlation!r}"
        )
    if correlation == 0.0 or share in (0.0, 1.0):
        return share
    return _at(_distribution(correlation), share)


def needed_share(wanted: float, correlation: float) -> float:
    """What must be said to netem to lose ``wanted`` with this correlation. Raises InvalidError."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        if effective_share(middle, correlation) < wanted:
            low = middle
        else:
            high = middle
    return high


@lru_cache(maxsize=8)
def _distribution(correlation: float) -> tuple[float, ...]:
    """P(x <= i/CELLS) for each i: F(x) is the mean of F((x - (1-c)u) / c) over u from 0 to 1."""
    now = [index / CELLS for index in range(CELLS + 1)]
    for _ in range(ROUNDS):
        sums = _integral(now)
        scale = correlation / (1.0 - correlation)
        step = 1.0 / CELLS
        after = [
            scale
            * (
                _area(sums, x * step / correlation)
                - _area(sums, (x * step - 1.0 + correlation) / correlation)
            )
            for x in range(CELLS + 1)
        ]
        moved = max(abs(new - old) for new, old in zip(after, now, strict=True))
        now = after
        if moved < STILL:
            break
    return tuple(now)


def _integral(values: list[float]) -> list[float]:
    """The area below the curve, from 0 to each point of the grid."""
    total, sums = 0.0, [0.0]
    for left, right in pairwise(values):
        total += (left + right) / (2 * CELLS)
        sums.append(total)
    return sums


def _area(sums: list[float], x: float) -> float:
    """The area up to ``x``: none below 0, and the whole plus what lies beyond 1, where F is 1."""
    if x <= 0.0:
        return 0.0
    return sums[-1] + x - 1.0 if x >= 1.0 else _at(sums, x)


def _at(values: list[float] | tuple[float, ...], x: float) -> float:
    place = x * CELLS
    index = min(int(place), CELLS - 1)
    return values[index] + (values[index + 1] - values[index]) * (place - index)
