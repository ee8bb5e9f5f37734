"""Suricata's words for SSH, MQTT and DHCP, from what real programs said."""

from __future__ import annotations

from typing import Any

from procwire.recorder.shapes import eve, eve_details
from tests.recorder.shapes.samples import golden


def of(table: str, field: str = "") -> list[dict[str, Any]]:
    """What the lines of a table come to."""
    told = [line for line in golden() if line["schema"] == f"procwire.{table}/1"]
    return [eve.record(line).get(field or table, {}) for line in told]


def test_both_sides_of_ssh() -> None:
    told = of("ssh")
    assert {"client": {"proto_version": "2.0", "software_version": "OpenSSH_9.2p1"}} in told
    assert {"server": {"proto_version": "2.0", "software_version": "OpenSSH_9.2p1"}} in told
    offered = of("ssh_algorithms", "ssh")
    assert {tuple(each) for each in offered} == {("client",), ("server",)}
    assert all(len(side["hassh"]["hash"]) == 32 for each in offered for side in each.values())
    line = next(line for line in golden() if line["schema"] == "procwire.ssh_algorithms/1")
    assert eve.record(line)["event_type"] == "ssh"


def test_messages_of_mqtt() -> None:
    told = of("mqtt")
    (first, *_) = [each["connect"] for each in told if "connect" in each]
    assert first == {
        "qos": 0, "retain": False, "dup": False, "protocol_string": "MQTT", "protocol_version": 5,
        "client_id": "listener", "username": "alice", "will": {"topic": "gone"},
        "flags": {"username": True, "password": True, "will": True, "clean_session": True},
    }  # fmt: skip
    assert {"connack": {"qos": 0, "retain": False, "dup": False, "return_code": 0}} in told
    assert {"publish": {"qos": 1, "retain": True, "dup": False, "topic": "zoo/cat"}} in told
    plain = {"qos": 1, "retain": False, "dup": False}
    assert {"subscribe": plain | {"topics": [{"topic": "zoo/#"}, {"topic": "weather"}]}} in told
    one = eve_details.mqtt({"message": "subscribe", "topic": "a", "qos": 2})
    assert one == {"subscribe": plain | {"topics": [{"topic": "a", "qos": 2}]}}
    refused = {"message": "connack", "accepted": False, "reason": "banned"}
    assert "return_code" not in eve_details.mqtt(refused)["connack"]
    assert eve_details.mqtt({"message": "unsubscribe", "topic": "a"})["unsubscribe"]["topics"] == ["a"]
    assert "topics" not in eve_details.mqtt({"message": "subscribe"})["subscribe"]
    assert eve_details.mqtt({"message": "auth"}) == {}


def test_a_lease() -> None:
    told = of("dhcp")
    offer = next(each for each in told if each["dhcp_type"] == "offer")
    assert offer["type"] == "reply"
    assert (offer["assigned_ip"], offer["subnet_mask"], offer["routers"]) == (
        "10.77.0.50", "255.255.255.0", ["10.77.0.2"],
    )  # fmt: skip
    assert offer["lease_time"] == 7200
    asked = next(each for each in told if each["dhcp_type"] == "request")
    assert (asked["type"], asked["requested_ip"], asked["hostname"]) == ("request", "192.0.2.9", "desk")
    assert eve_details.dhcp({"message": "leasequery", "client_id": "01ab"}) == {
        "type": "reply", "dhcp_type": "unknown", "client_id": "01:ab",
    }  # fmt: skip
