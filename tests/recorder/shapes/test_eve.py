"""EVE: names and types of Suricata's outputs; what is procwire's own stands apart."""

from __future__ import annotations

import re

from procwire.recorder.shapes import eve
from tests.recorder.shapes.checking import Kinds, check
from tests.recorder.shapes.samples import lines

# github.com/OISF/suricata, etc/schema.json (ja4 and in_iface since 7.0): names, types, what is not optional,
# timestamps' pattern.
FIELDS: Kinds = {
    "!timestamp": str, "flow_id": int, "in_iface": str, "!event_type": str, "vlan": [int], "src_ip": str,
    "src_port": int, "dest_ip": str, "dest_port": int, "proto": str, "community_id": str, "app_proto": str,
    "flow": {"!pkts_toserver": int, "!pkts_toclient": int, "!bytes_toserver": int, "!bytes_toclient": int,
             "!start": str, "end": str, "age": int, "state": str, "reason": str},
    "tcp": {"tcp_flags": str, "tcp_flags_ts": str, "tcp_flags_tc": str, "syn": bool, "fin": bool, "rst": bool,
            "psh": bool, "ack": bool, "urg": bool, "ecn": bool, "cwr": bool, "state": str},
    "dns": {"!version": int, "!type": str, "id": int, "rrname": str, "rrtype": str, "rcode": str,
            "answers": [{"rrname": str, "rrtype": str, "ttl": int, "rdata": str}]},
    "http": {"hostname": str, "url": str, "http_user_agent": str, "http_refer": str, "http_method": str,
             "http_content_type": str, "protocol": str, "status": int, "length": int},
    "tls": {"sni": str, "version": str, "ja3": {"hash": str}, "ja4": str},
    "procwire": dict,
}  # fmt: skip
STAMP = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{6}\+0000")


def test_every_line_has_names_of_eve_alone() -> None:
    kinds = set()
    for told in lines():
        made = eve.record(told)
        check(made, FIELDS)
        assert STAMP.fullmatch(made["timestamp"])
        assert made.get("flow", {}).get("state", "new") in {"new", "established", "closed", "bypassed"}
        assert made.get("flow_id", 0) < 1 << 53
        kinds.add(made["event_type"])
    assert {"flow", "dns", "http", "tls"} <= kinds


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
        "state": "None",
    }
    assert made["flow"]["start"] == "2026-11-26T00:00:00.000000+0000"
    assert made["timestamp"] == "2026-11-26T00:00:00.123456+0000"
