"""When and how often: what counts as the same, how long to wait, when a sink may rest, how many are too many.

No clock, no chance: ``now`` (ns) and ``draw`` (0 to 1) are given.
"""

from __future__ import annotations

import hashlib

from procwire.model.finding import Finding
from procwire.model.values import SECOND

FIRST_WAIT_NS = SECOND
LONGEST_WAIT_NS = 300 * SECOND
_MOST_DOUBLINGS = 20
BREAKER_FAILURES = 5  # in a row, after which a sink is left alone
REST_NS = 30 * SECOND
LONGEST_REST_NS = 300 * SECOND


def same(finding: Finding) -> str:
    """What two findings have in common that count as one: rule, who (its program, else its address), whom."""
    who = finding.exe or finding.process or finding.source
    parts = (finding.detector, who, finding.container, finding.target, str(finding.port or ""), finding.title)
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def wait(attempts: int, draw: float) -> int:
    """Before the next attempt, after so many that failed: exponential, with full jitter."""
    doublings = min(max(attempts - 1, 0), _MOST_DOUBLINGS)
    return int(min(LONGEST_WAIT_NS, FIRST_WAIT_NS << doublings) * draw)


class Breaker:
    """Lets one sink rest after BREAKER_FAILURES in a row; then one attempt decides whether it is back."""

    def __init__(self) -> None:
        self.failures = 0
        self.until = 0
        self._rest = REST_NS

    def allows(self, now: int) -> int:
        """How many may be sent at once: 0 while it rests, 1 to try it, else as many as there are (-1)."""
        if self.failures < BREAKER_FAILURES:
            return -1
        resting = self.until - LONGEST_REST_NS <= now < self.until  # a clock set back does not prolong it
        return 0 if resting else 1

    def worked(self) -> None:
        """It is there."""
        self.failures, self._rest = 0, REST_NS

    def failed(self, now: int) -> None:
        """It is not, or does not answer."""
        self.failures += 1
        if self.failures >= BREAKER_FAILURES:
            self.until = now + self._rest
            self._rest = min(2 * self._rest, LONGEST_REST_NS)


class Rate:
    """At most ``most`` in ``span_ns``, of critical alerts as many again: a flood must not hide these."""

    def __init__(self, most: int, span_ns: int) -> None:
        self.most = most
        self.span_ns = span_ns
        self._since = {True: 0, False: 0}
        self._count = {True: 0, False: 0}

    def allows(self, severity: str, now: int) -> bool:
        """Whether one more may be told; counts it."""
        critical = severity == "critical"
        if not 0 <= now - self._since[critical] < self.span_ns:
            self._since[critical], self._count[critical] = now, 0
        self._count[critical] += 1
        return self._count[critical] <= self.most
