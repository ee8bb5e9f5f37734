"""Packets as a gateway reads and makes them."""

from __future__ import annotations

import struct
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.lab import datagram
from procwire.shaping.lab.datagram import HOST, ICMP, ICMP6, NET, PORT, TCP, UDP, Seen, checksum, seen

NEAR, FAR, GATE = (ip_address(each).packed for each in ("198.18.0.2", "203.0.113.9", "198.18.0.1"))
NEAR6, FAR6, GATE6 = (ip_address(each).packed for each in ("fd70::2", "2001:db8::9", "fd70::1"))
SYN = struct.pack("!HHIIBBHHH", 4000, 443, 0xFFFFFFFF, 0, 0x50, 0x02, 1000, 0, 0)


def four(protocol: int, body: bytes, fragment: int = 0) -> bytes:
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 7, fragment, 64, protocol, 0)
    return head + NEAR + FAR + body


def six(protocol: int, body: bytes) -> bytes:
    return struct.pack("!IHBB", 6 << 28, len(body), protocol, 64) + NEAR6 + FAR6 + body


def whole(packet: bytes) -> tuple[bytes, bytes, int, bytes]:
    """Addresses, protocol and body of a packet whose checksums hold."""
    if packet[0] >> 4 == 4:
        assert checksum(packet[:20]) == 0
        assert int.from_bytes(packet[2:4], "big") == len(packet)
        source, to, protocol, body = packet[12:16], packet[16:20], packet[9], packet[20:]
        pseudo = b"" if protocol == ICMP else source + to + struct.pack("!HH", protocol, len(body))
    else:
        source, to, protocol, body = packet[8:24], packet[24:40], packet[6], packet[40:]
        assert int.from_bytes(packet[4:6], "big") == len(body)
        pseudo = source + to + struct.pack("!II", len(body), protocol)
    assert checksum(pseudo + body) == 0
    return source, to, protocol, body


def of(data: bytes) -> Seen:
    found = seen(data)
    assert found is not None
    return found


def test_a_flow_is_read_from_its_packet() -> None:
    assert of(four(TCP, SYN)).key == (TCP, NEAR, 4000, FAR, 443)
    assert of(six(UDP, struct.pack("!HHHH", 5000, 53, 8, 0))).key == (UDP, NEAR6, 5000, FAR6, 53)
    assert of(four(ICMP, bytes((8, 0, 0, 0, 1, 2, 0, 1)))).key == (ICMP, NEAR, 0x102, FAR, 0)
    first = bytes((UDP, 0, 0, 1, 0, 0, 0, 1)) + struct.pack("!HHHH", 5000, 53, 8, 0)
    assert of(six(44, first)).key == (UDP, NEAR6, 5000, FAR6, 53)


@pytest.mark.parametrize(
    "data",
    [b"", b"\x45", four(TCP, b"short"), four(UDP, bytes(8), 0x0001), four(132, bytes(12)),
     four(ICMP, bytes((0, 0, 0, 0, 1, 2, 0, 1))), six(44, bytes((UDP, 0, 0, 9, 0, 0, 0, 1)) + bytes(8))],
)  # fmt: skip
def test_what_is_no_flows_beginning_is_none(data: bytes) -> None:
    assert seen(data) is None


@given(st.binary(max_size=120))
def test_no_packet_is_too_strange(data: bytes) -> None:
    found = seen(data)
    assert found is None or found.start + 8 <= len(data)
    assert datagram.is_opening(data, 0) in (True, False)


def test_only_a_bare_syn_opens() -> None:
    def flags(value: int) -> bytes:
        return four(TCP, SYN[:13] + bytes((value,)) + SYN[14:])

    assert [datagram.is_opening(flags(each), 20) for each in (0x02, 0xC2, 0x12, 0x10, 0x04)] == [
        True, True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("data", [four(TCP, SYN), six(TCP, SYN)])
def test_a_reset_answers_the_syn(data: bytes) -> None:
    source, to, protocol, body = whole(datagram.reset(data, of(data)))
    assert (source, to, protocol) == (of(data).destination, of(data).source, TCP)
    assert struct.unpack("!HHIIBB", body[:14]) == (443, 4000, 0, 0, 0x50, 0x14)  # 0xFFFFFFFF + 1


@pytest.mark.parametrize(
    ("data", "why", "said", "by"),
    [
        (four(TCP, SYN), NET, (3, 0), GATE), (four(TCP, SYN), HOST, (3, 1), GATE),
        (four(TCP, SYN), PORT, (3, 3), FAR), (six(TCP, SYN), NET, (1, 0), GATE6),
        (six(TCP, SYN), PORT, (1, 4), FAR6),
    ],
)  # fmt: skip
def test_what_is_unreachable_is_said_by_icmp(data: bytes, why: str, said: tuple[int, int], by: bytes) -> None:
    source, to, protocol, body = whole(
        datagram.unreachable(data, of(data), why, GATE if len(by) == 4 else GATE6)
    )
    assert (source, to, (body[0], body[1]), body[8:]) == (by, of(data).source, said, data)
    assert protocol == (ICMP if len(by) == 4 else ICMP6)


def test_an_error_is_no_longer_than_it_may_be() -> None:
    assert len(datagram.unreachable(four(TCP, SYN + bytes(2000)), of(four(TCP, SYN)), NET, GATE)) == 576
    assert len(datagram.unreachable(six(TCP, SYN + bytes(2000)), of(six(TCP, SYN)), NET, GATE6)) == 1280


def test_a_datagrams_head_is_told_where_the_datagram_is_gone() -> None:
    packet = of(four(UDP, struct.pack("!HHHH", 5000, 53, 8, 0)))
    source, to, protocol, body = whole(datagram.of_udp(packet))
    assert (source, to, protocol, body[:4]) == (NEAR, FAR, UDP, struct.pack("!HH", 5000, 53))


def test_a_ping_gets_another_number_and_its_reply_the_first() -> None:
    data = four(ICMP, bytes((8, 0, 0, 0, 1, 2, 0, 9)) + b"data")
    sent = datagram.echo(of(data), data, 0x3344)
    assert (sent[0], sent[4:6], sent[6:], checksum(sent)) == (8, b"\x33\x44", b"\0\x09data", 0)
    back = whole(datagram.echo_reply(of(data), sent[6:]))
    assert back == (FAR, NEAR, ICMP, bytes((0, 0)) + back[3][2:4] + b"\x01\x02\0\x09data")
    data6 = six(ICMP6, bytes((128, 0, 5, 5, 1, 2, 0, 9)))
    assert datagram.echo(of(data6), data6, 1)[:6] == bytes((128, 0, 0, 0, 0, 1))
    assert whole(datagram.echo_reply(of(data6), b"\0\x09"))[3][0] == 129
