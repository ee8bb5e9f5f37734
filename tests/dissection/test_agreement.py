"""Where a field stands, against tshark: what it knows of these fields has the same bytes here."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.dissection.taking import VECTORS, taken

pytestmark = pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")

# tshark's field -> the name of the part here. What tshark puts together has no bytes here.
FIELDS = {
    "eth.src": "src", "eth.type": "type", "arp.src.hw_mac": "sender hardware",
    "arp.dst.proto_ipv4": "target address", "ip.src": "src", "ip.ttl": "ttl", "ip.len": "total length",
    "ip.id": "id",
    "ipv6.dst": "dst", "ipv6.hlim": "hop limit", "udp.length": "length", "tcp.window_size_value": "window",
    "tcp.ack": "ack", "tcp.checksum": "checksum", "icmp.type": "type", "icmp.ident": "id",
    "icmp.seq": "sequence", "icmpv6.code": "code", "dns.id": "id", "dns.flags": "flags",
    "dns.count.answers": "answers",
    "dns.qry.name": "name", "dns.qry.type": "type", "dns.resp.name": "name", "dns.resp.ttl": "ttl",
    "dns.a": "data", "dns.aaaa": "data", "dns.cname": "data", "dhcp.id": "transaction",
    "dhcp.ip.your": "your address", "dhcp.cookie": "cookie", "dhcp.option.type": "",
    "ntp.stratum": "stratum", "ntp.rootdelay": "root delay", "ntp.xmt": "transmit time",
    "tls.record.content_type": "type", "tls.record.length": "length", "tls.handshake.random": "random",
    "tls.handshake.session_id": "session id", "tls.handshake.ciphersuite": "",
    "tls.handshake.extensions_server_name": "name", "tls.handshake.extensions_alpn_str": "protocol",
    "tls.handshake.extensions_supported_group": "group", "tls.handshake.extension.type": "type",
    "http.request.method": "method", "http.request.uri": "target", "http.response.code": "status",
    "http.host": "", "http.user_agent": "", "mqtt.topic": "topic", "mqtt.clientid": "client id",
    "mqtt.msgtype": "type and flags", "quic.version": "version", "quic.dcid": "destination id",
    "quic.scid": "source id", "quic.token": "token", "quic.length": "length",
    "ssh.kex_algorithms": "key exchange", "ssh.cookie": "cookie", "ssh.protocol": "banner",
}  # fmt: skip
ALONE = ("tcp.desegment_tcp_streams:FALSE", "tls.desegment_ssl_records:FALSE", "ip.defragment:FALSE",
         "tcp.relative_sequence_numbers:FALSE")  # fmt: skip
CAPTURES = ("arp/neighbours", "dhcp/lease", "dns/tcp", "dns/udp", "http/pipelined", "icmp/echo",
            "mqtt/session", "ntp/chrony", "quic/version1", "quic/version2", "ssh/login", "tls/chromium",
            "tls/tls12")  # fmt: skip


def theirs(capture: Path) -> list[list[tuple[str, int, int]]]:
    """Fields of each frame as tshark places them."""
    options = [word for each in ALONE for word in ("-o", each)]
    done = subprocess.run(["tshark", "-n", "-r", str(capture), "-T", "pdml", *options],
                          capture_output=True, check=True, timeout=60)  # fmt: skip
    frames = []
    for packet in ElementTree.fromstring(done.stdout).iter("packet"):
        found = []
        for proto in packet.findall("proto"):
            for field in proto.iter("field"):
                name, start, size = field.get("name", ""), int(field.get("pos", 0)), int(field.get("size", 0))
                inside = proto.get("name") == "quic" and name.startswith("tls.")  # of what it decrypted
                if name in FIELDS and size and not inside:
                    found.append((name, start, start + size))
        frames.append(found)
    return frames


def of_before(field: str, fields: list[tuple[str, int, int]], counted: bool) -> bool:
    """What tshark knows from earlier packets: a head that goes on, the size of an id that is not written."""
    heads = {"http.request.method", "http.response.code"}
    goes_on = field in {"http.host", "http.user_agent"} and not heads.intersection(each[0] for each in fields)
    return goes_on or (field == "quic.dcid" and not counted)


@pytest.mark.parametrize("name", CAPTURES)
def test_fields_have_the_bytes_that_tshark_gives_them(name: str) -> None:
    capture = VECTORS / f"{name}.pcap"
    known = theirs(capture)
    frames = list(taken(capture))
    assert len(known) == len(frames)
    for number, (fields, (data, layers)) in enumerate(zip(known, frames, strict=True), 1):
        parts = {(part.name, part.start, part.end) for layer in layers for part in layer.fields}
        ranges = {part[1:] for part in parts}
        for field, start, end in fields:
            if of_before(field, fields, data[start - 1] == end - start):
                continue
            want = FIELDS[field]
            there = (want, start, end) in parts if want else (start, end) in ranges
            assert there, f"packet {number}: {field} at {start}-{end}"
    assert any(known)
