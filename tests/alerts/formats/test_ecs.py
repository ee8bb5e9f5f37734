"""ECS 8.11: every field is one of the schema, with its type."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings

from procwire.alerts.formats import ecs
from procwire.alerts.formats.fields import sound
from procwire.model.alert import Alert
from tests.alerts.samples import ALERTS, FULL

# Field reference of ECS 8.11 (elastic.co/guide/en/ecs/8.11/ecs-field-reference.html): what is used of it.
FIELDS = {
    "@timestamp": str, "ecs.version": str, "message": str, "event.id": str, "event.kind": str,
    "event.category": list, "event.type": list, "event.module": str, "event.dataset": str, "event.code": str,
    "event.reason": str, "event.severity": int, "event.risk_score": float, "event.start": str,
    "event.end": str, "host.name": str, "observer.vendor": str, "observer.product": str,
    "observer.version": str, "rule.id": str, "rule.name": str, "threat.framework": str,
    "threat.technique.id": list, "threat.technique.subtechnique.id": list, "source.address": str,
    "source.ip": str, "source.port": int, "source.bytes": int, "source.packets": int,
    "source.geo.country_iso_code": str, "destination.address": str, "destination.ip": str,
    "destination.domain": str, "destination.port": int, "destination.bytes": int, "destination.packets": int,
    "destination.geo.country_iso_code": str, "destination.as.number": int,
    "destination.as.organization.name": str, "network.transport": str, "network.protocol": str,
    "network.community_id": str, "network.direction": str, "network.type": str, "process.pid": int,
    "process.name": str, "process.executable": str, "process.command_line": str, "process.hash.sha256": str,
    "process.parent.pid": int, "process.parent.name": str, "user.name": str, "container.name": str,
}  # fmt: skip


def flat(value: dict[str, Any], before: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, one in value.items():
        if before == "" and name == "procwire":
            continue
        found |= flat(one, f"{before}{name}.") if isinstance(one, dict) else {f"{before}{name}": one}
    return found


@settings(max_examples=60)
@given(ALERTS)
def test_only_fields_of_the_schema(alert: Alert) -> None:
    told = json.loads(ecs.encode(alert))
    for name, value in flat(told).items():
        assert isinstance(value, FIELDS[name]) or (FIELDS[name] is float and isinstance(value, int)), name
    assert told.get("message", "") == sound(alert.finding.detail)


def test_what_it_says() -> None:
    told = json.loads(ecs.encode(FULL))
    assert told["event"]["kind"] == "alert"
    assert told["threat"]["technique"] == {
        "id": ["T1046", "T1071"], "subtechnique": {"id": ["T1071.004"]},
    }  # fmt: skip
    assert told["network"] == {
        "transport": "tcp", "protocol": "tls", "community_id": "1:abc=", "direction": "egress",
        "type": "ipv4",
    }  # fmt: skip
    assert told["procwire"]["scores"] == {"ports": 0.5, "failed": 1.0}
