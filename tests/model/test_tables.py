"""Every core table: sound declarations, and getters that read real rows."""

from __future__ import annotations

import re
from typing import Any

import pytest

from procwire.model import address
from procwire.model.catalogue_tables import CHECKS, COLUMNS, PROTOCOLS
from procwire.model.columns import Kind, Table
from procwire.model.flow import Flow
from procwire.model.frames import FOREIGN, INBOUND, OUTBOUND
from procwire.model.packets import HAS_PORTS, IS_IP, PacketTable
from procwire.model.process import EXACT, Owner, ProcessRef
from procwire.model.rows import Check, FlowRow, InterfaceRow, PacketRow, ProtocolRow, RowContext, column_rows
from procwire.model.tables import CORE, FLOWS, INTERFACES, PACKETS

VOCABULARY = [
    "flow_id",
    "community_id",
    "start",
    "end",
    "duration",
    "proto",
    "src",
    "src_port",
    "dst",
    "dst_port",
    "direction",
    "state",
    "app",
    "app_confidence",
    "encapsulation",
    "interface",
    "packets_out",
    "packets_in",
    "bytes_out",
    "bytes_in",
    "payload_out",
    "payload_in",
    "rtt",
    "retransmissions",
    "server_name",
    "server_name_source",
    "ja4",
    "pid",
    "process",
    "exe",
    "cmdline",
    "user",
    "unit",
    "container",
    "owner_confidence",
    "owner_source",
]


def a_flow(*, proto: int = 6) -> Flow:
    flow = Flow()
    flow.family, flow.src_hi, flow.src_lo = address.split("10.0.0.1")
    _, flow.dst_hi, flow.dst_lo = address.split("192.0.2.7")
    flow.proto, flow.sport, flow.dport = proto, 40000, 443
    flow.first, flow.last = 1_000_000_000, 2_500_000_000
    flow.packets_out, flow.packets_in, flow.bytes_out, flow.bytes_in = 3, 2, 300, 2000
    return flow


def values(table: Table, row: Any) -> dict[str, Any]:
    return {column.name: column.get(row) for column in table}


def test_flow_has_the_whole_vocabulary() -> None:
    names = [column.name for column in FLOWS]
    assert set(VOCABULARY) <= set(names)


@pytest.mark.parametrize("table", CORE, ids=lambda table: table.name)
def test_declarations_are_sound(table: Table) -> None:
    names = [column.name for column in table]
    assert len(set(names)) == len(names)
    assert table.doc.endswith(".")
    for column in table:
        assert re.fullmatch(r"[a-z][a-z0-9_]*", column.name)
        assert column.doc.endswith("."), column.name
        assert column.doc[0].isupper() or column.doc.split(",")[0].split()[0].strip(".") in {
            "src", "in", "ok", "systemd",
        }, column.doc  # fmt: skip
    for other, targets in table.also.items():
        assert set(targets) <= set(names), other


def test_names_of_tables_differ() -> None:
    assert len({table.name for table in CORE}) == len(CORE)
    assert FLOWS.schema == "procwire.flow/1"


def test_a_bare_flow_can_be_read_in_every_column() -> None:
    seen = values(FLOWS, FlowRow(a_flow()))
    assert seen["src"] == "10.0.0.1"
    assert seen["dst_port"] == 443
    assert seen["proto"] == "tcp"
    assert seen["duration"] == 1_500_000_000
    assert seen["packets"] == 5
    assert seen["bytes"] == 2300
    assert seen["retransmissions"] == 0
    unknown = (
        "rtt",
        "smoothed_rtt",
        "end",
        "pid",
        "process",
        "server_name",
        "ja4",
        "mss_out",
        "community_id",
    )
    assert [seen[name] for name in unknown] == [None] * len(unknown)
    assert seen["owner_confidence"] == "unknown"
    assert seen["owner_reason"] == "not looked up"
    assert seen["opener"] == "unknown"


def test_tcp_columns_are_not_known_for_udp() -> None:
    seen = values(FLOWS, FlowRow(a_flow(proto=17)))
    assert seen["proto"] == "udp"
    assert seen["retransmissions"] is None
    assert seen["tcp_flags"] is None
    assert seen["window_scale_out"] is None


def test_icmp_has_a_type_and_no_ports() -> None:
    flow = a_flow(proto=1)
    flow.sport = 8
    seen = values(FLOWS, FlowRow(flow))
    assert (seen["src_port"], seen["dst_port"], seen["icmp_type"]) == (None, None, 8)


def test_owner_and_facts_become_columns() -> None:
    flow = a_flow()
    process = ProcessRef(
        pid=7, start=5, name="curl", exe="/usr/bin/curl", uid=0, user="root", unit="x.service"
    )
    flow.owner = Owner(process=process, confidence=EXACT, source="sock-diag")
    flow.facts = {"alpn": ("h2",)}
    flow.ended = "fin"
    flow.flags_out = 0x12
    flow.vlan = 10 | 20 << 12
    seen = values(FLOWS, FlowRow(flow))
    assert (seen["pid"], seen["process"], seen["uid"], seen["unit"]) == (7, "curl", 0, "x.service")
    assert (seen["container"], seen["owner_source"], seen["alpn"]) == (None, "sock-diag", ("h2",))
    assert seen["end"] == flow.last
    assert seen["tcp_flags"] == ("syn", "ack")
    assert seen["vlan"] == ("10", "20")
    assert (seen["owner_delay"], seen["peer_pid"], seen["peer_process"]) == (None, None, None)


def test_the_other_end_and_the_time_of_the_answer_become_columns() -> None:
    flow = a_flow()
    left, right = (ProcessRef(pid=pid, start=5, name=name) for pid, name in ((7, "curl"), (8, "nginx")))
    flow.owner = Owner(
        process=left, confidence=EXACT, side="src", peer=right, peer_confidence=EXACT, answered=flow.first + 5
    )
    seen = values(FLOWS, FlowRow(flow))
    assert (seen["owner_side"], seen["owner_delay"]) == ("src", 5)
    assert (seen["peer_pid"], seen["peer_process"], seen["peer_confidence"]) == (8, "nginx", EXACT)
    flow.owner = Owner(
        process=left, confidence=EXACT, side="src", peer_reason="refused", answered=flow.first - 5
    )
    seen = values(FLOWS, FlowRow(flow))
    assert (seen["owner_delay"], seen["peer_pid"], seen["peer_reason"]) == (0, None, "refused")


class Here(RowContext):
    """A host with one address."""

    def __init__(self, *own: str) -> None:
        self.own = {address.split(text) for text in own}

    def local(self, family: int, high: int, low: int) -> bool | None:
        return (family, high, low) in self.own

    def community_id(self, flow: Flow) -> str | None:
        return "1:x"


@pytest.mark.parametrize(
    ("heading", "own", "expected"),
    [
        (INBOUND, None, "in"),
        (OUTBOUND, None, "out"),
        (INBOUND | OUTBOUND, None, "local"),
        (FOREIGN, None, "forwarded"),
        (FOREIGN | INBOUND, None, "forwarded"),
        (0, None, "unknown"),
        (0, ["10.0.0.1"], "out"),
        (0, ["192.0.2.7"], "in"),
        (0, ["10.0.0.1", "192.0.2.7"], "local"),
        (INBOUND | OUTBOUND, ["10.9.9.9"], "forwarded"),
    ],
)
def test_direction(heading: int, own: list[str] | None, expected: str) -> None:
    flow = a_flow()
    flow.heading = heading
    context = RowContext() if own is None else Here(*own)
    assert FLOWS.column("direction").get(FlowRow(flow, context)) == expected


@pytest.mark.parametrize(
    ("src", "dst", "expected"),
    [
        ("127.0.0.1", "127.9.9.9", "local"),
        ("::1", "::1", "local"),
        ("10.0.0.1", "10.0.0.1", "local"),
        ("127.0.0.1", "10.0.0.1", "unknown"),
        ("::7f00:1", "::7f00:2", "unknown"),
    ],
)
def test_addresses_that_never_leave_a_host_are_local(src: str, dst: str, expected: str) -> None:
    flow = a_flow()
    flow.heading = 0
    flow.family, flow.src_hi, flow.src_lo = address.split(src)
    _, flow.dst_hi, flow.dst_lo = address.split(dst)
    assert FLOWS.column("direction").get(FlowRow(flow)) == expected


def test_context_answers_what_the_flow_cannot() -> None:
    assert FLOWS.column("community_id").get(FlowRow(a_flow(), Here())) == "1:x"


def a_packet(*, marks: int, proto: int = 6) -> PacketRow:
    table = PacketTable(2)
    table.count = 2
    table.marks[1], table.proto[1], table.family[1] = marks, proto, 4
    table.src_lo[1], table.dst_lo[1] = 0x0A000001, 0xC0000207
    table.sport[1], table.dport[1] = 40000, 443
    table.tcp_flags[1], table.seq[1], table.scale[1], table.ttl[1] = 2, 99, 255, 64
    table.time[1], table.wire[1], table.length[1] = 5, 74, 0
    return PacketRow(table, 1, 12)


def test_a_packet_can_be_read_in_every_column() -> None:
    seen = values(PACKETS, a_packet(marks=IS_IP | HAS_PORTS))
    assert (seen["number"], seen["time"], seen["length"]) == (12, 5, 74)
    assert (seen["src"], seen["dst"], seen["src_port"]) == ("10.0.0.1", "192.0.2.7", 40000)
    assert (seen["tcp_flags"], seen["seq"], seen["window_scale"], seen["ttl"]) == (("syn",), 99, None, 64)
    assert seen["proto"] == "tcp"


def test_a_packet_that_is_not_ip_has_no_addresses() -> None:
    seen = values(PACKETS, a_packet(marks=0))
    names = ("src", "dst", "src_port", "proto", "tcp_flags", "seq", "ttl")
    assert [seen[name] for name in names] == [None] * len(names)


def test_the_small_tables_read_their_rows() -> None:
    assert values(INTERFACES, InterfaceRow(name="eth0", addresses=("10.0.0.1/8",)))["addresses"] == (
        "10.0.0.1/8",
    )
    assert values(PROTOCOLS, ProtocolRow(name="dns", ports=("udp/53",)))["ports"] == ("udp/53",)
    assert values(CHECKS, Check(name="libpcap", status="missing", remedy="apt"))["remedy"] == "apt"


def test_the_catalogue_holds_every_column() -> None:
    rows = column_rows(CORE)
    assert len(rows) == sum(len(table.columns) for table in CORE)
    first = values(COLUMNS, rows[0])
    assert first["table"] == "flow"
    assert first["kind"] in set(Kind)
