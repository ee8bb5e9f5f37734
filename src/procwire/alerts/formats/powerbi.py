"""A row for a streaming or push data set of Power BI: one flat object of text, numbers and times.

Text is cut at 4,000 characters, which is what the service takes of one value (Push semantic model limits);
a row that was cut says so in ``truncated``.
"""

from __future__ import annotations

from typing import Any

from procwire.alerts.formats.fields import Ends, known, moment, number_of, packed, sound, span
from procwire.model.alert import Alert

MAX_TEXT = 4000
SEVERITY = (1, 2, 3, 4, 5)


def encode(alert: Alert) -> bytes:
    """One object, without an end of line."""
    found = row(alert)
    short = {name: value[:MAX_TEXT] if isinstance(value, str) else value for name, value in found.items()}
    return packed(short | ({"truncated": True} if short != found else {}))


def row(alert: Alert) -> dict[str, Any]:
    """The columns of the data set."""
    finding, facts, ends = alert.finding, alert.facts, Ends(alert)
    first, last = span(alert)
    found = known({
        "time": moment(finding.time), "id": alert.id, "host": alert.host, "alerts": alert.count,
        "detector": finding.detector, "title": finding.title, "severity": finding.severity,
        "severity_number": number_of(alert, SEVERITY), "detail": finding.detail, "source": ends.source,
        "source_port": ends.source_port, "target": ends.target or ends.target_name,
        "target_name": ends.target_name, "target_port": ends.target_port, "proto": ends.proto,
        "app": facts.get("app"), "pid": finding.pid, "process": finding.process, "exe": finding.exe,
        "user": finding.user, "container": finding.container, "attack": ", ".join(finding.attack),
        "score": finding.score, "count": finding.count, "first": moment(first), "last": moment(last),
        "flows": ", ".join(finding.flows), "complete": finding.complete,
        "reasons": "; ".join(finding.reasons),
    })  # fmt: skip
    return {name: sound(value) if isinstance(value, str) else value for name, value in found.items()}
