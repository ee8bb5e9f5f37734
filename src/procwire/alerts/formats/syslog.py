r"""RFC 5424: a header, structured data, and the message; or the same header around another format's line.

Structured data escapes ``"``, ``\`` and ``]`` (section 6.3.3). Its id is ``finding@32473``: the number is the
one that RFC 5612 sets aside for documentation, as procwire has no enterprise number of its own.
"""

from __future__ import annotations

import re
from typing import Any

from procwire.alerts.formats.fields import PRODUCT, Ends, known, moment, number_of, one_line, sound
from procwire.model.alert import Alert

LOCAL4 = 20  # section 6.2.1
SEVERITY = (6, 5, 4, 3, 2)  # informational, notice, warning, error, critical
SD_ID = "finding@32473"
NIL = "-"
_NOT_PRINTABLE = re.compile(r"[^\x21-\x7e]")  # PRINTUSASCII


def encode(alert: Alert) -> bytes:
    """Structured data with everything known, and the detail as the message."""
    pairs = " ".join(f'{name}="{_escaped(str(value))}"' for name, value in fields(alert).items())
    return _framed(alert, LOCAL4, f"[{SD_ID} {pairs}]", one_line(alert.finding.detail))


def wrap(alert: Alert, line: bytes, facility: int = LOCAL4) -> bytes:
    """Another format's line as the message."""
    return _framed(alert, facility, NIL, "") + line


def told(alert: Alert, facility: int) -> bytes:
    """As ``encode``, of another facility."""
    line = encode(alert)
    return f"<{facility * 8 + number_of(alert, SEVERITY)}>".encode() + line[line.index(b">") + 1 :]


def fields(alert: Alert) -> dict[str, Any]:
    """Names (section 6.3.3: 32 printable characters at most) and values."""
    finding, facts, ends = alert.finding, alert.facts, Ends(alert)
    return known({
        "id": alert.id, "detector": finding.detector, "title": finding.title, "severity": finding.severity,
        "alerts": alert.count, "count": finding.count, "src": ends.source, "srcPort": ends.source_port,
        "dst": ends.target, "dstPort": ends.target_port, "dstName": ends.target_name, "proto": ends.proto,
        "app": facts.get("app"), "communityId": facts.get("community_id"), "pid": finding.pid,
        "process": finding.process, "exe": finding.exe, "user": finding.user, "container": finding.container,
        "score": finding.score, "scores": ",".join(finding.measures), "attack": ",".join(finding.attack),
        "flows": ",".join(finding.flows), "complete": finding.complete, "reasons": "; ".join(finding.reasons),
    })  # fmt: skip


def _framed(alert: Alert, facility: int, data: str, message: str) -> bytes:
    finding = alert.finding
    priority = facility * 8 + number_of(alert, SEVERITY)
    head = (
        f"<{priority}>1 {moment(finding.time, 6)} {_word(alert.host, 255)} {PRODUCT} {NIL} "
        f"{_word(finding.detector, 32)} {data} "
    )
    return (head + message).encode()


def _word(text: str, most: int) -> str:
    return _NOT_PRINTABLE.sub("_", text)[:most] or NIL


def _escaped(text: str) -> str:
    return sound(text).replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]").replace("\n", "\\n")
