"""One line for one packet."""

from __future__ import annotations

import struct

from procwire.packet import describe
from tests.packet.build import decode, eth, ip4, ip6, tcp, udp


def test_tcp() -> None:
    table = decode(eth(ip4(tcp(flags=0x12, options=b"\x02\x04\x05\xb4"))))
    assert describe.row_text(table, 0) == (
        "tcp 10.0.0.1:40000 > 10.0.0.2:443 SYN,ACK seq=1000 ack=2000 win=512 mss=1460 len=0 [eth.ip.tcp]"
    )


def test_udp_over_ip6() -> None:
    table = decode(eth(ip6(udp(b"abc"), 17), 0x86DD))
    assert describe.row_text(table, 0) == ("udp [2001:db8::1]:5000 > [2001:db8::2]:53 len=3 [eth.ip6.udp]")


def test_icmp_has_words_and_no_ports() -> None:
    table = decode(eth(ip4(struct.pack(">BBHHH", 8, 0, 0, 1, 1), 1)), eth(ip4(bytes([3, 1]) + bytes(6), 1)))
    assert describe.row_text(table, 0) == "icmp 10.0.0.1 > 10.0.0.2 echo request len=0 [eth.ip.icmp]"
    assert "unreachable (quotes a packet)" in describe.row_text(table, 1)


def test_what_is_not_ip() -> None:
    assert describe.row_text(decode(eth(bytes(28), 0x0806)), 0) == "arp [eth.arp]"
    assert describe.row_text(decode(b"usb", link=189), 0) == "usb-linux"


def test_faults_fragments_and_esp() -> None:
    table = decode(
        eth(ip4(tcp(offset=2))),
        eth(ip4(udp(bytes(16)), 17, part=0x2000)),
        eth(ip4(bytes(8), 17, part=99, ident=3)),
        eth(ip4(b"\0\0\0\x0a" + bytes(12), 50)),
    )
    assert "fault: transport-invalid" in describe.row_text(table, 0)
    assert describe.summary(table, 1) == "fragment"
    assert describe.summary(table, 2) == "fragment, flow not known yet"
    assert "spi=0x0000000a" in describe.row_text(table, 3)


def test_flags() -> None:
    assert describe.flags(0x1FF) == "FIN,SYN,RST,PSH,ACK,URG,ECE,CWR,NS"
    assert describe.flags(0) == ""
