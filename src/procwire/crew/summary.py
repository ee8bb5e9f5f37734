"""The part of a summary that the rooms know: packets, time span, faults, what was lost and where."""

from __future__ import annotations

from procwire.crew.outcome import Outcome
from procwire.model.summary import SummaryReport


def report_of(outcome: Outcome, sources: list[str]) -> SummaryReport:
    """What a pipeline has counted; the groups are the face's to fill."""
    counts, decoded, analysed = outcome.tracked, outcome.decoded, outcome.analysed
    report = SummaryReport(
        sources=sources,
        packets=counts.packets,
        bytes=counts.bytes,
        first=outcome.first or None,
        last=outcome.last or None,
        flows=counts.flows,
        flows_evicted=counts.evicted,
        faults=_part(decoded, "fault."),
        not_ip=_part(decoded, "ethertype."),
        unknown_links=_part(decoded, "link."),
    )
    if counts.elsewhere:
        report.notes.append(f"{counts.elsewhere} packets were seen again on another interface, counted once")
    if counts.gap_bytes:
        report.notes.append(f"{counts.gap_bytes} payload bytes that had to be read were never seen")
    if counts.holds_evicted:
        report.notes.append(f"{counts.holds_evicted} streams were cut: too much payload out of order at once")
    if analysed.get("overflowed"):
        report.notes.append(f"{analysed['overflowed']} flows were given up undecided: too many at once")
    if outcome.defects:
        report.notes.append(f"{outcome.defects} internal errors in parsers, the last: {outcome.defect}")
    return report


def _part(counts: dict[str, int], prefix: str) -> dict[str, int]:
    return {name[len(prefix) :]: count for name, count in counts.items() if name.startswith(prefix)}
