"""OCSF 1.4.0: network activity (4001), DNS activity (4003), HTTP activity (4002); schema.ocsf.io/1.4.0.

Observations of other protocols are network activity too. What a class has no attribute for stands in
``unmapped``, in procwire's own words.
"""

from __future__ import annotations

from typing import Any

from procwire import __version__
from procwire.recorder.shapes.pieces import (
    BEGUN,
    ENDED,
    PROTOCOLS,
    answers,
    columns,
    is_flow,
    known,
    milliseconds,
    moment,
    pid_of,
    rest,
    table,
    version_of,
)

VERSION = "1.4.0"  # the first with community_uid, and with HTTP activity of a request alone
CATEGORY, NETWORK, HTTP, DNS = 4, 4001, 4002, 4003
BASE = 0  # an event of no class
INFORMATIONAL = 1
_ACTIVITY = {BEGUN: 1, ENDED: 2}  # open, close; else 6, traffic
_TRAFFIC = 6
_METHODS = ("CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT", "TRACE")  # activity_id from 1 on
_OTHER = 99
_DIRECTION = {"in": 1, "out": 2, "local": 3}
_RCODES = {"NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5}
_REGULAR_FILE = 1
_USED = columns(
    "time flow_id community_id start end last duration proto src src_port dst dst_port direction "
    "packets packets_out packets_in bytes bytes_out bytes_in app server_name pid process exe cmdline "
    "user uid ppid parent"
)
# What a line of an observation says of its flow and owner; what else has such a name is its message's own.
_BESIDE = columns("time flow_id proto src src_port dst dst_port app pid process exe")
_USED_BY = {
    DNS: columns("ident opcode query query_type query_class rcode answers"),
    HTTP: columns("method status host path user_agent referer version"),
}


def record(told: dict[str, Any]) -> dict[str, Any]:
    """One event."""
    kind = {"dns": DNS, "http": HTTP}.get(table(told), NETWORK) if not is_flow(told) else NETWORK
    activity = _activity(told, kind)
    duration = told.get("duration")
    flow = told if is_flow(told) else {name: told[name] for name in _BESIDE & told.keys()}
    process = _process(flow)
    used = (_USED if is_flow(told) else _BESIDE) | _USED_BY.get(kind, frozenset())
    if "pid" in told and pid_of(told) is None:
        used = used - {"pid"}
    made = {
        "category_uid": CATEGORY,
        "class_uid": kind,
        "activity_id": activity,
        "type_uid": kind * 100 + activity,
        "severity_id": INFORMATIONAL,
        "time": milliseconds(moment(told)) or 0,
        "start_time": milliseconds(flow.get("start")),
        "end_time": milliseconds(flow.get("end")),
        "duration": None if duration is None or not is_flow(told) else round(duration * 1000),
        "metadata": {
            "version": VERSION,
            "log_name": table(told),
            "profiles": ["host"] if process else [],
            "product": {"name": "procwire", "vendor_name": "procwire", "version": __version__},
        },
        "app_name": told.get("app") if told.get("app") != "unknown" else None,
        "connection_info": _connection(flow),
        "src_endpoint": known({"ip": told.get("src"), "port": told.get("src_port")}),
        "dst_endpoint": known({
            "ip": told.get("dst"), "port": told.get("dst_port"),
            "hostname": told.get("server_name") if is_flow(told) else None,
        }),
        "traffic": _traffic(told) if is_flow(told) else None,
        "actor": known({"process": process}),
        **(_dns(told) if kind == DNS else {}),
        **(_http(told) if kind == HTTP else {}),
        "unmapped": rest(told, used),
    }  # fmt: skip
    made["metadata"] = known(made["metadata"])
    return known(made if made["src_endpoint"] or made["dst_endpoint"] else _endless(made, told))


def _endless(made: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """A frame without addresses of IP, as ARP's: network activity has an end, so it is of no class."""
    event = {name: made[name] for name in ("severity_id", "time", "metadata")}
    number = {"category_uid": 0, "class_uid": BASE, "activity_id": _OTHER, "type_uid": BASE * 100 + _OTHER}
    event["metadata"] = {name: value for name, value in made["metadata"].items() if name != "profiles"}
    return number | event | {"activity_name": table(told), "unmapped": rest(told, {"time"})}


def _activity(told: dict[str, Any], kind: int) -> int:
    if kind == DNS:
        return 2 if told.get("message") == "response" else 1
    if kind == HTTP:
        method = told.get("method")
        return _METHODS.index(method) + 1 if method in _METHODS else _OTHER
    return _ACTIVITY.get(str(told.get("event")), _TRAFFIC)


def _connection(told: dict[str, Any]) -> dict[str, Any]:
    return known({
        "uid": told.get("flow_id"),
        "direction_id": _DIRECTION.get(str(told.get("direction")), 0),
        "protocol_name": told.get("proto"),
        "protocol_num": PROTOCOLS.get(str(told.get("proto"))),
        "protocol_ver_id": version_of(told.get("src")) or 0,
        "community_uid": told.get("community_id"),
    })  # fmt: skip


def _traffic(told: dict[str, Any]) -> dict[str, Any]:
    names = ("bytes", "bytes_in", "bytes_out", "packets", "packets_in", "packets_out")
    return known({name: told.get(name) for name in names})


def _process(told: dict[str, Any]) -> dict[str, Any]:
    exe, uid = told.get("exe"), told.get("uid")
    return known({
        "pid": pid_of(told),
        "name": told.get("process"),
        "cmd_line": told.get("cmdline"),
        "file": _file(exe) if exe else None,
        "user": known({"name": told.get("user"), "uid": None if uid is None else str(uid)}),
        "parent_process": known({"pid": told.get("ppid"), "name": told.get("parent")}),
    })  # fmt: skip


def _file(path: str) -> dict[str, Any]:
    return {"name": path.rpartition("/")[2] or path, "path": path, "type_id": _REGULAR_FILE}


def _dns(told: dict[str, Any]) -> dict[str, Any]:
    rcode = told.get("rcode")
    return {
        "query": known({
            "hostname": told.get("query"), "type": told.get("query_type"), "class": told.get("query_class"),
            "packet_uid": told.get("ident"), "opcode": told.get("opcode"),
        }),
        "answers": [
            known({"type": kind, "ttl": ttl, "rdata": data, "packet_uid": told.get("ident")})
            for _, ttl, kind, data in answers(told)
        ],
        "rcode": rcode,
        "rcode_id": None if rcode is None else _RCODES.get(rcode, _OTHER),
    }  # fmt: skip


def _http(told: dict[str, Any]) -> dict[str, Any]:
    host, path = told.get("host"), str(told.get("path", ""))
    bare, _, query = path.partition("?")
    return {
        "http_request": known({
            "http_method": told.get("method"), "user_agent": told.get("user_agent"),
            "referrer": told.get("referer"), "version": told.get("version"),
            "url": known({"hostname": host, "path": bare, "query_string": query}),
        }),
        "http_response": {"code": told["status"]} if told.get("status") is not None else None,
    }  # fmt: skip
