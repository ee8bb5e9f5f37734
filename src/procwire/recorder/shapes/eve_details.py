"""What Suricata says of SSH, MQTT and DHCP in its EVE (``ssh``, ``mqtt`` and ``dhcp`` of etc/schema.json).

Only what was read is said: nothing of a payload, no password, and no code of which only the meaning is known.
"""

from __future__ import annotations

from typing import Any

from procwire.recorder.shapes.pieces import columns, known

_MQTT_VERSIONS = {"3.1": ("MQIsdp", 3), "3.1.1": ("MQTT", 4), "5.0": ("MQTT", 5)}
_MQTT_MESSAGES = columns(
    "connect connack publish puback pubrec pubrel pubcomp subscribe suback unsubscribe unsuback pingreq "
    "pingresp disconnect"
)
_OF_A_CLIENT = columns("discover request decline release inform")
_DHCP_TYPES = _OF_A_CLIENT | columns("offer ack nak")
USED = {
    "ssh": columns("protocol software"),
    "ssh_algorithms": columns("hassh"),
    "mqtt": columns("client_id user credentials will_topic clean filters retain duplicate"),
    "dhcp": columns(
        "ident hardware hostname requested leased client relay lease_time mask routers name_servers "
        "vendor_class client_id"
    ),
}


def ssh(told: dict[str, Any]) -> dict[str, Any]:
    """A version line, of whoever sent it."""
    side = "server" if told.get("side") == "in" else "client"
    return {side: known({"proto_version": told.get("protocol"), "software_version": told.get("software")})}


def ssh_algorithms(told: dict[str, Any]) -> dict[str, Any]:
    """The fingerprint of what one side offers."""
    return known({"client" if told.get("client") else "server": known({"hassh": _hash(told.get("hassh"))})})


def _hash(value: Any) -> dict[str, Any] | None:
    return {"hash": value} if value else None


def mqtt(told: dict[str, Any]) -> dict[str, Any]:
    """A message, under its name."""
    message = str(told.get("message"))
    if message not in _MQTT_MESSAGES:
        return {}
    made = {"qos": told.get("qos", 0), "retain": told.get("retain", False),
            "dup": told.get("duplicate", False)}  # fmt: skip
    if message == "connect":
        made |= _connect(told)
    elif message in ("subscribe", "unsubscribe"):
        topics = told.get("filters") or [told["topic"]] if told.get("topic") else []
        made["topics"] = [{"topic": each} for each in topics] if message == "subscribe" else topics
        made["qos"] = 1  # of the message itself (MQTT 3.1.1 section 3.8.1); what it asks for is another,
        if message == "subscribe" and len(topics) == 1:  # and of several the highest
            made["topics"][0] |= known({"qos": told.get("qos")})
    elif message == "connack" and told.get("accepted"):
        made["return_code"] = 0
    elif message == "publish":
        made["topic"] = told.get("topic")
    return {message: known(made)}


def _connect(told: dict[str, Any]) -> dict[str, Any]:
    name, version = _MQTT_VERSIONS.get(str(told.get("version")), (None, None))
    return {
        "protocol_string": name, "protocol_version": version, "client_id": told.get("client_id"),
        "username": told.get("user"),
        "flags": {"username": bool(told.get("user")), "password": bool(told.get("credentials")),
                  "will": bool(told.get("will_topic")), "clean_session": bool(told.get("clean"))},
        "will": known({"topic": told.get("will_topic")}),
    }  # fmt: skip


def dhcp(told: dict[str, Any]) -> dict[str, Any]:
    """A message of either side."""
    message = str(told.get("message"))
    identifier = str(told.get("client_id") or "")
    return known({
        "type": "request" if message in _OF_A_CLIENT else "reply",
        "dhcp_type": message if message in _DHCP_TYPES else "unknown",
        "id": told.get("ident"),
        "client_mac": told.get("hardware"),
        "client_ip": told.get("client"),
        "client_id": ":".join(identifier[place : place + 2] for place in range(0, len(identifier), 2)),
        "assigned_ip": told.get("leased"),
        "requested_ip": told.get("requested"),
        "relay_ip": told.get("relay"),
        "hostname": told.get("hostname"),
        "subnet_mask": told.get("mask"),
        "routers": told.get("routers"),
        "dns_servers": told.get("name_servers"),
        "lease_time": told.get("lease_time"),
        "vendor_class_identifier": told.get("vendor_class"),
    })  # fmt: skip
