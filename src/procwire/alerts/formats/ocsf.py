"""OCSF 1.4.0, Detection Finding (class 2004, schema.ocsf.io/1.4.0/classes/detection_finding)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from procwire.alerts.formats.fields import (
    PRODUCT,
    VENDOR,
    Ends,
    known,
    milliseconds,
    number_of,
    packed,
    parent,
    span,
    technique,
)
from procwire.model.alert import Alert

VERSION = "1.4.0"
CLASS, CATEGORY = 2004, 2
CREATE, UPDATE = 1, 2  # activity_id
SEVERITY = (1, 2, 3, 4, 5)  # informational, low, medium, high, critical
NEW = 1  # status_id
_DIRECTION = {"in": 1, "out": 2, "local": 3}  # connection_info.direction_id; 0 is unknown
_SHA256 = 3  # fingerprint.algorithm_id
_REGULAR_FILE = 1  # file.type_id
_BEHAVIORAL, _RULE = 2, 1  # analytic.type_id


def encode(alert: Alert) -> bytes:
    """One object, without an end of line."""
    finding = alert.finding
    activity = UPDATE if alert.again else CREATE
    first, last = span(alert)
    return packed(known({
        "category_uid": CATEGORY,
        "class_uid": CLASS,
        "activity_id": activity,
        "type_uid": CLASS * 100 + activity,
        "severity_id": number_of(alert, SEVERITY),
        "severity": finding.severity.capitalize(),
        "status_id": NEW,
        "time": milliseconds(finding.time),
        "start_time": milliseconds(first),
        "end_time": milliseconds(last),
        "count": max(1, alert.count),
        "message": finding.detail,
        "confidence_score": None if finding.score is None else round(finding.score * 100),
        "metadata": {
            "version": VERSION,
            "uid": alert.id,
            "product": known({"name": PRODUCT, "vendor_name": VENDOR, "version": alert.version}),
        },
        "finding_info": _info(alert, first, last),
        "evidences": _evidences(alert),
        "unmapped": known({
            "host": alert.host, "flows": list(finding.flows), "scores": dict(finding.scores),
            "complete": finding.complete, "reasons": list(finding.reasons), "container": finding.container,
            "process": _process(alert) if finding.pid is None else {},
        }),
    }))  # fmt: skip


def _info(alert: Alert, first: int, last: int) -> dict[str, Any]:
    finding = alert.finding
    return known({
        "uid": alert.id,
        "title": finding.title or finding.detector or "-",
        "desc": finding.detail,
        "types": [finding.detector],
        "created_time": milliseconds(finding.time),
        "first_seen_time": milliseconds(first),
        "last_seen_time": milliseconds(last),
        "analytic": {
            "name": finding.detector, "uid": finding.detector,
            "type_id": _RULE if finding.score is None else _BEHAVIORAL,
        },
        "attacks": [_attack(name) for name in finding.attack],
    })  # fmt: skip


def _attack(name: str) -> dict[str, Any]:
    major, minor = technique(name)
    return known({"technique": {"uid": major}, "sub_technique": {"uid": minor} if minor else {}})


def _evidences(alert: Alert) -> list[dict[str, Any]]:
    facts, ends = alert.facts, Ends(alert)
    connection: dict[str, Any] = {}
    if ends.proto:
        connection = known({
            "direction_id": _DIRECTION.get(str(facts.get("direction")), 0),
            "protocol_name": ends.proto,
            "protocol_num": ends.protocol,
            "community_uid": facts.get("community_id"),
        })  # fmt: skip
    found = known({
        "src_endpoint": _end(ip=ends.source, port=ends.source_port, **_place(facts, "src")),
        "dst_endpoint": _end(
            ip=ends.target, port=ends.target_port, hostname=ends.target_name, **_place(facts, "dst")
        ),
        "connection_info": connection,
        # A process has to have a pid there (constraint at_least_one).
        "process": _process(alert) if alert.finding.pid is not None else {},
    })  # fmt: skip
    return [found] if found else []


def _end(**named: Any) -> dict[str, Any]:
    """One that has no name and no address is none (constraint at_least_one)."""
    found = known(named)
    return found if {"ip", "hostname"} & set(found) else {}


def _place(facts: Mapping[str, Any], end: str) -> dict[str, Any]:
    """Where an end is, as databases on this machine say."""
    return {
        "location": known({"country": facts.get(f"{end}_country"), "city": facts.get(f"{end}_city")}),
        "autonomous_system": known({
            "number": facts.get(f"{end}_asn"), "name": facts.get(f"{end}_as_name"),
        }),
    }  # fmt: skip


def _process(alert: Alert) -> dict[str, Any]:
    finding, above = alert.finding, parent(alert)
    file: dict[str, Any] = {}
    if finding.exe:
        file = known({
            "name": finding.exe.rpartition("/")[2], "path": finding.exe, "type_id": _REGULAR_FILE,
            "hashes": [
                {"algorithm_id": _SHA256, "algorithm": "SHA-256", "value": value}
                for value in (alert.facts.get("exe_sha256"),) if value
            ],
        })  # fmt: skip
    return known({
        "pid": finding.pid,
        "name": finding.process,
        "cmd_line": finding.cmdline,
        "file": file,
        "user": known({"name": finding.user}),
        "parent_process": above if "pid" in above else {},
    })  # fmt: skip
