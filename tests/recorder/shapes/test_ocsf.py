"""OCSF 1.3.0: what classes and objects require is there, and nothing that they do not have."""

from __future__ import annotations

from procwire.recorder.shapes import ocsf
from tests.recorder.shapes.checking import Kinds, check
from tests.recorder.shapes.samples import lines

# schema.ocsf.io/1.3.0: classes network_activity, dns_activity, http_activity, and the objects they hold.
_PROCESS: Kinds = {
    "pid": int, "name": str, "cmd_line": str, "file": {"!name": str, "path": str, "!type_id": int},
    "user": {"name": str, "uid": str}, "parent_process": {"pid": int, "name": str},
}  # fmt: skip
_ENDPOINT = {"ip": str, "port": int, "hostname": str}
NETWORK: Kinds = {
    "!category_uid": int, "!class_uid": int, "!activity_id": int, "!type_uid": int, "!severity_id": int,
    "!time": int,
    "start_time": int, "end_time": int, "duration": int, "app_name": str, "unmapped": dict,
    "!metadata": {"!version": str, "log_name": str, "profiles": [str],
                  "!product": {"name": str, "!vendor_name": str, "version": str}},
    "connection_info": {"uid": str, "!direction_id": int, "protocol_name": str, "protocol_num": int,
                        "protocol_ver_id": int, "community_uid": str},
    "src_endpoint": _ENDPOINT, "dst_endpoint": _ENDPOINT,
    "traffic": {"bytes": int, "bytes_in": int, "bytes_out": int, "packets": int, "packets_in": int,
                "packets_out": int},
    "actor": {"process": _PROCESS},
}  # fmt: skip
DNS = NETWORK | {
    "query": {"!hostname": str, "type": str, "class": str, "packet_uid": int, "opcode": str},
    "answers": [{"!rdata": str, "type": str, "ttl": int, "packet_uid": int}], "rcode": str, "rcode_id": int,
}  # fmt: skip
HTTP = NETWORK | {
    "http_request": {"http_method": str, "user_agent": str, "referrer": str, "version": str,
                     "url": {"hostname": str, "path": str, "query_string": str}},
    "http_response": {"!code": int},
}  # fmt: skip
CLASSES = {4001: (NETWORK, {1, 2, 6}), 4002: (HTTP, {0, *range(1, 9), 99}), 4003: (DNS, {1, 2, 6})}


def test_every_line_is_of_its_class() -> None:
    kinds = set()
    for told in lines():
        made = ocsf.record(told)
        wanted, activities = CLASSES[made["class_uid"]]
        check(made, wanted)
        assert made["activity_id"] in activities
        assert made["type_uid"] == made["class_uid"] * 100 + made["activity_id"]
        assert "src_endpoint" in made or "dst_endpoint" in made  # the classes' constraint
        assert "actor" not in made or made["metadata"]["profiles"] == ["host"]
        if made["class_uid"] == 4002:
            assert "http_request" in made or "http_response" in made
        kinds.add(made["class_uid"])
    assert kinds == set(CLASSES)


def test_who_and_how_much() -> None:
    told = next(line for line in lines() if "process" in line and line["event"] == "end")
    made = ocsf.record(told)
    assert made["actor"]["process"]["file"] == {"name": "curl", "path": "/usr/bin/curl", "type_id": 1}
    assert made["traffic"]["bytes"] == told["bytes"]
    assert made["activity_id"] == 2
    assert made["unmapped"]["owner_confidence"] == "exact"
