"""IP, TCP, UDP and ICMP, field by field."""

from __future__ import annotations

from procwire.dissection.frame import layers_of
from tests.dissection.taking import values
from tests.packet.build import eth, ip4, ip6, tcp


def test_options_of_tcp_are_told_apart() -> None:
    options = bytes.fromhex("020405b4 0402 080a 00000001 00000000 01 030307")
    layer = layers_of(eth(ip4(tcp(options=options))), "eth.ip.tcp", 74)[2]
    found = values(layer)
    assert (found["mss"], found["window scale"], found["timestamps"]) == ("1460", "7", "1 0")
    assert next(part for part in layer.fields if part.name == "options").end == 74
    hurt = layers_of(eth(ip4(tcp(options=b"\x02\x99\0\0"))), "eth.ip.tcp", 58)[2]
    assert values(hurt)["malformed"] == "option: 151 bytes wanted, 2 here"


def test_an_echo_has_its_number() -> None:
    layer = layers_of(eth(ip4(bytes.fromhex("0800abcd 0007 0002") + b"ping", 1)), "eth.ip.icmp", 42)[2]
    assert layer.words == "echo-request  id 7  sequence 2"
    assert (values(layer)["data"], layer.fields[-1].start) == (b"ping".hex(), 42)


def test_an_error_quotes_a_packet() -> None:
    layer = layers_of(eth(ip4(bytes.fromhex("03030000 00000000") + ip4(tcp()), 1)), "eth.ip.icmp", 42)[2]
    assert layer.words == "unreachable  port-unreachable"
    assert values(layer)["packet that it is about"] == "40 bytes"


def test_a_neighbour_is_asked_for() -> None:
    body = bytes.fromhex("87000000 00000000") + bytes(15) + b"\1"
    layer = layers_of(eth(ip6(body, 58), 0x86DD), "eth.ip6.icmp6", 62)[2]
    assert layer.words == "neighbour-solicitation  ::1"


def test_options_of_ip_and_what_is_cut() -> None:
    layer = layers_of(eth(ip4(tcp(), options=b"\x94\4\0\0")), "eth.ip.tcp", 58)[1]
    assert (values(layer)["options"], layer.end) == ("94040000", 38)
    assert layers_of(eth(ip4(tcp()))[:40], "eth.ip.tcp", 40)[2].missing == "seq: 4 bytes wanted, 2 here"
