"""DNS tunnels: data carried in the names that are asked for, under one domain.

Judged for each asker and registered domain: how many different names were asked for, how long and how random
they are, which record types, and how many bytes they carry, there and back. Where hardly a name is long, and
hardly an answer large, the score is low.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from procwire.detect.contract import MINUTE, SECOND, Detector, Kept, Subject, opener, subject
from procwire.detect.suffixes import registered
from procwire.model.finding import MAX_EVIDENCE, Finding
from procwire.model.observed import ObservationRow
from procwire.model.rows import FlowRow

MAX_NAMES = 4096  # different names under one domain that are told apart
CARRIERS = frozenset({"null", "txt", "key", "cname", "mx", "srv", "private", "dnskey", "naptr"})
NAMES_OF_ADDRESSES = ("in-addr.arpa", "ip6.arpa")
WEIGHTS = {"different": 0.25, "long": 0.3, "random": 0.25, "records": 0.1, "volume": 0.1}
LONG_BYTES, RANDOM_BITS, MUCH_BYTES = 40, 4.2, 20_000  # where a measure is 1
LONG_NAME_BYTES = (
    24  # shorter ones carry little: hosts of a content network are told by number, polls are short
)
KNOWN_NS = 2 * SECOND  # an owner that is not known by then is not waited for
LARGE_ANSWER_BYTES = 200  # of a record that can carry anything: what a tunnel brings down
MANY_LONG = 10  # so many of the longer names, or larger answers, make a tunnel possible


class _Domain:
    def __init__(self, since: int) -> None:
        self.since = since
        self.names: set[int] = set()
        self.queries = self.bytes = self.carriers = self.long = 0
        self.missing = self.answered = self.large = 0
        self.letters: Counter[str] = Counter()
        self.flows: dict[str, None] = {}
        self.row: FlowRow | None = None
        self.judged = 0
        self.told = False


class Tunnel(Detector):
    """See the module."""

    NAME = "dns-tunnel"
    TITLE = "DNS tunnel"
    SEVERITY = "high"
    ATTACK = ("T1071.004", "T1572", "T1048.003")
    CONTROLS = (
        "Reverse look-ups, .local and .arpa are left out; content networks ask for many names, but short, "
        "and get addresses. "
        "Look-ups of file hashes by virus scanners look the same: exempt their domain."
    )
    SETTINGS: ClassVar = {
        "window": (10, "Minutes that are looked at together."),
        "names": (40, "Least number of different names under one domain."),
        "score": (0.6, "Least score."),
    }

    def __init__(self, settings: dict[str, float] | None = None) -> None:
        super().__init__(settings)
        registered(
            "b\u00fccher.example.com"
        )  # loads the list, and how such names are spelt: later nothing may be
        self._domains: Kept[_Domain] = Kept()

    def observed(self, row: ObservationRow, now: int) -> Iterable[Finding]:
        """See Detector."""
        seen: Any = row.seen
        if seen.TABLE != "dns":
            return
        name = seen.query.lower().rstrip(".")
        domain = registered(name)
        if not domain or domain == name or name.endswith((*NAMES_OF_ADDRESSES, ".local", ".arpa")):
            return
        who = subject(row)
        found = self._domains.of((who, domain), lambda: _Domain(now))
        if now - found.since > self.settings["window"] * MINUTE:
            self._domains.drop((who, domain))
            found = self._domains.of((who, domain), lambda: _Domain(now))
        if seen.message == "response":
            found.missing += seen.rcode == "nxdomain"
            found.answered += seen.size_bytes
            found.large += seen.size_bytes >= LARGE_ANSWER_BYTES and _carries(seen.query_type.lower())
        elif seen.message == "query":
            _count(found, name[: -len(domain) - 1], seen.query_type.lower(), row)
            if len(found.names) >= max(self.settings["names"], 2 * found.judged) and _settled(found, now):
                found.judged = len(found.names)
                yield from self._judge(who, domain, found, now)

    def finish(self, now: int) -> Iterable[Finding]:
        """See Detector: what was too young to be judged."""
        for (who, domain), found in self._domains.items():
            if len(found.names) >= self.settings["names"]:
                yield from self._judge(who, domain, found, now)

    def _judge(self, who: Subject, domain: str, found: _Domain, now: int) -> Iterator[Finding]:
        scores = {
            "different": len(found.names) / found.queries,
            "long": min(1.0, found.bytes / found.queries / LONG_BYTES),
            "random": min(1.0, entropy(found.letters) / RANDOM_BITS),
            "records": found.carriers / found.queries,
            "volume": min(1.0, (found.bytes + found.large * LARGE_ANSWER_BYTES) / MUCH_BYTES),
        }
        weighed = sum(WEIGHTS[name] * value for name, value in scores.items())
        score = weighed * min(1.0, max(found.long, found.large) / MANY_LONG)
        if score < self.settings["score"] or found.told:
            return
        found.told = True
        yield self.found(
            f"{len(found.names)} different names under {domain} in {found.queries} queries, "
            f"{found.bytes / found.queries:.0f} bytes each, {found.missing} do not exist, "
            f"{found.answered:,} bytes of answers",
            now=now, row=found.row, source=who.address, target=domain, score=round(score, 3),
            scores=tuple(scores.items()), count=found.queries, first=found.since, last=now,
            flows=list(found.flows),
        )  # fmt: skip


def _settled(found: _Domain, now: int) -> bool:
    """Whether it is known who asks, or will not be known by waiting."""
    return found.row is None or opener(found.row) is not None or now - found.since > KNOWN_NS


def _carries(kind: str) -> bool:
    """Whether records of this type hold what one likes."""
    return kind in CARRIERS or kind.startswith("type")


def _count(found: _Domain, below: str, kind: str, row: ObservationRow) -> None:
    found.queries += 1
    found.bytes += len(below)
    found.long += len(below) >= LONG_NAME_BYTES
    found.carriers += _carries(kind)
    found.letters.update(below.replace(".", ""))
    found.row = row
    if len(found.names) < MAX_NAMES:
        found.names.add(hash(below))
    if len(found.flows) < MAX_EVIDENCE:
        found.flows[row.flow.flow_id] = None


def entropy(letters: Counter[str]) -> float:
    """Shannon's, in bits a letter."""
    whole = letters.total()
    return -sum(count / whole * math.log2(count / whole) for count in letters.values()) if whole else 0.0
