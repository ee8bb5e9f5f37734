"""ECS 8.11: every field used is one of the reference's, of its type, and event.* of its allowed values."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from procwire.recorder.shapes import ecs
from tests.recorder.shapes.checking import Address, Moment, check
from tests.recorder.shapes.samples import golden, lines

# Published: github.com/elastic/ecs, generated/csv/fields.csv of 8.12.0-dev, commit
# 7b665790c7c477dc8452ff16024dda76c706cc9c, which has every field below: names, types (of which keyword and
# wildcard are text and long is a whole number) and which are arrays (its column Normalization). That answers
# must have ``data``, and the flags of DNS: schemas/dns.yml, commit 13b1a4cb3a435bc1610095e0eadcd192d8609e65.
# Values of event.type: elastic.co/docs/reference/ecs/ecs-allowed-values-event-type.
_ENDS = {"address": str, "ip": Address, "port": int, "bytes": int, "packets": int, "domain": str}
FIELDS = {
    "!@timestamp": Moment, "!ecs": {"!version": str},
    "!event": {"!kind": str, "!category": [str], "!type": [str], "action": str, "module": str, "dataset": str,
               "id": str, "start": Moment, "end": Moment, "duration": int},
    "observer": {"type": str, "vendor": str, "product": str, "ingress": {"interface": {"name": str}}},
    "network": {"transport": str, "iana_number": str, "type": str, "protocol": str, "community_id": str,
                "direction": str, "bytes": int, "packets": int},
    "source": _ENDS, "destination": _ENDS, "related": {"ip": [Address]},
    "process": {"pid": int, "name": str, "executable": str, "command_line": str, "start": Moment,
                "end": Moment, "hash": {"sha256": str}, "parent": {"pid": int, "name": str}},
    "user": {"name": str, "id": str},
    "container": {"id": str, "name": str, "runtime": str, "image": {"name": str}},
    "tls": {"cipher": str, "version": str, "version_protocol": str, "next_protocol": str, "resumed": bool,
            "client": {"ja3": str, "server_name": str, "supported_ciphers": [str]}, "server": {"ja3s": str}},
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


@pytest.mark.parametrize("told_of", [lines, golden])
def test_every_line_has_fields_of_the_reference_alone(
    told_of: Callable[[], tuple[dict[str, Any], ...]],
) -> None:
    kinds = set()
    for told in told_of():
        made = ecs.record(told)
        check(made, FIELDS)
        assert set(made["event"]["type"]) <= TYPES
        assert made.get("network", {}).get("direction", "unknown") in DIRECTIONS
        assert set(made.get("dns", {}).get("header_flags", ())) <= FLAGS
        kinds.add(made["event"]["dataset"])
    assert {"procwire.flow", "procwire.dns", "procwire.http", "procwire.tls", "procwire.ssh"} <= kinds


def test_the_version_is_the_one_that_a_server_chose() -> None:
    hello = next(line for line in lines() if line["schema"] == "procwire.tls/1")
    made = ecs.record(hello)
    assert made["tls"]["client"]["supported_ciphers"] == hello["ciphers"]
    assert "version" not in made["tls"]
    assert made["procwire"]["tls"]["version"] == hello["version"]
    chosen = next(line for line in lines() if line["schema"] == "procwire.tls_server/1")
    made = ecs.record(chosen)
    assert made["tls"]["version"] == chosen["version"].removeprefix("TLSv")
    assert made["tls"]["version_protocol"] == "tls"
    assert made["tls"]["cipher"] == chosen["cipher"]


def test_a_flow_keeps_its_interface_and_what_was_offered_of_alpn() -> None:
    flow = {"schema": "procwire.flow/1", "start": "2026-11-26T00:00:00Z", "interface": "eth0",
            "tls_version": "TLSv1.3", "alpn": ["h2", "http/1.1"]}  # fmt: skip
    made = ecs.record(flow)
    check(made, FIELDS)
    assert made["observer"]["ingress"] == {"interface": {"name": "eth0"}}
    assert made["tls"] == {"version": "1.3", "version_protocol": "tls"}
    assert made["procwire"]["flow"]["alpn"] == ["h2", "http/1.1"]
    assert ecs.record(flow | {"alpn": ["h2"]})["tls"]["next_protocol"] == "h2"


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
