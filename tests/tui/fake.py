"""A host that answers at once, with the same rows every time: what all screens are tested against."""

# ruff: noqa: E501 - rows read best in one line

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from procwire.cli.abilities import SHAPING
from procwire.cli.shape_tables import PRESETS, SCENARIOS
from procwire.engine.catalogue import tables as catalogue
from procwire.model.alert_tables import ALERTS
from procwire.model.columns import Table
from procwire.model.dissected import Field, Layer
from procwire.model.filter import compile_filter
from procwire.model.observed import observed
from procwire.recorder.listing import INCIDENTS
from procwire.tui import grouping
from procwire.tui.host import (
    GROUP,
    Answer,
    Frame,
    Health,
    HostError,
    Link,
    Part,
    Rows,
    Said,
    Sheet,
    Want,
)

SECOND = 1_000_000_000
NOW = 1_780_000_000 * SECOND
LIVE = frozenset({"process", "flow", "interface", "finding", "check", "accounting", "group", "socket", "protocol",
                  "dns", "http", "tls", "shaping", "preset", "scenario", "incident", "alert", "packet"})  # fmt: skip
OF_A_MACHINE = frozenset({"process", "socket", "shaping", "preset", "scenario", "incident", "alert"})
PROGRAMS = ("curl", "firefox", "sshd", "postgres", "python3", "systemd-resolved", "nginx")
APPS = (
    ("tls", 443),
    ("http", 80),
    ("dns", 53),
    ("ssh", 22),
    ("postgresql", 5432),
    ("quic", 443),
    ("ntp", 123),
)
STATES = ("established", "established", "time_wait", "closed", "syn_sent")


def by_name(table: Table) -> Table:
    """The table over rows that are dicts."""

    def getter(name: str) -> Callable[[Mapping[str, Any]], Any]:
        return lambda row: row.get(name)

    columns = tuple(msgspec.structs.replace(column, get=getter(column.name)) for column in table)
    return msgspec.structs.replace(table, columns=columns)


TABLES = {
    table.name: by_name(table) for table in (*catalogue(), SHAPING, PRESETS, SCENARIOS, INCIDENTS, ALERTS)
}
TABLES |= {name: by_name(observed(TABLES[name])) for name in ("dns", "http", "tls")}


def flow(number: int) -> dict[str, Any]:
    """One flow; each number gives the same."""
    app, port = APPS[number % len(APPS)]
    over = number % 5 == 3
    known = number % 11 != 10
    start = NOW - (number * 7 % 900 + 1) * SECOND
    last = NOW - (number % 90) * SECOND // 2
    return {
        "flow_id": f"{number:016x}", "community_id": f"1:{number:027d}=", "proto": "udp" if port in (53, 123) else "tcp",
        "app": app, "app_confidence": "port-guess" if number % 9 == 8 else "content",
        "src": f"10.0.{number // 250 % 250}.{number % 250 + 1}", "src_port": 32768 + number % 28000,
        "dst": f"192.0.2.{number % 40 + 1}", "dst_port": port, "direction": "out", "opener": "src",
        "state": STATES[number % 5], "ended": "fin" if over else None, "start": start, "last": last,
        "end": last if over else None, "duration": last - start, "interface": "eth0" if number % 6 else "lo",
        "bytes_out": number * 997 % 100_000, "bytes_in": number * 7919 % 3_000_000,
        "bytes": number * 997 % 100_000 + number * 7919 % 3_000_000,
        "packets_out": number % 400 + 1, "packets_in": number % 700, "packets": number % 400 + 1 + number % 700,
        "rtt": (number % 90 + 1) * 1_000_000, "retransmissions": number % 13 // 11,
        "server_name": f"host{number % 40}.example.com" if port == 443 else None,
        "server_name_source": "sni" if port == 443 else None,
        "process": PROGRAMS[number % 7] if known else None, "pid": 1000 + number % 7 if known else None,
        "user": "root" if number % 2 else "alice", "unit": None, "container": None,
        "owner_confidence": ("exact" if number % 8 else "recently-closed") if known else "unknown",
        "owner_source": "bpf" if known else None, "owner_reason": None if known else "closed before it was looked up",
    }  # fmt: skip


def process(number: int) -> dict[str, Any]:
    """One process of a small tree."""
    pid = 1 if number == 0 else 999 + number
    parent = 0 if number == 0 else 1 if number < 4 else 1000 + number % 3
    name = "systemd" if number == 0 else PROGRAMS[(pid - 1000) % 7]
    return {
        "pid": pid, "ppid": parent, "user": "root", "state": "sleeping", "threads": number + 1,
        "cpu_time": number * 1_500_000_000, "rss": number * 7_000_000 + 1_000_000, "start": NOW - 5000 * SECOND,
        "age": 5000 * SECOND, "process": name, "exe": f"/usr/bin/{name}", "cmdline": f"/usr/bin/{name} --serve {number}",
        "kernel": False,
    }  # fmt: skip


def finding(number: int) -> dict[str, Any]:
    """One thing found."""
    severities = ("high", "low", "medium")
    return {
        "time": NOW - number * 60 * SECOND, "severity": severities[number % 3], "detector": ("scan", "beacon", "tunnel")[number % 3],
        "title": "Many ports of one host", "source": f"10.0.0.{number + 1}", "target": "192.0.2.7", "port": 443,
        "process": "curl", "detail": f"{number + 20} ports were tried within a minute", "score": 0.9, "count": number + 20,
        "flows": (f"{number:016x}",), "complete": "complete",
    }  # fmt: skip


def record(table: str, number: int) -> dict[str, Any]:
    """One observation."""
    base = {
        "time": NOW - number * SECOND // 4, "side": "in" if number % 2 else "out", "flow_id": f"{number % 30:016x}",
        "src": "10.0.0.5", "dst": "192.0.2.7", "process": PROGRAMS[number % 7],
        "latency": (number % 100 + 1) * 1_000_000,
    }  # fmt: skip
    if table == "http":
        base |= {"method": "GET", "host": f"host{number % 5}.example.com", "target": f"/page/{number % 9}",
                 "status": 500 if number % 20 == 0 else 200}  # fmt: skip
    names = {column.name for column in TABLES[table]}
    return {name: value for name, value in base.items() if name in names}


def check(number: int) -> dict[str, Any]:
    """One answer of the doctor."""
    status = ("ok", "degraded", "missing")[number % 3]
    return {"name": f"check {number}", "status": status, "detail": f"what was tried, number {number}",
            "remedy": "" if status == "ok" else "install something"}  # fmt: skip


def incident(number: int) -> dict[str, Any]:
    """What a recorder froze."""
    return {
        "id": f"2026112{number}T0022-scan", "state": "frozen", "trigger": NOW - number * 3600 * SECOND, "packets": 412,
        "reasons": ("high scan",), "size": 61_440, "lacking": (),
    }  # fmt: skip


def shaped(way: str) -> dict[str, Any]:
    """One side of an interface that is shaped."""
    return {
        "id": "a1b2c3d4", "target": "eth0", "interface": f"eth0 {way}", "packets": 970, "bytes": 970_000, "dropped": 30,
        "namespace": "", "asked": ("direction=both", f"{way}.delay=100ms", f"{way}.loss=3%", f"{way}.rate=2mbit"), "waiting": 4,
        "ends": "ends in 59m 2s, or with: procwire shape clear a1b2c3d4", "watched": True, "notes": (f"{way}: loss 3%",),
    }  # fmt: skip


TIMELINE = """train: 40s, once

eth0
  |===========/////////....|
          0s  +20s       each way rate 2mbit"""


def rows_of(flows: int) -> dict[str, list[dict[str, Any]]]:
    """All rows of a host with so many flows."""
    return {
        "flow": [flow(number) for number in range(flows)],
        "process": [process(number) for number in range(8)],
        "finding": [finding(number) for number in range(5)],
        "check": [check(number) for number in range(7)],
        "socket": [{"pid": 1000, "proto": "tcp", "state": "listen", "src": "0.0.0.0", "src_port": 443}],
        "interface": [
            {"name": "eth0", "index": 2, "kind": "veth", "up": True, "mtu": 1500, "mac": "02:00:00:00:00:01",
             "addresses": ("10.0.0.5/24", "fd00::5/64"), "capture": "yes"},
            {"name": "lo", "index": 1, "kind": "loopback", "up": True, "mtu": 65536, "addresses": ("127.0.0.1/8",),
             "capture": "yes"},
        ],
        "shaping": [shaped(way) for way in ("egress", "ingress")],
        "preset": [
            {"name": "lte", "title": "LTE", "basis": "published", "source": "a study", "words": ("rtt=70ms", "rate=12mbit")},
            {"name": "edge", "title": "EDGE", "basis": "estimate", "source": "us", "words": ("rtt=400ms",)},
        ],
        "scenario": [
            {"name": "train", "state": "running", "path": "/etc/procwire/scenarios/train.toml", "length": 40 * SECOND,
             "elapsed": 10 * SECOND, "round": 1, "steps": ("eth0=1/2",), "title": "A train in a tunnel"},
            {"name": "odd", "state": "wrong", "path": "/etc/procwire/scenarios/odd.toml", "detail": "odd.toml:3: no step"},
        ],
        "packet": [
            {"number": n, "time": NOW - (200 - n) * SECOND, "src": "10.0.0.5", "src_port": 40000, "dst": "192.0.2.7",
             "dst_port": 443, "proto": "tcp", "length": 60 + n, "tcp_flags": ("ack",), "info": "application data"}
            for n in range(1, 200)
        ],
        "alert": [finding(1) | {"state": "acknowledged"}, finding(2) | {"state": "new"}],
        "incident": [incident(number) for number in range(2)],
        "accounting": [
            {"interface": "eth0", "direction": way, "packets": 1000, "attributed": 900, "no_socket": 60, "other_ip": 20,
             "not_ip": 20, "unexplained": 0} for way in ("in", "out")
        ],
        **{name: [record(name, number) for number in range(60)] for name in ("dns", "http", "tls")},
    }  # fmt: skip


class FakeHost:
    """In memory, filtered and ordered as the real ones do it. ``asked``: every Want, in order."""

    title = "a host of tests"
    live = True
    span: tuple[int, int] | None = None

    def __init__(self, flows: int = 60, *, tables: Iterable[str] = LIVE) -> None:
        self.data = rows_of(flows)
        self.names = frozenset(tables)
        self.asked: list[Want] = []
        self.orders: list[tuple[str, Mapping[str, Any]]] = []
        self.ticks = 0
        self.gone = ""
        self.closed = False
        self.refused: set[str] = set()  # orders

    def tables(self) -> tuple[Table, ...]:
        """See Host."""
        return tuple(table for name, table in TABLES.items() if name in self.names)

    def rows(self, want: Want) -> Rows:
        """See Host."""
        self.asked.append(want)
        if want.table == GROUP:
            found = self._groups(want)
        else:
            found = self._matching(want.table, want.filter, want.at)
        if want.order:
            found = grouping.ordered(found, want.order, descending=want.descending)
        page = found[want.first : want.first + want.limit]
        return Rows(
            rows=tuple(tuple(row.get(name) for name in want.columns) for row in page),
            first=want.first,
            total=len(found),
        )

    def _matching(self, table: str, text: str, at: int | None = None) -> list[dict[str, Any]]:
        rows = self.data.get(table, [])
        if at is not None and table == "flow":
            rows = [row for row in rows if row["start"] <= at]
        if not text:
            return list(rows)
        keep = compile_filter(text, TABLES[table], now=NOW)
        return [row for row in rows if keep.matches(row)]

    def _groups(self, want: Want) -> list[dict[str, Any]]:
        found = grouping.grouped(self._matching("flow", want.filter, want.at), want.by)
        return grouping.table_rows(found)

    def health(self, at: int | None = None) -> Health:
        """See Host."""
        if self.gone:
            raise HostError(self.gone)
        self.ticks += 1
        moved = self.ticks * 1_000_000
        return Health(
            now=at or NOW + self.ticks * SECOND, since=NOW, packets=12_345, bytes=9_876_543 + moved,
            flows=len(self.data["flow"]), open_flows=len(self.data["flow"]) * 4 // 5, source="both",
            links=(Link(name="eth0", packets=self.ticks * 900, bytes_in=moved, bytes_out=moved // 3),
                   Link(name="lo", packets=self.ticks * 10, bytes_in=5, bytes_out=5, dropped=3)),
            drops={"ring": 0, "store": 0}, parts=(Part(name="engine", pid=4242, resident=61_000_000, sandbox="confined"),
                                                  Part(name="warden", pid=4241, resident=30_000_000)),
        )  # fmt: skip

    def flow(self, flow_id: str) -> Sheet:
        """See Host."""
        found = next((row for row in self.data["flow"] if row["flow_id"] == flow_id), None)
        if found is None:
            raise HostError(f"flow {flow_id} is not known any more")
        start = found["start"]
        said = {
            "time": start + 20_000_000,
            "side": "out",
            "method": "GET",
            "host": "host.example.com",
            "target": "/",
        }
        answer = {"time": start + 62_000_000, "side": "in", "status": 200, "latency": 42_000_000}
        return Sheet(flow=found, seen=(("http", said), ("http", answer)))

    def conversation(self, flow_id: str) -> tuple[Said, ...]:
        """See Host."""
        return (
            Said(side="out", data=b"GET / HTTP/1.1\r\nHost: host.example.com\r\n\r\n"),
            Said(side="in", data=b"HTTP/1.1 200 OK\r\nX: \x1b[31m\xff\r\n\r\nhello", clear=True),
        )

    def packet(self, number: int) -> Frame:
        """See Host."""
        data = bytes((number + place) % 256 for place in range(70))
        layers = (
            Layer("eth", 0, 14, "02:00:00:00:00:01 > 02:00:00:00:00:02", (Field("type", 12, 14, "0x0800 ip"),)),
            Layer("ip", 14, 34, "10.0.0.5 > 192.0.2.7  ttl 64", (
                Field("ttl", 22, 23, "64"), Field("src", 26, 30, "10.0.0.5"), Field("dst", 30, 34, "192.0.2.7"),
            )),
            Layer("tcp", 34, 54, "40000 > 443  psh,ack", (Field("src port", 34, 36, "40000"),)),
            Layer("tls", 54, 70, "application data", (
                Field("record", 54, 70, "application data"), Field("type", 54, 55, "23 application data", 1),
            ), "record: 517 bytes announced, 16 of them here"),
        )  # fmt: skip
        return Frame(number=number, data=data, layers=layers)

    def query(self, sql: str) -> Answer:
        """See Host."""
        if "FROM" not in sql.upper():
            raise HostError("query: no table is named")
        table = msgspec.structs.replace(TABLES["group"], name="query", columns=TABLES["group"].columns[:3])
        rows = grouping.table_rows(grouping.grouped(self.data["flow"], "process"))
        return Answer(
            table=table, rows=tuple((row["group"], row["confidence"], row["flows"]) for row in rows)
        )

    def act(self, order: str, subject: Mapping[str, Any]) -> str:
        """See Host."""
        self.orders.append((order, subject))
        if order in self.refused:
            raise HostError(f"{order}: not here", "as root")
        if order == "timeline":
            return TIMELINE
        return f"{order}d"

    def close(self) -> None:
        """See Host."""
        self.closed = True


class Recorded(FakeHost):
    """A capture file of five minutes, with packets and no processes."""

    title = "trace.pcapng"
    live = False
    span: tuple[int, int] | None = (NOW - 300 * SECOND, NOW)

    def __init__(self, flows: int = 60) -> None:
        super().__init__(flows, tables=LIVE - OF_A_MACHINE)
