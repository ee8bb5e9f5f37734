"""The golden lines against tshark: where both speak of the same thing they say the same."""

from __future__ import annotations

import functools
import json
import re
import shutil
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.scenes import tshark
from tests.scenes.lines import Line
from tests.scenes.scenes import captures, golden_of, name_of

needs_tshark = pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
pytestmark = needs_tshark

SPOKEN = ("tls.handshake.extensions_server_name", "tls.handshake.ja3", "tls.handshake.ja3s",
          "dtls.handshake.extensions_server_name", "dtls.handshake.ja3", "dtls.handshake.ja3s",
          "http.request.method", "http.request.uri", "http.host", "http.user_agent", "http.response.code",
          "http.server", "dns.id", "dns.qry.name", "dns.a", "dns.aaaa", "x509af.serialNumber")  # fmt: skip
ALL = pytest.mark.parametrize("capture", captures(), ids=name_of)


def golden(capture: Path) -> list[Line]:
    return [json.loads(line) for line in golden_of(capture).read_text(encoding="ascii").splitlines()]


@functools.cache
def spoken(capture: Path) -> list[dict[str, list[str]]]:
    return tshark.fields(capture, SPOKEN, "tls or quic or http or dns or dtls")


def said(lines: list[Line], name: str, *tables: str) -> list[str]:
    """All values of a column in some tables, sorted."""
    found = [line[name] for line in lines if line["table"] in tables and name in line]
    return sorted(str(part) for value in found for part in (value if isinstance(value, list) else [value]))


@ALL
def test_tls_and_quic_hellos(capture: Path) -> None:
    lines, rows = golden(capture), spoken(capture)
    for field, column, tables in (
        ("tls.handshake.extensions_server_name", "server_name", ("tls", "quic")),
        ("tls.handshake.ja3", "ja3", ("tls", "quic")),
        ("tls.handshake.ja3s", "ja3s", ("tls_server", "quic_server")),
    ):
        ours, theirs = said(lines, column, *tables), tshark.every(rows, field)
        if capture.parent.name == "quic":  # tshark shows no second ClientHello of one connection
            ours, theirs = sorted(set(ours)), sorted(set(theirs))
        if capture.parent.name in {"ftp", "nats", "rdp"}:  # tshark stops at their change to TLS
            ours = []
        if name_of(capture) == "openvpn-auth":  # tshark takes the HMAC for a shorter one
            ours = []
        assert ours == theirs, field


@ALL
def test_dtls_hellos(capture: Path) -> None:
    lines, rows = golden(capture), spoken(capture)
    for field, column, table in (
        ("dtls.handshake.extensions_server_name", "server_name", "dtls"),
        ("dtls.handshake.ja3", "ja3", "dtls"),
        ("dtls.handshake.ja3s", "ja3s", "dtls_server"),
    ):
        assert said(lines, column, table) == tshark.every(rows, field), field


@ALL
def test_certificates(capture: Path) -> None:
    theirs = [
        value.removeprefix("0x").lower() for value in tshark.every(spoken(capture), "x509af.serialNumber")
    ]
    ours = said(golden(capture), "serial", "tls_certificate")
    assert sorted(value.lstrip("0") for value in ours) == sorted(value.lstrip("0") for value in theirs)


@ALL
def test_http_messages(capture: Path) -> None:
    lines = [line for line in golden(capture) if line["table"] == "http"]
    requests = [line for line in lines if line["message"] == "request"]
    responses = [line for line in lines if line["message"] == "response"]
    rows = spoken(capture)
    for field, ours in (
        ("http.request.method", said(requests, "method", "http")),
        ("http.request.uri", said(requests, "path", "http")),
        ("http.user_agent", said(requests, "user_agent", "http")),
        ("http.host", said(requests, "host", "http")),
        ("http.response.code", said(responses, "status", "http")),
        ("http.server", said(responses, "server", "http")),
    ):
        asked = [row for row in rows if row["http.request.method"]]  # since 4.2 an answer repeats its URI
        theirs = tshark.every(asked if field == "http.request.uri" else rows, field)
        if field == "http.host":  # ours is the name alone
            theirs = [re.sub(r":[0-9]+\Z", "", one).strip("[]") for one in theirs]
        assert ours == sorted(theirs), field


@ALL
def test_dns_messages(capture: Path) -> None:
    lines, rows = golden(capture), spoken(capture)
    dns = [line for line in lines if line["table"] == "dns"]
    assert [f"0x{line['ident']:04x}" for line in dns] == [one for row in rows for one in row["dns.id"]]
    assert said(dns, "addresses", "dns") == sorted(
        tshark.every(rows, "dns.a") + tshark.every(rows, "dns.aaaa")
    )
    names = tshark.every(rows, "dns.qry.name")
    ours = [value for value in said(dns, "query", "dns") if "\\" not in value]
    assert ours == [value for value in names if value.isascii() and value != "<Root>"]


PORTLESS = {"icmp", "icmp6", "igmp", "sctp", "arp", "lldp"}  # captures that may hold nothing of TCP and UDP


def ends_of(row: dict[str, list[str]]) -> tuple[str, ...] | None:
    for transport in ("tcp", "udp"):
        if row[f"{transport}.srcport"]:
            address = ("ip.src", "ip.dst") if row["ip.src"] else ("ipv6.src", "ipv6.dst")
            return (transport, row[address[0]][0], row[f"{transport}.srcport"][0],
                    row[address[1]][0], row[f"{transport}.dstport"][0])  # fmt: skip
    return None


@ALL
def test_packets_bytes_payload_and_round_trips(capture: Path) -> None:
    counts: Counter[tuple[str, ...]] = Counter()
    sizes: Counter[tuple[str, ...]] = Counter()
    payload: Counter[tuple[str, ...]] = Counter()
    again: Counter[tuple[str, ...]] = Counter()
    trips: defaultdict[tuple[str, ...], set[str]] = defaultdict(set)
    for row in tshark.fields(capture, tshark.FRAME, "(tcp or udp) and (sflow or not (icmp or icmpv6))"):
        ends = ends_of(row)
        assert ends is not None
        counts[ends] += 1
        sizes[ends] += int(row["frame.len"][0])
        payload[ends] += int(row["tcp.len"][0]) if row["tcp.len"] else int(row["udp.length"][0]) - 8
        again[ends] += bool(row["tcp.analysis.retransmission"] or row["tcp.analysis.fast_retransmission"])
        trips[ends].update(row["tcp.analysis.initial_rtt"])
    flows = [line for line in golden(capture) if line.get("proto") in {"tcp", "udp"}]
    assert flows or capture.parent.name in PORTLESS
    for flow in flows:
        out = (flow["proto"], flow["src"], str(flow["src_port"]), flow["dst"], str(flow["dst_port"]))
        into = (out[0], *out[3:], *out[1:3])
        for side, ends in (("out", out), ("in", into)):
            assert flow[f"packets_{side}"] == counts.pop(ends, 0), ends
            assert flow[f"bytes_{side}"] == sizes[ends], ends
            assert flow[f"payload_{side}"] == payload[ends], ends
            assert flow.get(f"retransmissions_{side}", 0) == again[ends], ends
        for trip in trips[out] | trips[into] if flow.get("ended") != "rst" else ():  # a refused SYN has none
            assert flow["rtt"] == pytest.approx(float(trip), abs=1e-9), out
    assert not counts
