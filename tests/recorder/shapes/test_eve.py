"""EVE: every line holds by Suricata's published schema; what is procwire's own stands where that is open."""

from __future__ import annotations

import re
from typing import Any

from procwire.recorder.shapes import eve
from tests.recorder.shapes.checking import Kinds, check
from tests.recorder.shapes.samples import golden, lines

# Suricata's etc/schema.json, the newest that could be read: github.com/victorjulien/suricata, commit
# 20c221e78972b0698ff37b90078e2f0a5d80086c (github.com/OISF/suricata is where it is published). The names
# below, their types, what is required, a timestamp's pattern, and that lists are not empty.
# ``additionalProperties`` is false at the top and in each of these objects; it is true in an element of
# ``metadata.flowvars``, whose ``gid``, ``key`` and ``value`` would be texts. OISF's own of commit
# 0d3cfbbe3f73b0f64c7ca18ed8c0b3a502e7e75a, an older one, has the same of ``metadata``; ``in_iface``, ``ja4``,
# ``client_alpns`` stand in what OISF makes from the schema: doc/userguide/_generated/eve-index.rst, commit
# 2cce6dcc2a2b424f923b7528fceebbd02cb4c6dc.
_SSH: Kinds = {"proto_version": str, "software_version": str, "hassh": {"hash": str}}
_MQTT: Kinds = {"qos": int, "retain": bool, "dup": bool}
FIELDS: Kinds = {
    "!timestamp": str, "flow_id": int, "in_iface": str, "!event_type": str, "vlan": [int], "src_ip": str,
    "src_port": int, "dest_ip": str, "dest_port": int, "proto": str, "community_id": str, "app_proto": str,
    "icmp_type": int,
    "flow": {"pkts_toserver": int, "pkts_toclient": int, "bytes_toserver": int, "bytes_toclient": int,
             "start": str, "end": str, "age": int, "state": str, "reason": str},
    "tcp": {"tcp_flags": str, "tcp_flags_ts": str, "tcp_flags_tc": str, "syn": bool, "fin": bool, "rst": bool,
            "psh": bool, "ack": bool, "urg": bool, "ecn": bool, "cwr": bool, "state": str},
    "dns": {"!version": int, "type": str, "id": int, "rrname": str, "rrtype": str, "rcode": str,
            "answers": [{"rrname": str, "rrtype": str, "ttl": int, "rdata": str}]},
    "http": {"hostname": str, "url": str, "http_user_agent": str, "http_refer": str, "http_method": str,
             "http_content_type": str, "protocol": str, "status": int, "length": int},
    "tls": {"sni": str, "version": str, "ja3": {"hash": str}, "ja3s": {"hash": str}, "ja4": str,
            "client_alpns": [str]},
    "ssh": {"client": _SSH, "server": _SSH},
    "mqtt": {"connect": _MQTT | {"protocol_string": str, "protocol_version": int, "client_id": str,
                                 "username": str, "will": {"topic": str},
                                 "flags": {"username": bool, "password": bool, "will": bool,
                                           "clean_session": bool}},
             "connack": _MQTT | {"return_code": int}, "publish": _MQTT | {"topic": str},
             "subscribe": _MQTT | {"topics": [{"topic": str, "qos": int}]},
             "unsubscribe": _MQTT | {"topics": [str]},
             **dict.fromkeys(("puback", "suback", "unsuback", "disconnect", "pingreq", "pingresp"), _MQTT)},
    "dhcp": {"type": str, "dhcp_type": str, "id": int, "client_mac": str, "client_ip": str, "client_id": str,
             "assigned_ip": str, "requested_ip": str, "relay_ip": str, "hostname": str, "subnet_mask": str,
             "routers": [str], "dns_servers": [str], "lease_time": int, "vendor_class_identifier": str},
    "metadata": {"flowvars": [dict]},
}  # fmt: skip
STAMP = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d+[+\-]\d+$")


def holds(made: dict[str, Any]) -> None:
    """By the schema."""
    check(made, FIELDS)
    assert STAMP.match(made["timestamp"])
    assert not list(_empty(made))
    assert not {"gid", "key", "value"} & set(made.get("metadata", {"flowvars": [{}]})["flowvars"][0])


def _empty(made: dict[str, Any], where: str = "") -> Any:
    for name, value in made.items():
        if value == [] and name != "procwire":
            yield where + name
        elif isinstance(value, dict) and name != "procwire":
            yield from _empty(value, f"{where}{name}.")


def own(made: dict[str, Any]) -> dict[str, Any]:
    """What is procwire's in a line."""
    told: dict[str, Any] = made["metadata"]["flowvars"][0]["procwire"]
    return told


def test_every_line_holds_by_the_schema() -> None:
    kinds = set()
    for told in lines():
        made = eve.record(told)
        holds(made)
        assert made.get("flow", {}).get("state", "new") in {"new", "established", "closed", "bypassed"}
        assert made.get("flow_id", 0) < 1 << 53
        kinds.add(made["event_type"])
    assert {"flow", "dns", "http", "tls"} <= kinds


def test_every_golden_line_of_every_capture_holds_by_the_schema() -> None:
    kinds = set()
    for told in golden():
        made = eve.record(told)
        holds(made)
        kinds.add(made["event_type"])
    assert len(kinds) > 80


def test_whose_a_flow_is_stands_among_its_variables() -> None:
    flow = next(line for line in lines() if line["schema"] == "procwire.flow/1" and line.get("pid"))
    told = own(eve.record(flow))
    assert (told["pid"], told["process"], told["event"]) == (7, "curl", flow["event"])
    dns = next(line for line in lines() if line["schema"] == "procwire.dns/1")
    assert own(eve.record(dns))["flow_id"] == dns["flow_id"]


def test_the_version_is_the_one_that_a_server_chose() -> None:
    hello = next(line for line in lines() if line["schema"] == "procwire.tls/1")
    made = eve.record(hello)
    assert "version" not in made["tls"]
    assert own(made)["version"] == hello["version"]
    chosen = next(line for line in lines() if line["schema"] == "procwire.tls_server/1")
    assert eve.record(chosen)["tls"] == {
        "version": chosen["version"].replace("v", " "),
        "ja3s": {"hash": chosen["ja3s"]},
    }


def test_the_length_is_the_response_s() -> None:
    told = {"schema": "procwire.http/1", "time": "2026-11-26T00:00:00Z", "content_length": 9}
    asked = eve.record(told | {"message": "request", "method": "PUT"})
    assert "length" not in asked["http"]
    assert own(asked)["content_length"] == 9
    assert eve.record(told | {"message": "response", "status": 200})["http"]["length"] == 9


def test_one_id_for_a_flow_and_what_was_seen_in_it() -> None:
    told = [line for line in lines() if line["schema"] == "procwire.dns/1"]
    flows = {eve.record(line)["flow_id"] for line in lines() if line["schema"] == "procwire.flow/1"}
    assert {eve.record(line)["flow_id"] for line in told} <= flows


def test_flags_and_times() -> None:
    flow = {
        "schema": "procwire.flow/1", "proto": "tcp", "start": "2026-11-26T00:00:00Z",
        "tcp_flags": ["syn", "ece"],
        "tcp_flags_out": ["syn", "ack"], "last": "2026-11-26T00:00:00.123456789Z",
    }  # fmt: skip
    made = eve.record(flow)
    assert made["tcp"] == {
        "tcp_flags": "42",
        "tcp_flags_ts": "12",
        "tcp_flags_tc": "00",
        "syn": True,
        "ecn": True,
    }
    assert made["flow"]["start"] == "2026-11-26T00:00:00.000000+0000"
    assert made["timestamp"] == "2026-11-26T00:00:00.123456+0000"
