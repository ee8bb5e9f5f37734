"""A summary report as text for people, or as one JSON object."""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from typing import Any

import msgspec

from procwire.cli.output.json_lines import safe
from procwire.cli.output.text_table import TextTable
from procwire.model.plain import fields, readers
from procwire.model.rows import GroupRow
from procwire.model.summary import SCHEMA, SummaryReport
from procwire.model.tables import GROUPS
from procwire.model.values import clean, human_duration, human_size, seconds, time_text

NAMED = 4  # sources named in text
TOP = 10  # groups shown of each grouping in text
_GROUPINGS = ("protocols", "talkers", "processes")
_COUNTS = ("faults", "not_ip", "unknown_links", "drops")
_HEADINGS = {
    "protocols": "Protocols",
    "talkers": "Top talkers",
    "processes": "Top processes",
    "faults": "Packets with a fault",
    "not_ip": "Packets that are not IP",
    "unknown_links": "Frames of unknown link types",
    "drops": "Packets lost",
}
_SHOWN = ("group", "confidence", "flows", "packets", "bytes", "rate")


def as_json(report: SummaryReport) -> bytes:
    """One line of JSON with its newline."""
    span = report.span
    out: dict[str, Any] = {"schema": SCHEMA, "sources": report.sources}
    out |= {"packets": report.packets, "bytes": report.bytes, "flows": report.flows}
    out["flows_evicted"] = report.flows_evicted
    if span is not None:
        out |= {"start": time_text(report.first or 0), "end": time_text(report.last or 0)}
        out["duration"] = seconds(span)
    out |= rates(report)
    how = readers(GROUPS.columns)
    for name in _GROUPINGS:
        out[name] = [fields(group, how, {}) for group in getattr(report, name)]
    for name in _COUNTS:
        out[name] = getattr(report, name)
    out["notes"] = report.notes
    if report.elapsed is not None:
        out["elapsed"] = report.elapsed
    return safe(msgspec.json.encode(out)) + b"\n"


def rates(report: SummaryReport) -> dict[str, float]:
    """Packets and bytes a second of packet time; empty where the run was one moment."""
    span = report.span
    if not span:
        return {}
    return {
        "packets_per_second": report.packets * 1e9 / span,
        "bytes_per_second": report.bytes * 1e9 / span,
    }


def as_text(report: SummaryReport, *, width: int = 0) -> str:
    """For people, safe to print. ``width``: cells of the terminal, 0 where there is none."""
    return "\n".join([*_head(report), *_tables(report, width), *_tail(report)]) + "\n"


def _head(report: SummaryReport) -> Iterator[str]:
    if report.sources:
        yield f"Source    {clean(_named(report.sources))}"
    yield f"Packets   {report.packets:,}, {human_size(report.bytes)} on the wire"
    span = report.span
    if span is not None:
        yield f"Time      {time_text(report.first or 0)} to {time_text(report.last or 0)}"
        rate = rates(report)
        speed = ""
        if rate:
            each = human_size(round(rate["bytes_per_second"]))
            speed = f", {rate['packets_per_second']:,.0f} packets/s, {each}/s"
        yield f"Duration  {human_duration(span)}{speed}"
    evicted = f", {report.flows_evicted:,} evicted from a full table" if report.flows_evicted else ""
    yield f"Flows     {report.flows:,}{evicted}"
    if report.elapsed is not None:
        yield f"Read in   {report.elapsed:.2f} s"


def _named(sources: list[str]) -> str:
    """Many files as how many they are; JSON lists each."""
    if len(sources) <= NAMED:
        return ", ".join(sources)
    return f"{len(sources)} files, {sources[0]} to {sources[-1]}"


def _tables(report: SummaryReport, width: int) -> Iterator[str]:
    for name in _GROUPINGS:
        groups: list[GroupRow] = getattr(report, name)
        if not groups:
            continue
        yield ""
        yield _HEADINGS[name]
        stream = StringIO()
        table = TextTable(stream, GROUPS, names=_SHOWN, width=width)
        for group in groups[:TOP]:
            table.write(group)
        table.finish()
        yield stream.getvalue().rstrip("\n")
        if len(groups) > TOP:
            yield f"and {len(groups) - TOP:,} more"


def _tail(report: SummaryReport) -> Iterator[str]:
    for name in _COUNTS:
        counts: dict[str, int] = getattr(report, name)
        if counts:
            yield ""
            yield _HEADINGS[name]
            for what, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
                yield f"  {count:>12,}  {clean(what)}"
    if report.notes:
        yield ""
        yield from (clean(note) for note in report.notes)
