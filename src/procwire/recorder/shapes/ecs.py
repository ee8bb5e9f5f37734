"""Elastic Common Schema 8.11: an event of dataset ``procwire.flow`` or ``procwire.<table>``.

What ECS has no field for stands under ``procwire.flow`` or ``procwire.<table>``, in procwire's own words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from procwire.recorder.shapes.pieces import (
    BEGUN,
    ENDED,
    PROTOCOLS,
    answers,
    columns,
    is_flow,
    known,
    moment,
    rest,
    table,
    version_of,
)

VERSION = "8.11.0"
FLAGS = frozenset({"AA", "TC", "RD", "RA", "AD", "CD", "DO"})  # as schemas/dns.yml expects them
_DIRECTION = {"in": "ingress", "out": "egress", "local": "internal", "forwarded": "external"}
_TYPE = {BEGUN: ["connection", "start"], ENDED: ["connection", "end"]}
# Columns that have a field of their own; all others stand under ``procwire``.
_FLOW = columns(
    "community_id start end last duration proto src src_port dst dst_port direction packets "
    "packets_out packets_in bytes bytes_out bytes_in app server_name ja3 tls_version tls_cipher interface "
    "pid process exe cmdline user uid ppid parent process_start process_end exe_sha256 container "
    "container_id container_runtime image flow_id"
)
_BESIDE = columns("time proto src src_port dst dst_port app pid process container")
_DNS = columns("message ident opcode query query_type query_class rcode answers addresses flags")
_HTTP = columns("method status version host path user_agent referer content_type")
_TLS = columns("server_name ja3 ciphers")
_TLS_SERVER = columns("version cipher ja3s resumed")


def record(told: dict[str, Any]) -> dict[str, Any]:
    """One event."""
    name = table(told)
    used = _FLOW if is_flow(told) else _BESIDE
    made = {
        "@timestamp": moment(told),
        "ecs": {"version": VERSION},
        "event": _event(told, name),
        "observer": _observer(told),
        "network": _network(told),
        **_ends(told),
        **_owner(told),
    }
    if is_flow(told):
        made |= {"tls": _tls_of_flow(told)}
        used = used if len(told.get("alpn") or ()) > 1 else used | {"alpn"}
    elif name in _INNER:
        inner, columns_used = _INNER[name]
        made, used = made | inner(told), used | columns_used
    left = rest(told, used)
    return known(made | ({"procwire": {name: left}} if left else {}))


def _event(told: dict[str, Any], name: str) -> dict[str, Any]:
    flow = is_flow(told)
    duration = told.get("duration") if flow else None
    return known({
        "kind": "event",
        "category": ["network"],
        "type": _TYPE.get(str(told.get("event")), ["connection", "info"]) if flow else ["protocol", "info"],
        "action": f"flow-{told.get('event') or 'end'}" if flow else name,
        "module": "procwire",
        "dataset": f"procwire.{name}",
        "id": told.get("flow_id") if flow else None,
        "start": told.get("start") if flow else None,
        "end": told.get("end") if flow else None,
        "duration": None if duration is None else round(duration * 1e9),
    })  # fmt: skip


def _observer(told: dict[str, Any]) -> dict[str, Any]:
    interface = told.get("interface") if is_flow(told) else None
    made: dict[str, Any] = {"type": "sensor", "vendor": "procwire", "product": "procwire"}
    return made | ({"ingress": {"interface": {"name": interface}}} if interface else {})


def _network(told: dict[str, Any]) -> dict[str, Any]:
    version = version_of(told.get("src"))
    proto = told.get("proto")
    app = told.get("app")
    return known({
        "transport": "ipv6-icmp" if proto == "icmp6" else proto,
        "iana_number": str(PROTOCOLS[proto]) if proto in PROTOCOLS else None,
        "type": f"ipv{version}" if version else None,
        "protocol": app if app != "unknown" else None,
        "community_id": told.get("community_id"),
        "direction": _DIRECTION.get(str(told.get("direction")), "unknown") if is_flow(told) else None,
        "bytes": told.get("bytes") if is_flow(told) else None,
        "packets": told.get("packets") if is_flow(told) else None,
    })  # fmt: skip


def _ends(told: dict[str, Any]) -> dict[str, Any]:
    flow = is_flow(told)
    src, dst = told.get("src"), told.get("dst")
    return {
        "source": known({
            "address": src, "ip": src, "port": told.get("src_port"),
            "bytes": told.get("bytes_out") if flow else None,
            "packets": told.get("packets_out") if flow else None,
        }),
        "destination": known({
            "address": dst, "ip": dst, "port": told.get("dst_port"),
            "domain": told.get("server_name") if flow else None,
            "bytes": told.get("bytes_in") if flow else None,
            "packets": told.get("packets_in") if flow else None,
        }),
        "related": known({"ip": sorted({end for end in (src, dst) if end})}),
    }  # fmt: skip


def _owner(told: dict[str, Any]) -> dict[str, Any]:
    if not is_flow(told):
        return {
            "process": known({"pid": told.get("pid"), "name": told.get("process")}),
            "container": known({"name": told.get("container")}),
        }
    uid, image = told.get("uid"), told.get("image")
    return {
        "process": known({
            "pid": told.get("pid"), "name": told.get("process"), "executable": told.get("exe"),
            "command_line": told.get("cmdline"), "start": told.get("process_start"),
            "end": told.get("process_end"), "hash": known({"sha256": told.get("exe_sha256")}),
            "parent": known({"pid": told.get("ppid"), "name": told.get("parent")}),
        }),
        "user": known({"name": told.get("user"), "id": None if uid is None else str(uid)}),
        "container": known({
            "id": told.get("container_id"), "name": told.get("container"),
            "runtime": told.get("container_runtime"), "image": known({"name": image}),
        }),
    }  # fmt: skip


def _tls_of_flow(told: dict[str, Any]) -> dict[str, Any]:
    alpn: list[str] = told.get("alpn") or []
    return known({
        **_spoken(told.get("tls_version")),
        "cipher": told.get("tls_cipher"),
        "next_protocol": alpn[0] if len(alpn) == 1 else None,
        "client": known({"ja3": told.get("ja3")}),
    })  # fmt: skip


def _spoken(version: Any) -> dict[str, Any]:
    """``TLSv1.3`` as ECS has it: 1.3 of tls. A version without a name is told as it is, of no protocol."""
    protocol, apart, number = str(version or "").lower().partition("v")
    return {"version": number, "version_protocol": protocol} if apart else {"version": protocol}


def _tls(told: dict[str, Any]) -> dict[str, Any]:
    """What a client offered; the version that is spoken is the server's to choose."""
    return {"tls": known({"client": known({
        "ja3": told.get("ja3"), "server_name": told.get("server_name"),
        "supported_ciphers": told.get("ciphers"),
    })})}  # fmt: skip


def _tls_server(told: dict[str, Any]) -> dict[str, Any]:
    return {"tls": known({
        **_spoken(told.get("version")), "cipher": told.get("cipher"), "resumed": told.get("resumed"),
        "server": known({"ja3s": told.get("ja3s")}),
    })}  # fmt: skip


def _dns(told: dict[str, Any]) -> dict[str, Any]:
    ident = told.get("ident")
    return {"dns": known({
        "type": "answer" if told.get("message") == "response" else "query",
        "id": None if ident is None else str(ident),
        "op_code": str(told.get("opcode", "")).upper(),
        "header_flags": [flag.upper() for flag in told.get("flags", ()) if flag.upper() in FLAGS],
        "question": known({
            "name": told.get("query"), "type": told.get("query_type"), "class": told.get("query_class"),
        }),
        "answers": [
            known({"name": name, "ttl": ttl, "type": kind, "data": data})
            for name, ttl, kind, data in answers(told)
        ],
        "resolved_ip": told.get("addresses"),
        "response_code": told.get("rcode"),
    })}  # fmt: skip


def _http(told: dict[str, Any]) -> dict[str, Any]:
    path, _, query = str(told.get("path", "")).partition("?")
    kind = told.get("content_type")
    response = told.get("message") == "response"
    return {
        "http": known({
            "version": told.get("version"),
            "request": known({
                "method": told.get("method"), "referrer": told.get("referer"),
                "mime_type": None if response else kind,
            }),
            "response": known({
                "status_code": told.get("status"), "mime_type": kind if response else None,
            }),
        }),
        "url": known({
            "domain": told.get("host"), "path": path, "query": query, "original": told.get("path"),
        }),
        "user_agent": known({"original": told.get("user_agent")}),
    }  # fmt: skip


_INNER: dict[str, tuple[Callable[[dict[str, Any]], dict[str, Any]], frozenset[str]]] = {
    "dns": (_dns, _DNS), "http": (_http, _HTTP),
    "tls": (_tls, _TLS), "tls_server": (_tls_server, _TLS_SERVER),
}  # fmt: skip
