"""Counters from a daemon's feed, with as many series as a monitoring system bears.

A label is a protocol or a program's name: never a pid, an address or a name from the wire. Of what there may
be many only the first MOST of each are told apart; all later ones are ``other``, and how many came together
there is a metric too. Counters begin at zero with this process, as counters do. Pure.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

MOST = 100  # values of one label
MOST_OPEN = 100_000  # open flows whose last numbers are remembered
OTHER = "other"
COUNTER, GAUGE = "counter", "gauge"
FLOW_COLUMNS = (
    "flow_id", "app", "proto", "process", "packets_out", "packets_in", "bytes_out", "bytes_in",
    "retransmissions",
)  # fmt: skip
_SUMS = FLOW_COLUMNS[4:]

_BARE = ("retransmissions", "events_lost", "forgotten_flows", "reconnects")  # counters without labels

Labels = tuple[tuple[str, str], ...]


class Family(msgspec.Struct, frozen=True, kw_only=True):
    """One metric: its samples by their labels. ``name`` has no suffix ``_total``: who writes it adds one."""

    name: str
    kind: str
    doc: str
    samples: Mapping[Labels, float]


_DOCS = {
    "flows": "Flows that began, by protocol.",
    "flow_bytes": "Bytes on the wire of flows, by protocol and direction: out is from who opened it.",
    "flow_packets": "Packets of flows, by protocol and direction.",
    "retransmissions": "TCP segments sent again, of both sides.",
    "process_bytes": "Bytes on the wire of flows, by the name of the program that owns them and direction.",
    "observations": "Records of protocols (requests, responses, queries, handshakes, ...), by table.",
    "findings": "What detectors and rules found, by detector and severity.",
    "events_lost": "Events that the daemon did not send because they were not read in time.",
    "merged_labels": "Series that were counted as 'other', by label: too many different values.",
    "forgotten_flows": "Open flows whose last numbers had to be forgotten: too many at once.",
    "reconnects": "Times that the daemon had gone and was found again.",
}


class Tally:
    """Takes events and rows; ``families`` is what they come to."""

    def __init__(self) -> None:
        self._counts: dict[str, dict[Labels, float]] = {name: {} for name in _DOCS}
        self._values: dict[str, set[str]] = {}
        self._merged: dict[str, set[str]] = {}
        self._open: OrderedDict[str, tuple[int, ...]] = OrderedDict()

    def flow(self, event: str, row: Mapping[str, Any], *, before: bool = False) -> None:
        """A flow began, went on or ended. ``before``: it was there when the counting began."""
        name = str(row.get("flow_id", ""))
        sums = tuple(int(row.get(column) or 0) for column in _SUMS)
        known = self._open.pop(name, None)
        app = self._value("app", row.get("app"))
        if known is None and not before:
            self._add("flows", (("app", app), ("proto", self._value("proto", row.get("proto")))), 1)
        if event != "end":
            self._open[name] = sums
            if len(self._open) > MOST_OPEN:
                self._open.popitem(last=False)
                self._add("forgotten_flows", (), 1)
        if known is not None or not before:
            self._grown(
                app, row, [max(0, now - was) for now, was in zip(sums, known or (0,) * 5, strict=True)]
            )

    def seen(self, table: str) -> None:
        """A record of a protocol."""
        self._add("observations", (("table", self._value("table", table)),), 1)

    def found(self, row: Mapping[str, Any]) -> None:
        """A finding."""
        detector = self._value("detector", row.get("detector"))
        self._add(
            "findings",
            (
                ("detector", detector),
                ("severity", str(row.get("severity") or "")),
            ),
            1,
        )

    def lost(self, events: int) -> None:
        """Events were not sent."""
        self._add("events_lost", (), events)

    def reconnected(self) -> None:
        """The daemon was gone; its open flows are told anew."""
        self._open.clear()
        self._add("reconnects", (), 1)

    def families(self) -> Iterator[Family]:
        """All counters, and how many flows are open."""
        counts = self._counts | {
            "merged_labels": {(("label", name),): float(len(them)) for name, them in self._merged.items()}
        }
        for name, doc in _DOCS.items():
            yield Family(name=f"procwire_{name}", kind=COUNTER, doc=doc, samples=counts[name] or _zero(name))
        yield Family(
            name="procwire_open_flows", kind=GAUGE, doc="Flows that go on.",
            samples={(): float(len(self._open))},
        )  # fmt: skip

    def _grown(self, app: str, row: Mapping[str, Any], by: list[int]) -> None:
        process = self._value("process", row.get("process"))
        for place, side in enumerate(("out", "in")):
            self._add("flow_packets", (("app", app), ("direction", side)), by[place])
            self._add("flow_bytes", (("app", app), ("direction", side)), by[2 + place])
            self._add("process_bytes", (("process", process), ("direction", side)), by[2 + place])
        self._add("retransmissions", (), by[4])

    def _value(self, label: str, value: Any) -> str:
        text = str(value) if value else "unknown"
        known = self._values.setdefault(label, set())
        if text in known:
            return text
        if len(known) < MOST:
            known.add(text)
            return text
        merged = self._merged.setdefault(label, set())
        if len(merged) < MOST_OPEN:
            merged.add(text)
        return OTHER

    def _add(self, name: str, labels: Labels, by: float) -> None:
        counts = self._counts[name]
        counts[labels] = counts.get(labels, 0.0) + by


def _zero(name: str) -> Mapping[Labels, float]:
    """A counter without labels is there from the start."""
    return {(): 0.0} if name in _BARE else {}


def of_health(rows: Iterable[Mapping[str, Any]]) -> Iterator[Family]:
    """What the daemon says of itself: its numbers, and what is not as it should be."""
    amounts: dict[Labels, float] = {}
    wrong: dict[Labels, float] = {}
    for row in rows:
        labels = (("part", str(row.get("part", ""))), ("name", str(row.get("name", ""))))
        if row.get("part") == "process" and row.get("name") in ("engine", "warden"):
            continue  # pids
        if len(amounts) + len(wrong) >= 4 * MOST:
            break
        if row.get("amount") is not None:
            amounts[labels] = float(row["amount"])
        if row.get("status"):
            wrong[labels] = max(wrong.get(labels, 0.0), float(row["status"] != "ok"))
    doc = "What the daemon says of itself, as procwire doctor and its table health have it."
    yield Family(name="procwire_health", kind=GAUGE, doc=doc, samples=amounts)
    doc = "1 where a part of the daemon is degraded or failed, else 0."
    yield Family(name="procwire_degraded", kind=GAUGE, doc=doc, samples=wrong)
