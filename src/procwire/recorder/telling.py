"""``summary.md``: what somebody who was woken up has to know first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import Any

from procwire.model.columns import Kind
from procwire.model.values import clean, human, human_size, time_text
from procwire.recorder.collecting import Facts

MOST = 10
_WHO = ("user", "exe", "unit", "container")


def summary(told: Mapping[str, Any], facts: Facts, findings: Iterable[Mapping[str, Any]]) -> str:
    """Markdown. ``told`` is the manifest."""
    incident = told.get("incident") or {}
    lines = [f"# Incident {_plain(told['id'])}", ""]
    lines += [_reason(reason) for reason in incident.get("reasons", [])[:MOST]] or [
        "Made from capture files."
    ]
    lines += ["", _whole(told), "", "## What is in it", ""]
    first, span = time_text(facts.first), human(Kind.DURATION, facts.last - facts.first)
    lines.append(f"- {facts.count} packets, {human_size(facts.bytes)}, from {first} on, {span} long")
    lines += [
        f"- Kernel dropped on {_plain(name)}: {lost} frames" for name, lost in told["drops"].items() if lost
    ]
    lines += _listed("Who talked with whom", [
        (f"{_plain(process)} with {_plain(peer)}", size)
        for (process, peer), size in facts.talkers.most_common(MOST)
    ])  # fmt: skip
    lines += _processes(facts)
    lines += _listed("Protocols", [(_plain(app), size) for app, size in facts.apps.most_common(MOST)])
    found = [
        "- **{}** {}: {}".format(*(_plain(each.get(name, "")) for name in ("severity", "detector", "detail")))
        for each in findings
    ]
    if found:
        lines += ["", "## Findings", "", *found[:MOST]]
        if len(found) > MOST:
            lines.append(f"- and {len(found) - MOST} more in findings.ndjson")
    lines += ["", "## How to go on", "", "```"]
    lines += [
        f"procwire incident verify {told['id']}      is it whole?",
        f"procwire incident open {told['id']}        its flows",
    ]
    lines += ["wireshark packets.pcapng", "```", ""]
    return "\n".join(lines)


def _processes(facts: Facts) -> list[str]:
    """Those who owned flows: who they are, and who started them."""
    lines = []
    for row in islice((row for row in facts.processes() if row["flows"]), MOST):
        who = [f"pid {row['pid']}", *(facts.called(str(row[name])) for name in _WHO if row.get(name))]
        chain = ", ".join(facts.parent(each) for each in row.get("ancestors") or ())
        name = facts.called(str(row.get("process", "?")))
        lines.append("- " + _plain(f"{name} ({', '.join(who)})" + (f", started by {chain}" if chain else "")))
    return ["", "## Processes, and who started them", "", *lines] if lines else []


def _reason(reason: Mapping[str, Any]) -> str:
    words = {"signal": "Frozen by hand", "finding": "Frozen on a finding", "command": "Frozen by command"}
    said = words.get(str(reason.get("kind")), "Frozen")
    what = " ".join(str(reason[key]) for key in ("severity", "name") if reason.get(key))
    detail = f": {reason['detail']}" if reason.get("detail") else ""
    return _plain(f"{said}{f' ({what})' if what else ''} at {reason.get('time', '?')}{detail}")


def _whole(told: Mapping[str, Any]) -> str:
    if not told["reasons"]:
        return "**Complete**: nothing is known to be missing."
    return "**Not complete**: " + _plain("; ".join(told["reasons"])) + "."


def _listed(title: str, rows: list[tuple[str, int]]) -> list[str]:
    return ["", f"## {title}", "", *(f"- {name}: {human_size(size)}" for name, size in rows)] if rows else []


def _plain(words: str) -> str:
    """Text of others: nothing that a terminal or Markdown acts on."""
    said = clean(str(words)).replace("\n", " ")
    return "".join(f"\\{letter}" if letter in "*_`[]<>#|\\" else letter for letter in said)
