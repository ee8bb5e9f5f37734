"""ECS 8.11: every field used is one of the reference's, of its type, and event.* of its allowed values."""

from __future__ import annotations

from procwire.recorder.shapes import ecs
from tests.recorder.shapes.checking import Address, Moment, check
from tests.recorder.shapes.samples import lines

# Published: github.com/elastic/ecs, generated/csv/fields.csv (1.2, which has all of these but tls, mime_type
# and process.end, .parent and .command_line) and generated/elasticsearch/composable/component of 8.5 to 9.3
# (process, tls, http, container): names, and types, of which keyword and wildcard are text and long is a
# whole number. Which are arrays: schemas/*.yml (normalize).
_ENDS = {"address": str, "ip": Address, "port": int, "bytes": int, "packets": int, "domain": str}
FIELDS = {
    "!@timestamp": Moment, "!ecs": {"!version": str},
    "!event": {"!kind": str, "!category": [str], "!type": [str], "action": str, "module": str, "dataset": str,
               "id": str, "start": Moment, "end": Moment, "duration": int},
    "observer": {"type": str, "vendor": str, "product": str},
    "network": {"transport": str, "iana_number": str, "type": str, "protocol": str, "community_id": str,
                "direction": str, "bytes": int, "packets": int},
    "source": _ENDS, "destination": _ENDS, "related": {"ip": [Address]},
    "process": {"pid": int, "name": str, "executable": str, "command_line": str, "start": Moment,
                "end": Moment, "hash": {"sha256": str}, "parent": {"pid": int, "name": str}},
    "user": {"name": str, "id": str},
    "container": {"id": str, "name": str, "runtime": str, "image": {"name": str}},
    "tls": {"cipher": str, "version": str, "version_protocol": str, "next_protocol": str,
            "client": {"ja3": str, "server_name": str}},
    "dns": {"type": str, "id": str, "op_code": str, "header_flags": [str], "resolved_ip": [Address],
            "response_code": str, "question": {"name": str, "type": str, "class": str},
            "answers": [{"name": str, "ttl": int, "type": str, "!data": str}]},
    "http": {"version": str, "request": {"method": str, "referrer": str, "mime_type": str},
             "response": {"status_code": int, "mime_type": str}},
    "url": {"domain": str, "path": str, "query": str, "original": str}, "user_agent": {"original": str},
    "procwire": dict,
}  # fmt: skip
TYPES = {
    "connection",
    "start",
    "end",
    "info",
    "protocol",
    "allowed",
    "denied",
    "access",
}  # of category network
DIRECTIONS = {"ingress", "egress", "inbound", "outbound", "internal", "external", "unknown"}
FLAGS = {"AA", "TC", "RD", "RA", "AD", "CD", "DO"}


def test_every_line_has_fields_of_the_reference_alone() -> None:
    kinds = set()
    for told in lines():
        made = ecs.record(told)
        check(made, FIELDS)
        assert set(made["event"]["type"]) <= TYPES
        assert made["network"].get("direction", "unknown") in DIRECTIONS
        assert set(made.get("dns", {}).get("header_flags", ())) <= FLAGS
        kinds.add(made["event"]["dataset"])
    assert {"procwire.flow", "procwire.dns", "procwire.http", "procwire.tls", "procwire.ssh"} <= kinds


def test_nothing_is_lost() -> None:
    for told in lines():
        if told["schema"] == "procwire.flow/1" and "process" in told:
            made = ecs.record(told)
            break
    assert made["process"]["parent"] == {"pid": 6, "name": "sh"}
    assert made["container"] == {
        "id": "c0ffee", "name": "web", "runtime": "docker", "image": {"name": "nginx:1"},
    }  # fmt: skip
    assert made["event"]["id"] == told["flow_id"]
    assert made["procwire"]["flow"]["owner_confidence"] == "exact"
    dns = next(line for line in lines() if line["schema"] == "procwire.dns/1")
    assert ecs.record(dns)["procwire"]["dns"]["flow_id"] == dns["flow_id"]
