"""Elastic Common Schema 8.11: an event of kind alert; what ECS has no field for stands under ``procwire``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from procwire.alerts.formats.fields import (
    PRODUCT,
    Ends,
    known,
    moment,
    number_of,
    packed,
    parent,
    span,
    technique,
)
from procwire.model.alert import Alert

VERSION = "8.11.0"
SEVERITY = (1, 21, 47, 73, 99)  # as Elastic's own detection rules number them
_DIRECTION = {"in": "ingress", "out": "egress", "local": "internal"}


def encode(alert: Alert) -> bytes:
    """One object, without an end of line."""
    finding = alert.finding
    return packed(known({
        "@timestamp": moment(finding.time, 9),
        "ecs": {"version": VERSION},
        "message": finding.detail,
        "event": _event(alert),
        "host": known({"name": alert.host}),
        "observer": known({"vendor": PRODUCT, "product": PRODUCT, "version": alert.version}),
        "rule": known({"id": finding.detector, "name": finding.title}),
        "threat": _threat(alert),
        **_ends(alert),
        "process": _process(alert),
        "user": known({"name": finding.user}),
        "container": known({"name": finding.container}),
        "procwire": _own(alert),
    }))  # fmt: skip


def _event(alert: Alert) -> dict[str, Any]:
    finding = alert.finding
    first, last = span(alert)
    return known({
        "id": alert.id,
        "kind": "alert",
        "category": ["intrusion_detection", "network"],
        "type": ["info"],
        "module": PRODUCT,
        "dataset": f"{PRODUCT}.alert",
        "code": finding.detector,
        "reason": finding.detail,
        "severity": number_of(alert, SEVERITY),
        "risk_score": None if finding.score is None else round(finding.score * 100, 2),
        "start": moment(first, 9),
        "end": moment(last, 9),
    })  # fmt: skip


def _threat(alert: Alert) -> dict[str, Any]:
    found = [technique(name) for name in alert.finding.attack]
    if not found:
        return {}
    whole = list(dict.fromkeys(major for major, _ in found))
    parts = [minor for _, minor in found if minor]
    return {
        "framework": "MITRE ATT&CK",
        "technique": known({"id": whole, "subtechnique": {"id": parts} if parts else {}}),
    }


def _ends(alert: Alert) -> dict[str, Any]:
    facts, ends = alert.facts, Ends(alert)
    return {
        "source": known({
            "address": ends.source, "ip": ends.source, "port": ends.source_port,
            "bytes": facts.get("bytes_out"), "packets": facts.get("packets_out"),
            **_place(facts, "src"),
        }),
        "destination": known({
            "address": ends.target or ends.target_name, "ip": ends.target, "domain": ends.target_name,
            "port": ends.target_port, "bytes": facts.get("bytes_in"), "packets": facts.get("packets_in"),
            **_place(facts, "dst"),
        }),
        "network": known({
            "transport": ends.proto, "protocol": facts.get("app"), "community_id": facts.get("community_id"),
            "direction": _DIRECTION.get(str(facts.get("direction"))),
            "type": f"ipv{min(ends.versions)}" if len(ends.versions) == 1 else "",
        }),
    }  # fmt: skip


def _place(facts: Mapping[str, Any], end: str) -> dict[str, Any]:
    """Where an end is, as databases on this machine say."""
    return {
        "geo": known({
            "country_iso_code": facts.get(f"{end}_country"), "city_name": facts.get(f"{end}_city"),
        }),
        "as": known({
            "number": facts.get(f"{end}_asn"), "organization": known({"name": facts.get(f"{end}_as_name")}),
        }),
    }  # fmt: skip


def _process(alert: Alert) -> dict[str, Any]:
    finding, facts = alert.finding, alert.facts
    return known({
        "pid": finding.pid, "name": finding.process, "executable": finding.exe,
        "command_line": finding.cmdline,
        "hash": known({"sha256": facts.get("exe_sha256")}),
        "parent": parent(alert),
    })  # fmt: skip


def _own(alert: Alert) -> dict[str, Any]:
    finding = alert.finding
    return known({
        "severity": finding.severity, "alerts": alert.count, "count": finding.count,
        "score": finding.score, "scores": dict(finding.scores), "flows": list(finding.flows),
        "complete": finding.complete, "reasons": list(finding.reasons),
    })  # fmt: skip
