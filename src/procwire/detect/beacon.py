"""Beacons: a program that calls the same place again and again, regularly, in calls of the same size.

The score is the weighted mean of four measures, each from 0 to 1, which stand in the finding:

- ``interval`` and ``size``: how alike the times between calls, and the bytes sent, are. The mean of Bowley's
  skewness and of the median absolute deviation over the median, as RITA takes them; where all values are so
  alike that a skewness has no meaning, the second alone (RITA then counts the first as 1, which inflates it).
- ``rhythm``: the share of calls that come one, two or three usual intervals after the one before, within a
  quarter of it: jitter and a missed call harm it less.
- ``periodic``: the autocovariance of the calls at one usual interval, give or take a quarter, as a share of
  the most that it can be: near 0 for calls at random, however many, near 1 for regular ones, jitter or not.
- ``steady``: how much of the time since the first call the calls span, in twelve parts.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from statistics import median, quantiles
from typing import ClassVar

from procwire.detect.contract import SECOND, Detector, Kept, Subject, answered, scope, subject
from procwire.model.finding import MAX_EVIDENCE, Finding
from procwire.model.rows import FlowRow

MAX_CALLS = 512  # the newest that a pair is judged by
PARTS = 12
JITTER = 0.25  # of the median interval that a call may be off
WEIGHTS = {"interval": 0.3, "rhythm": 0.15, "periodic": 0.15, "size": 0.2, "steady": 0.2}
LOSS = 0.18  # of a place that many call
BINS = 8  # of one usual interval, that the autocovariance is taken over
REGULAR = frozenset({  # call regularly by their nature
    "ntp", "dns", "mdns", "llmnr", "nbns", "ssdp", "dhcp", "dhcpv6", "icmp", "icmp6", "arp", "igmp", "snmp",
    "bgp", "syslog", "statsd", "netflow", "sflow", "stun", "rtp", "rtcp", "radius", "lldp",
})  # fmt: skip


class _Pair:
    def __init__(self, who: Subject, number: int) -> None:
        self.who = who
        self.number = number
        self.row: FlowRow | None = None
        self.calls: deque[tuple[int, int, str]] = deque(maxlen=MAX_CALLS)  # start, bytes sent, flow
        self.seen = 0
        self.told = 0  # how many calls there were when it was told of


class Beacon(Detector):
    """See the module."""

    NAME = "beacon"
    TITLE = "Beaconing"
    SEVERITY = "medium"
    ATTACK = ("T1071", "T1573")
    CONTROLS = (
        "Only global addresses (setting internal: all), not what this host answers; "
        "services that are regular by their nature (NTP, DNS, discovery, monitoring) and calls that nobody "
        "answered are left out; places that three or more programs or hosts call lose 0.18 (setting common)."
    )
    SETTINGS: ClassVar = {
        "calls": (12, "Least number of calls."),
        "score": (0.8, "Least score."),
        "shortest": (1, "Shortest median interval, in seconds: below it is a download in pieces."),
        "internal": (0, "1: also look at private addresses."),
        "common": (3, "So many programs or hosts that call a place make it a common one."),
    }

    def __init__(self, settings: dict[str, float] | None = None) -> None:
        super().__init__(settings)
        self._pairs: Kept[_Pair] = Kept()
        self._callers: Kept[set[Subject]] = Kept()

    def ended(self, row: FlowRow, now: int) -> Iterable[Finding]:
        """See Detector."""
        flow = row.flow
        if flow.app in REGULAR or not answered(flow) or not flow.opener_seen or not self._watched(flow.dst):
            return
        if row.owner.side == "dst" and row.owner.peer is None:
            return  # this host is asked, by a health check as well as by anybody
        who, place = subject(row), (flow.server_name or flow.dst, flow.dport, flow.proto)
        callers = self._callers.of(place, set)
        if len(callers) < self.settings["common"]:
            callers.add(who)
        pair = self._pairs.of((who, place), lambda: _Pair(who, len(self._pairs)))
        pair.row = row
        pair.seen += 1
        pair.calls.append((flow.first, flow.payload_out, flow.flow_id))
        if pair.seen >= max(self.settings["calls"], 2 * pair.told) and pair.seen % 4 == 0:
            yield from self._judge(pair, place, now)

    def finish(self, now: int) -> Iterable[Finding]:
        """See Detector."""
        for (_, place), pair in self._pairs.items():
            if pair.seen >= self.settings["calls"] and not pair.told:
                yield from self._judge(pair, place, now)

    def _watched(self, address: str) -> bool:
        wide = {"global", "private", "link-local"} if self.settings["internal"] else {"global"}
        return scope(address) in wide

    def _judge(self, pair: _Pair, place: tuple[str, int, int], now: int) -> Iterator[Finding]:
        calls = sorted(pair.calls)
        times, sizes = [at for at, *_ in calls], [size for _, size, _ in calls]
        intervals = [later - earlier for earlier, later in pairwise(times) if later > earlier]
        if len(intervals) + 1 < self.settings["calls"]:
            return
        usual = median(intervals)
        if usual < self.settings["shortest"] * SECOND:
            return
        scores = {
            "interval": alike(intervals),
            "rhythm": rhythm(times, usual),
            "periodic": periodic(times, usual),
            "size": alike(sizes),
            "steady": steady(times),
        }
        common = len(self._callers.of(place, set)) >= self.settings["common"]
        score = sum(WEIGHTS[name] * value for name, value in scores.items()) - LOSS * common
        if score < self.settings["score"]:
            return
        pair.told = pair.seen
        yield self.found(
            f"{len(calls)} calls, one every {usual / SECOND:.1f} s, each of about {median(sizes):.0f} bytes",
            now=now, row=pair.row, source=pair.who.address, target=place[0], port=place[1],
            score=round(score, 3), scores=tuple(scores.items()), count=pair.seen,
            first=times[0], last=times[-1], flows=[name for *_, name in calls[-MAX_EVIDENCE:]],
        )  # fmt: skip


def alike(values: Sequence[int]) -> float:
    """How alike values are: 1 for all the same, near 0 for scattered ones."""
    middle = median(values)
    if middle < 1:
        return 1.0 if not any(values) else 0.0
    spread = max(0.0, 1 - median(abs(value - middle) for value in values) / middle)
    low, _, high = quantiles(values, n=4, method="inclusive")
    if high - low < 0.01 * middle:
        return spread
    skew = abs((low + high - 2 * middle) / (high - low))
    return (spread + 1 - skew) / 2


def rhythm(times: Sequence[int], usual: float) -> float:
    """The share of calls that come one, two or three usual intervals after the one before."""
    hits = 0
    for earlier, later in pairwise(times):
        steps = round((later - earlier) / usual)
        if 1 <= steps <= 3 and abs(later - earlier - steps * usual) <= JITTER * usual:
            hits += 1
    return hits / max(1, len(times) - 1)


def periodic(times: Sequence[int], usual: float) -> float:
    """The autocovariance over the lags within a quarter of the usual interval, as a share of its most.

    The series counts calls in bins of an eighth of the interval. It is nearly all zeros, so the sums go over
    the bins that are not; the mean is taken out by hand. Calls that all come at such lags reach 1, chance 0.
    """
    first, width, total = times[0], usual / BINS, len(times)
    counts = Counter(round((at - first) / width) for at in times)
    size, reach = max(counts) + 1, round(BINS * JITTER)
    mean, lags = total / size, range(BINS - reach, BINS + reach + 1)
    most = total - 1 - len(lags) * mean * total
    if most <= 0:
        return 0.0
    summed = 0.0
    for lag in lags:
        together = sum(count * counts[at + lag] for at, count in counts.items() if at + lag in counts)
        late = sum(count for at, count in counts.items() if at >= lag)
        early = sum(count for at, count in counts.items() if at < size - lag)
        summed += together - mean * (early + late) + max(0, size - lag) * mean * mean
    return max(0.0, min(1.0, summed / most))


def steady(times: Sequence[int]) -> float:
    """How many of twelve equal parts of the whole time have a call."""
    span = times[-1] - times[0] + 1
    return len({(at - times[0]) * PARTS // span for at in times}) / PARTS
