"""Suricata's EVE: events of flows and of protocols that its published schema (etc/schema.json) takes.

What EVE has no event of has its table's name as ``event_type``. The schema forbids names that it does not
know, at the top and in nearly every object; it leaves open what a flow's variables are. So what EVE has no
field for, and whose a flow is, is one variable there: ``metadata.flowvars[0].procwire``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from procwire.model.values import parse_time
from procwire.recorder.shapes import eve_details
from procwire.recorder.shapes.pieces import ENDED, answers, columns, is_flow, known, moment, rest, table

_BITS = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ece": 64, "cwr": 128}
_STATE = {"closed": "closed", "reset": "closed", "established": "established", "replied": "established"}
_REASON = {"timeout": "timeout", "capture-end": "shutdown", "evicted": "forced"}
_PROTO = {"icmp6": "IPv6-ICMP"}
_ID_BITS = 11  # left out of 64, so that a reader with doubles keeps the number whole
_BESIDE = columns("time proto src src_port dst dst_port app")
_FLOW = _BESIDE | columns(
    "community_id start end duration packets packets_out packets_in bytes bytes_out bytes_in "
    "interface state ended tcp_flags tcp_flags_out tcp_flags_in vlan icmp_type"
)
_USED = {
    "dns": columns("message ident query query_type rcode answers"),
    "http": columns("method status host path user_agent referer content_type version"),
    "tls": columns("server_name ja3 ja4 alpn"),
    "tls_server": columns("version ja3s"),
    **eve_details.USED,
}
_TYPES = {"tls_server": "tls", "ssh_algorithms": "ssh"}  # of tables that EVE has in one event with another


def record(told: dict[str, Any]) -> dict[str, Any]:
    """One event."""
    name = table(told)
    made = {
        "timestamp": _stamp(moment(told)),
        "flow_id": int(str(told.get("flow_id") or "0"), 16) >> _ID_BITS or None,
        "in_iface": told.get("interface"),
        "event_type": _TYPES.get(name, name),
        "vlan": [int(one) for one in told.get("vlan", ()) if str(one).isdigit()] if is_flow(told) else None,
        "src_ip": told.get("src"),
        "src_port": told.get("src_port"),
        "dest_ip": told.get("dst"),
        "dest_port": told.get("dst_port"),
        "proto": _PROTO.get(str(told.get("proto")), str(told.get("proto", "")).upper()),
        "community_id": told.get("community_id"),
    }
    if is_flow(told):
        app = told.get("app")
        made |= {"app_proto": app if app != "unknown" else "failed", "flow": _flow(told), "tcp": _tcp(told)}
        made["icmp_type"] = told.get("icmp_type")
        return known(made | _beside(rest(told, _FLOW) | {"event": told.get("event") or ENDED}))
    used = _BESIDE | _USED.get(name, frozenset())
    if name in _INNER:
        field, inner = _INNER[name]
        made[field] = inner(told)
    return known(made | _beside(rest(told, used)))


def _beside(left: dict[str, Any]) -> dict[str, Any]:
    """What EVE has no field for, where its schema is open."""
    return {"metadata": {"flowvars": [{"procwire": left}]}} if left else {}


def _stamp(text: Any) -> str | None:
    """Microseconds and an offset without a colon, as Suricata prints them."""
    if not isinstance(text, str) or not text:
        return None
    parse_time(text)
    return (
        f"{text[:26].rstrip('Z').ljust(26, '0')}+0000" if "." in text else f"{text.rstrip('Z')}.000000+0000"
    )


def _flow(told: dict[str, Any]) -> dict[str, Any]:
    return known({
        "pkts_toserver": told.get("packets_out", 0),
        "pkts_toclient": told.get("packets_in", 0),
        "bytes_toserver": told.get("bytes_out", 0),
        "bytes_toclient": told.get("bytes_in", 0),
        "start": _stamp(told.get("start")),
        "end": _stamp(told.get("last")),
        "age": int(told.get("duration", 0)),
        "state": _STATE.get(str(told.get("state")), "new"),
        "reason": _REASON.get(str(told.get("ended")), "unknown" if told.get("ended") else None),
    })  # fmt: skip


def _tcp(told: dict[str, Any]) -> dict[str, Any] | None:
    if told.get("proto") != "tcp":
        return None
    flags = {name: told.get(name, ()) for name in ("tcp_flags", "tcp_flags_out", "tcp_flags_in")}
    bits = {name: f"{sum(_BITS.get(flag, 0) for flag in found):02x}" for name, found in flags.items()}
    seen = {("ecn" if flag == "ece" else flag): True for flag in flags["tcp_flags"] if flag in _BITS}
    return known({
        "tcp_flags": bits["tcp_flags"],
        "tcp_flags_ts": bits["tcp_flags_out"], "tcp_flags_tc": bits["tcp_flags_in"],
        **seen, "state": told.get("state"),
    })  # fmt: skip


def _dns(told: dict[str, Any]) -> dict[str, Any]:
    response = told.get("message") == "response"
    return known({
        "version": 2,
        "type": "answer" if response else "query",
        "id": told.get("ident"),
        "rrname": told.get("query"),
        "rrtype": told.get("query_type"),
        "rcode": told.get("rcode"),
        "answers": [
            known({"rrname": name, "rrtype": kind, "ttl": ttl, "rdata": data})
            for name, ttl, kind, data in answers(told)
        ],
    })  # fmt: skip


def _http(told: dict[str, Any]) -> dict[str, Any]:
    version = told.get("version")
    return known({
        "hostname": told.get("host"),
        "url": told.get("path"),
        "http_user_agent": told.get("user_agent"),
        "http_refer": told.get("referer"),
        "http_method": told.get("method"),
        "http_content_type": told.get("content_type"),
        "protocol": f"HTTP/{version}" if version else None,
        "status": told.get("status"),
        "length": told.get("content_length") if told.get("message") == "response" else None,
    })  # fmt: skip


def _tls(told: dict[str, Any]) -> dict[str, Any]:
    """What the client offered; ``version`` would be the one that is spoken, which it cannot know."""
    return known({
        "sni": told.get("server_name"),
        "ja3": known({"hash": told.get("ja3")}),
        "ja4": told.get("ja4"),
        "client_alpns": told.get("alpn"),
    })  # fmt: skip


def _tls_server(told: dict[str, Any]) -> dict[str, Any]:
    """What the server chose."""
    return known({
        "version": str(told.get("version", "")).replace("TLSv", "TLS "),
        "ja3s": known({"hash": told.get("ja3s")}),
    })  # fmt: skip


_INNER: dict[str, tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = {
    "dns": ("dns", _dns), "http": ("http", _http), "tls": ("tls", _tls), "tls_server": ("tls", _tls_server),
    "ssh": ("ssh", eve_details.ssh), "ssh_algorithms": ("ssh", eve_details.ssh_algorithms),
    "mqtt": ("mqtt", eve_details.mqtt), "dhcp": ("dhcp", eve_details.dhcp),
}  # fmt: skip
