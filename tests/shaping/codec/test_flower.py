from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from procwire.shaping.codec import flower
from procwire.shaping.codec.actions import Mirred
from procwire.shaping.codec.attributes import CodecError, attributes
from procwire.shaping.codec.flower import Flower
from tests.shaping.codec.hostile import damaged, is_borne, unwrapped

# tc 6.1: ip_proto tcp dst_ip 10.0.0.0/8 dst_port 443; ip_proto udp src_ip 2001:db8::/32 src_port 1000-2000;
# ip_proto sctp dst_port 9; each with classid 1:10
TCP = (
    "3c000200050009000600000008000c000a00000008000d00ff0000000600130001bb000008000100100001000800160000000000"
    "0600080008000000"
)
UDP = (
    "5c000200050009001100000014000e0020010db800000000000000000000000014000f00ffffffff000000000000000000000000"
    "0600570003e800000600580007d00000080001001000010008001600000000000600080086dd0000"
)
SCTP = "2c000200050009008400000006002a0000090000080001001000010008001600000000000600080008000000"
WANTED = {
    TCP: Flower(destination=ip_network("10.0.0.0/8"), protocol=6, destination_ports=(443, 443),
                ether_type=0x0800, classid=0x10010),
    UDP: Flower(source=ip_network("2001:db8::/32"), protocol=17, source_ports=(1000, 2000),
                ether_type=0x86DD, classid=0x10010),
    SCTP: Flower(protocol=132, destination_ports=(9, 9), ether_type=0x0800, classid=0x10010),
}  # fmt: skip


@pytest.mark.parametrize("golden", WANTED)
def test_what_tc_sends_is_understood_and_sent(golden: str) -> None:
    wanted = WANTED[golden]
    assert flower.decode(unwrapped(golden)) == wanted
    ours, theirs = attributes(flower.encode(wanted)), attributes(unwrapped(golden))
    masks = {36, 38, 40}  # of ports: left out by tc, as they are whole
    assert {k: v for k, v in ours.items() if k not in masks} == {k: v for k, v in theirs.items() if k != 22}


@given(
    st.sampled_from((None, ip_network("10.0.0.0/9"), ip_network("2001:db8::/33"))),
    st.sampled_from((6, 17, 132)),
    st.tuples(st.integers(0, 100), st.integers(100, 65535)),
)  # fmt: skip
def test_a_filter_comes_back(network: flower.Network | None, protocol: int, ports: tuple[int, int]) -> None:
    wanted = Flower(source=network, protocol=protocol, source_ports=ports, actions=(Mirred(3),))
    assert flower.decode(flower.encode(wanted)) == wanted
    assert flower.decode(flower.encode(Flower())) == Flower()


def test_ports_need_a_protocol_with_ports() -> None:
    for protocol in (None, 1):
        with pytest.raises(CodecError):
            flower.encode(Flower(protocol=protocol, source_ports=(1, 1)))


@given(damaged(*(unwrapped(golden) for golden in WANTED)))
def test_damage_is_refused_with_one_error(data: bytes) -> None:
    assert is_borne(flower.decode, data)
