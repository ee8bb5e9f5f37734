"""How far a measured share, delay or distribution can be from the true one. Pure.

``z`` is the normal quantile of a two-sided confidence: 1.96 for 95 %, 2.576 for 99 %, 3.291 for 99.9 %,
3.891 for 99.99 %.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import log, sqrt

Z_95, Z_99, Z_999, Z_9999 = 1.959964, 2.575829, 3.290527, 3.890592
Interval = tuple[float, float]


def wilson(hits: int, of: int, z: float = Z_95) -> Interval:
    """Wilson's score interval of a share (1927); honest for shares near 0 and for few packets."""
    if of <= 0:
        return 0.0, 1.0
    share, square = hits / of, z * z
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = z / (1 + square / of) * sqrt(share * (1 - share) / of + square / (4 * of * of))
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return (0.0 if hits == 0 else low), (1.0 if hits == of else high)


def clustered(hits: int, of: int, burst: float, z: float = Z_95) -> Interval:
    """The same where losses come in bursts of so many on average: fewer packets are independent.

    A two-state chain with mean burst b has lag-1 correlation 1 - 1/b - p/(b(1-p)), so its share varies
    (1 + c)/(1 - c) times as much as that of independent packets.
    """
    share = hits / of if of else 0.0
    if burst <= 1.0 or not 0.0 < share < 1.0:
        return wilson(hits, of, z)
    alike = min(0.999, max(0.0, 1.0 - 1.0 / burst - share / (burst * (1.0 - share))))
    inflated = (1.0 + alike) / (1.0 - alike)
    return wilson(round(hits / inflated), max(1, round(of / inflated)), z)


def of_quantile(ordered: Sequence[int], share: float, z: float = Z_95) -> tuple[int, int]:
    """Two of the values that the true quantile is between (order statistics; no distribution is assumed)."""
    if not ordered:
        return 0, 0
    count = len(ordered)
    half = z * sqrt(count * share * (1 - share))
    low = max(0, int(count * share - half) - 1)
    high = min(count - 1, int(count * share + half) + 1)
    return ordered[low], ordered[high]


def of_mean(values: Sequence[float], z: float = Z_95) -> Interval:
    """Of the mean of independent values."""
    count = len(values)
    if count < 2:
        return (values[0], values[0]) if values else (0.0, 0.0)
    mean = sum(values) / count
    half = z * sqrt(sum((value - mean) ** 2 for value in values) / (count - 1) / count)
    return mean - half, mean + half


def farthest(values: Sequence[float], share_below: Callable[[float], float]) -> float:
    """Kolmogorov's and Smirnov's distance between values and a distribution."""
    ordered, count = sorted(values), len(values)
    return max(
        max((rank + 1) / count - (at := share_below(value)), at - rank / count)
        for rank, value in enumerate(ordered)
    )


def allowed(count: int, risk: float = 1e-4) -> float:
    """The distance that values of the very distribution exceed with this chance (Massart's bound)."""
    return sqrt(log(2.0 / risk) / (2.0 * count))


def bursts(lost: Sequence[bool]) -> list[int]:
    """Lengths of the runs of losses."""
    lengths: list[int] = []
    running = 0
    for each in lost:
        if each:
            running += 1
        elif running:
            lengths.append(running)
            running = 0
    return [*lengths, running] if running else lengths


def extents(arrived: Sequence[int]) -> list[int]:
    """The reordering extent of each late packet, by numbers in the order of arrival (RFC 4737, 4.2).

    A packet is late where a later one came before it; its extent is how many arrivals ago the first of those
    was.
    """
    found: list[int] = []
    records: list[tuple[int, int]] = []  # (number, place) of each new highest number
    highest = -1
    for place, number in enumerate(arrived):
        if number > highest:
            highest = number
            records.append((number, place))
            continue
        low, high = 0, len(records) - 1
        while low < high:  # the first record above it
            middle = (low + high) // 2
            if records[middle][0] > number:
                high = middle
            else:
                low = middle + 1
        found.append(place - records[low][1])
    return found
