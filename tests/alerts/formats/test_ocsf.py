"""OCSF 1.3.0: what the class and its objects require is there, and nothing that they do not have."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings

from procwire.alerts.formats import ocsf
from procwire.alerts.formats.fields import sound
from procwire.model.alert import Alert
from tests.alerts.samples import ALERTS, FULL

# schema.ocsf.io/1.3.0: attributes that are used, "!" for required ones, with types or the next object.
CLASS = {
    "!category_uid": int, "!class_uid": int, "!activity_id": int, "!type_uid": int, "!severity_id": int,
    "severity": str, "status_id": int, "!time": int, "start_time": int, "end_time": int, "count": int,
    "message": str, "confidence_score": int, "!metadata": "metadata", "!finding_info": "finding_info",
    "evidences": ["evidences"], "unmapped": dict,
}  # fmt: skip
OBJECTS: dict[str, dict[str, Any]] = {
    "metadata": {"!version": str, "uid": str, "!product": "product"},
    "product": {"name": str, "!vendor_name": str, "version": str},
    "finding_info": {
        "!uid": str, "!title": str, "desc": str, "types": list, "created_time": int, "first_seen_time": int,
        "last_seen_time": int, "analytic": "analytic", "attacks": ["attack"],
    },
    "analytic": {"name": str, "uid": str, "!type_id": int},
    "attack": {"technique": "technique", "sub_technique": "technique"},
    "technique": {"uid": str, "name": str},
    "evidences": {
        "src_endpoint": "endpoint", "dst_endpoint": "endpoint", "connection_info": "connection",
        "process": "process",
    },
    "endpoint": {"ip": str, "port": int, "hostname": str},
    "connection": {"!direction_id": int, "protocol_name": str, "protocol_num": int, "community_uid": str},
    "process": {
        "pid": int, "name": str, "cmd_line": str, "file": "file", "user": "user", "parent_process": "process",
    },
    "file": {"!name": str, "path": str, "!type_id": int},
    "user": {"name": str},
}  # fmt: skip


def check(value: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Names, types, and what must be there."""
    names = {name.lstrip("!"): kind for name, kind in wanted.items()}
    for name, kind in names.items():
        assert name in value or f"!{name}" not in wanted, f"{name} is missing"
        if name not in value:
            continue
        if isinstance(kind, str):
            check(value[name], OBJECTS[kind])
        elif isinstance(kind, list):
            for one in value[name]:
                check(one, OBJECTS[kind[0]])
        else:
            assert isinstance(value[name], kind), name
    assert set(value) <= set(names), set(value) - set(names)


@settings(max_examples=60)
@given(ALERTS)
def test_of_the_schema(alert: Alert) -> None:
    told = json.loads(ocsf.encode(alert))
    check(told, CLASS)
    assert told["type_uid"] == 200400 + told["activity_id"]
    assert told.get("message", "") == sound(alert.finding.detail)


def test_what_it_says() -> None:
    told = json.loads(ocsf.encode(FULL))
    assert (told["class_uid"], told["category_uid"], told["severity_id"]) == (2004, 2, 4)
    assert told["evidences"][0]["process"]["file"] == {"name": "nmap", "path": "/usr/bin/nmap", "type_id": 1}
    assert told["finding_info"]["attacks"][1] == {
        "technique": {"uid": "T1071"}, "sub_technique": {"uid": "T1071.004"},
    }  # fmt: skip
