r"""LEEF 2.0 (IBM QRadar Log Event Extended Format guide, version 2): a header of pipes, then attributes.

The delimiter of attributes is a tab, named in the header as x09. LEEF has no escape: so tabs, ends of lines
and backslashes in values are written ``\t``, ``\n``, ``\r``, ``\\``, and a pipe in the header becomes ``/``.
"""

from __future__ import annotations

from typing import Any

from procwire.alerts.formats.fields import (
    PRODUCT,
    VENDOR,
    Ends,
    known,
    milliseconds,
    number_of,
    one_line,
    span,
)
from procwire.model.alert import Alert

DELIMITER = "\t"
SEVERITY = (1, 3, 5, 8, 10)  # 1 to 10
_HEAD = ("LEEF:2.0", VENDOR, PRODUCT)


def encode(alert: Alert) -> bytes:
    """One line, without its end."""
    head = (*_HEAD, _head(alert.version), _head(alert.finding.detector), "x09")
    attributes = DELIMITER.join(f"{key}={one_line(str(value))}" for key, value in fields(alert).items())
    return "|".join((*head, attributes)).encode()


def fields(alert: Alert) -> dict[str, Any]:
    """Predefined attributes first (the guide's table), then procwire's own."""
    finding, facts, ends = alert.finding, alert.facts, Ends(alert)
    first, last = span(alert)
    return known({
        "cat": finding.detector,
        "devTime": milliseconds(finding.time),
        "sev": number_of(alert, SEVERITY),
        "proto": ends.protocol if ends.protocol is not None else ends.proto,
        "src": ends.source,
        "dst": ends.target,
        "srcPort": ends.source_port,
        "dstPort": ends.target_port,
        "srcBytes": facts.get("bytes_out"),
        "dstBytes": facts.get("bytes_in"),
        "srcPackets": facts.get("packets_out"),
        "dstPackets": facts.get("packets_in"),
        "usrName": finding.user,
        "identHostName": alert.host,
        "resource": ends.target_name,
        "title": finding.title,
        "msg": finding.detail,
        "severity": finding.severity,
        "alertId": alert.id,
        "alertCount": alert.count,
        "eventCount": finding.count,
        "firstTime": milliseconds(first),
        "lastTime": milliseconds(last),
        "pid": finding.pid,
        "process": finding.process,
        "exe": finding.exe,
        "cmdline": finding.cmdline,
        "container": finding.container,
        "app": facts.get("app"),
        "communityId": facts.get("community_id"),
        "attack": ",".join(finding.attack),
        "score": finding.score,
        "scores": ",".join(finding.measures),
        "flows": ",".join(finding.flows),
        "complete": finding.complete,
        "reasons": "; ".join(finding.reasons),
    })  # fmt: skip


def _head(text: str) -> str:
    return one_line(text).replace("|", "/")
