"""ECS 8.11: every field is one of the schema, with its type."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given, settings

from procwire.alerts.formats import ecs
from procwire.alerts.formats.fields import sound
from procwire.model.alert import Alert
from tests.alerts.samples import ALERTS, FULL
from tests.recorder.shapes.checking import Address, Moment, check
from tests.recorder.shapes.test_ecs import DIRECTIONS

# Published: github.com/elastic/ecs, generated/csv/fields.csv of 8.12.0-dev, commit
# 7b665790c7c477dc8452ff16024dda76c706cc9c, which has every field below: names, types (of which keyword and
# wildcard are text and long is a whole number) and which are arrays (its column Normalization). Values of
# category and type: elastic.co/docs/reference/ecs/ecs-allowed-values-event-category and -event-type.
_END = {
    "address": str, "ip": Address, "port": int, "bytes": int, "packets": int, "domain": str,
    "geo": {"country_iso_code": str, "city_name": str}, "as": {"number": int, "organization": {"name": str}},
}  # fmt: skip
FIELDS = {
    "!@timestamp": Moment, "!ecs": {"!version": str}, "message": str,
    "!event": {"!id": str, "!kind": str, "!category": [str], "!type": [str], "module": str, "dataset": str,
               "code": str, "reason": str, "severity": int, "risk_score": float, "start": Moment,
               "end": Moment},
    "host": {"name": str}, "observer": {"vendor": str, "product": str, "version": str},
    "rule": {"id": str, "name": str},
    "threat": {"framework": str, "technique": {"id": [str], "subtechnique": {"id": [str]}}},
    "source": _END, "destination": _END,
    "network": {"transport": str, "protocol": str, "community_id": str, "direction": str, "type": str},
    "process": {"pid": int, "name": str, "executable": str, "command_line": str, "hash": {"sha256": str},
                "parent": {"pid": int, "name": str}},
    "user": {"name": str}, "container": {"name": str}, "procwire": dict,
}  # fmt: skip
KINDS = {"alert", "asset", "enrichment", "event", "metric", "state", "pipeline_error", "signal"}
CATEGORIES = {
    "api", "authentication", "configuration", "database", "driver", "file", "host", "iam",
    "intrusion_detection", "library", "malware", "network", "package", "process", "registry", "session",
    "threat", "vulnerability", "web",
}  # fmt: skip
TYPES = {"info", "allowed", "denied"}  # of category intrusion_detection


@settings(max_examples=60)
@given(ALERTS)
def test_only_fields_of_the_schema_each_of_its_type(alert: Alert) -> None:
    told = json.loads(ecs.encode(alert))
    check(told, FIELDS)
    event = told["event"]
    assert event["kind"] in KINDS
    assert set(event["category"]) <= CATEGORIES
    assert set(event["type"]) <= TYPES
    assert told.get("network", {}).get("direction", "unknown") in DIRECTIONS
    assert told.get("message", "") == sound(alert.finding.detail)


def test_where_an_end_is() -> None:
    facts = FULL.facts | {
        "dst_country": "NL", "dst_city": "Utrecht", "dst_asn": 64496, "dst_as_name": "Example",
        "src_asn": 64500,
    }  # fmt: skip
    told = json.loads(ecs.encode(msgspec.structs.replace(FULL, facts=facts)))
    check(told, FIELDS)
    assert told["destination"]["geo"] == {"country_iso_code": "NL", "city_name": "Utrecht"}
    assert told["destination"]["as"] == {"number": 64496, "organization": {"name": "Example"}}
    assert told["source"]["as"] == {"number": 64500}


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
