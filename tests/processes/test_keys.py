from __future__ import annotations

import socket

import pytest

from procwire.model import address
from procwire.model.flow import Flow
from procwire.processes import keys
from procwire.processes.keys import Key, key_from, key_of
from procwire.warden.messages import LookUp


def flow_of(proto: int, src: str, sport: int, dst: str, dport: int) -> Flow:
    flow = Flow()
    flow.proto, flow.sport, flow.dport = proto, sport, dport
    flow.family, flow.src_hi, flow.src_lo = address.split(src)
    _, flow.dst_hi, flow.dst_lo = address.split(dst)
    return flow


@pytest.mark.parametrize(("src", "dst"), [("10.0.0.1", "10.0.0.2"), ("fd00::1", "2001:db8::2")])
def test_a_flow_and_its_text_have_the_same_key(src: str, dst: str) -> None:
    key = key_of(flow_of(6, src, 1000, dst, 443))
    assert key == key_from(6, src, 1000, dst, 443)
    assert key.turned() == key_from(6, dst, 443, src, 1000)
    assert key.turned().turned() == key


def test_a_mapped_address_loses_its_cover() -> None:
    assert key_from(6, "::ffff:1.2.3.4", 1, "::ffff:5.6.7.8", 2) == Key(6, b"\1\2\3\4", 1, b"\5\6\7\x08", 2)


def test_a_packet_may_have_one_mapped_address_alone() -> None:
    key = key_of(flow_of(17, "::ffff:1.2.3.4", 1, "2001:db8::2", 2))
    assert (len(key.src), len(key.dst)) == (16, 16)
    assert key == key_from(17, "::ffff:1.2.3.4", 1, "2001:db8::2", 2)
    LookUp(*key)  # is to be asked for, as every flow is


@pytest.mark.parametrize(
    ("text", "loopback", "group", "everything"),
    [
        ("127.0.0.1", True, False, False),
        ("127.255.0.1", True, False, False),
        ("::1", True, False, False),
        ("224.0.0.251", False, True, False),
        ("255.255.255.255", False, True, False),
        ("ff02::fb", False, True, False),
        ("0.0.0.0", False, False, True),
        ("::", False, False, True),
        ("10.0.0.1", False, False, False),
        ("fe80::1", False, False, False),
    ],
)
def test_kinds_of_address(text: str, loopback: bool, group: bool, everything: bool) -> None:
    packed = socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET, text)
    assert (keys.is_loopback(packed), keys.is_group(packed), keys.is_any(packed)) == (
        loopback,
        group,
        everything,
    )


def test_ends_are_shown_as_people_write_them() -> None:
    assert keys.shown(b"\x0a\0\0\1", 80) == "10.0.0.1:80"
    assert keys.shown(bytes(15) + b"\1", 443) == "[::1]:443"
